import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Claim } from "@fairlead/takeover/claims/claim.ts";
import type { Reason } from "@fairlead/takeover/environment.ts";
import type { Announcement, Place } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { AnnouncementTable, Outcome, TableChange } from "../announcements/table.ts";
import { type ForeignClaims, inUse } from "./foreign-claims.ts";
import type { AddressState, AnnouncedOn } from "./messages.ts";

interface Claimed {
  readonly claim: Claim;
  /** Why it began to be announced, whatever the claim has become since. */
  readonly reason: Reason;
}

export interface AddressStatesOptions {
  readonly node: string;
  readonly clock: Pick<Clock, "wall">;
  readonly table: AnnouncementTable;
  readonly carrier: { failureOn(interfaceIndex: number, family: Family): string | undefined };
  readonly foreign: ForeignClaims;
}

/** What is told of each address that this node is concerned with: whether it answers, since when and by which claim, or why it does not. */
export class AddressStates {
  readonly #options: AddressStatesOptions;
  readonly #since = new Map<string, string>();
  /** By interface and address. */
  readonly #claims = new Map<number, Map<string, Claimed>>();
  readonly #letGo = new Set<string>();

  constructor(options: AddressStatesOptions) {
    this.#options = options;
  }

  /** Takes note of what is answered for, and is not any more. */
  changed({ stopped, started }: Pick<TableChange, "stopped" | "started">): void {
    for (const one of stopped) this.#since.delete(placeKey(one));
    const since = rfc3339(this.#options.clock.wall());
    for (const one of started) {
      const key = placeKey(one);
      if (!this.#since.has(key)) this.#since.set(key, since);
    }
  }

  /** Nothing is told of claims on an interface that is no more. */
  setInterfaces(interfaces: readonly PresentInterface[]): void {
    const present = new Set(interfaces.map(({ index }) => index));
    for (const index of this.#claims.keys()) if (!present.has(index)) this.#claims.delete(index);
  }

  /** The address is announced on an interface by this claim; undefined: it is not any more. */
  claimed({ text }: IpAddress, interfaceIndex: number, claim: Claim | undefined, why: Reason): void {
    const claims = this.#claims.get(interfaceIndex) ?? new Map<string, Claimed>();
    this.#claims.set(interfaceIndex, claims);
    if (claim === undefined) {
      claims.delete(text);
      this.#letGo.add(text);
      return;
    }
    claims.set(text, { claim, reason: claims.get(text)?.reason ?? why });
    this.#letGo.delete(text);
  }

  /** It is placed nowhere. @param key its text */
  forget(key: string): void {
    this.#letGo.delete(key);
  }

  /** What is true of the address. @param key its text */
  of(key: string, { placed, resolution }: Outcome): AddressState {
    const live = this.#options.table.live(key).filter(({ caretaking }) => !caretaking);
    if (live.length > 0) return this.#answered(key, live, placed.epoch);
    const { epoch, nodes } = placed;
    if (nodes[0] === this.#options.node) {
      if (resolution.kind === "Refused") return { kind: "Refused", epoch, ...resolution.refusal };
      const failed = this.#failureText(resolution.on, placed.address);
      if (failed !== undefined) return socketFailed(epoch, failed);
      const foreign = this.#options.foreign.inTheWayOf(key);
      if (foreign !== undefined)
        return { kind: "Refused", epoch, ...inUse(placed.address, foreign), foreign };
    }
    // Where there is no link it is not heard that another has it, and so it is still claimed.
    const isCut = resolution.waiting.some((on) => this.#claims.get(on.interfaceIndex)?.has(key) === true);
    return { kind: this.#letGo.has(key) || isCut ? "LetGo" : "Waiting" };
  }

  #answered(key: string, live: readonly Announcement[], epoch: number): AddressState {
    const on: AnnouncedOn[] = [];
    for (const place of live) {
      if (this.#options.carrier.failureOn(place.interfaceIndex, place.address.family) !== undefined) continue;
      const { claim, reason = "Placed" } =
        this.#claims.get(place.interfaceIndex)?.get(place.address.text) ?? {};
      on.push({
        interface: place.interfaceName,
        mac: place.mac,
        since: this.#since.get(placeKey(place)) ?? "",
        epoch: claim?.epoch ?? epoch,
        step: claim?.step ?? 0,
        provisional: claim?.firm === false,
        reason,
      });
    }
    const contested = this.#options.foreign.contestingOf(key);
    if (on.length > 0) return { kind: "Announcing", on, ...(contested && { contested }) };
    const [{ address } = { address: undefined }] = live;
    return socketFailed(epoch, (address && this.#failureText(live, address)) ?? "");
  }

  /** Why nothing is received on any of these places; undefined: on one something is. */
  #failureText(places: readonly Place[], { family }: IpAddress): string | undefined {
    const { carrier } = this.#options;
    const failures = places.flatMap(({ interfaceIndex, interfaceName }) => {
      const failure = carrier.failureOn(interfaceIndex, family);
      return failure === undefined ? [] : [`on ${interfaceName}, ${failure}`];
    });
    return failures.length > 0 && failures.length === places.length ? failures.join("; ") : undefined;
  }
}

function socketFailed(epoch: number, failure: string): AddressState {
  const message = `${failure}; it is tried again, and others are offered the address meanwhile. The speaker needs the capability NET_RAW`;
  return { kind: "Refused", epoch, reason: "SocketFailed", message };
}

function placeKey({ address, interfaceIndex, mac }: Announcement): string {
  return `${address.text}%${interfaceIndex}%${mac}`;
}
