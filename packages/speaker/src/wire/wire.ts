import type { Family } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Announcement } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import type { SnapshotUpdate } from "../announcements/snapshot.ts";
import type { AnnouncementTable, Outcome, TableChange } from "../announcements/table.ts";
import type { AddressState, AnnouncedOn, FromWire, ToWire } from "./messages.ts";

/** What carries the table out on the network. */
export interface Carrier {
  apply(change: TableChange): void;
  failureOn(interfaceIndex: number, family: Family): string | undefined;
  stop(): void;
}

export interface WireOptions {
  readonly table: AnnouncementTable;
  readonly carrier: Carrier;
  readonly clock: Clock;
  readonly post: (message: FromWire) => void;
  /** Called when the wire was told to stop and has stopped answering. */
  readonly onStop: () => void;
}

/**
 * The wire thread's middle: takes what the controller decided and which interfaces there are, lets the carrier carry it
 * out, and tells what came of it. It asks nobody and waits for nobody.
 */
export class Wire {
  readonly #options: WireOptions;
  /** Updates that came before the interfaces were known: deciding then would refuse every address. */
  #early: SnapshotUpdate[] | undefined = [];
  readonly #since = new Map<string, string>();
  #stopped = false;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** Takes a message of the control thread. */
  take(message: ToWire): void {
    if (this.#stopped) return;
    switch (message.type) {
      case "update":
        if (this.#early === undefined) this.#carryOut(this.#options.table.update(message.update));
        else this.#early.push(message.update);
        return;
      case "ping":
        this.#options.post({ type: "pong", id: message.id });
        return;
      case "stop":
        this.#stop();
        return;
    }
  }

  /** Takes the interfaces that there are now. */
  setInterfaces(interfaces: readonly PresentInterface[]): void {
    if (this.#stopped) return;
    this.#options.post({ type: "interfaces", interfaces });
    this.#carryOut(this.#options.table.setInterfaces(interfaces));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const update of early) this.#carryOut(this.#options.table.update(update));
  }

  /** Takes note that a port on this interface began or ceased to fail. */
  failureChanged(interfaceIndex: number): void {
    const { outcomes } = this.#options.table;
    const states = new Map<string, AddressState | undefined>();
    for (const [address, outcome] of outcomes)
      if (placesOf(outcome).some((place) => place.interfaceIndex === interfaceIndex))
        states.set(address, this.#stateOf(outcome));
    this.#tell(states);
  }

  #carryOut(change: TableChange): void {
    for (const stopped of change.stopped) this.#since.delete(placeKey(stopped));
    const since = this.#options.clock
      .wall()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    for (const started of change.started) {
      const key = placeKey(started);
      if (!this.#since.has(key)) this.#since.set(key, since);
    }
    this.#options.carrier.apply(change);
    const states = new Map<string, AddressState | undefined>();
    for (const [address, outcome] of change.outcomes) states.set(address, this.#stateOf(outcome));
    this.#tell(states);
  }

  #stateOf(outcome: Outcome | undefined): AddressState | undefined {
    if (outcome === undefined) return undefined;
    const { epoch, resolution } = outcome;
    if (resolution.kind === "Refused") return { kind: "Refused", epoch, ...resolution.refusal };
    const on: AnnouncedOn[] = [];
    const failures: string[] = [];
    for (const place of resolution.on) {
      const failure = this.#options.carrier.failureOn(place.interfaceIndex, place.address.family);
      if (failure !== undefined) failures.push(`on ${place.interfaceName}, ${failure}`);
      else
        on.push({
          interface: place.interfaceName,
          mac: place.mac,
          since: this.#since.get(placeKey(place)) ?? "",
        });
    }
    if (on.length > 0) return { kind: "Announcing", epoch, on };
    const message = `${failures.join("; ")}; it is tried again. The speaker needs the capability NET_RAW`;
    return { kind: "Refused", epoch, reason: "SocketFailed", message };
  }

  #tell(states: ReadonlyMap<string, AddressState | undefined>): void {
    if (states.size > 0) this.#options.post({ type: "states", states });
  }

  #stop(): void {
    this.#stopped = true;
    this.#options.carrier.stop();
    this.#options.post({ type: "stopped" });
    this.#options.onStop();
  }
}

function placesOf(outcome: Outcome): readonly Announcement[] {
  return outcome.resolution.kind === "Announce" ? outcome.resolution.on : [];
}

function placeKey({ address, interfaceIndex, mac }: Announcement): string {
  return `${address.text}%${interfaceIndex}%${mac}`;
}
