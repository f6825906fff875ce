import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import { type Entry, indexIn, listOf } from "../core/ledger.ts";
import { Spacing } from "../core/spacing.ts";
import { TIMING } from "../timing.ts";
import type { Holder } from "./holder.ts";

/**
 * What a holder makes of another MAC on the wire. A speaker's is a hint and not an order (Y2): it is sent the CLAIM, and the comparison
 * decides. If no signed word of it arrives, the later one in the list gives way (Y4). A stranger is never given way to (Y7, RFC 5227 2.4 (b)).
 */
export class WireHints {
  readonly #core: Core;
  readonly #holder: Holder;
  readonly #defenses: Spacing<Entry>;
  readonly #waiting = new Set<string>();
  /** Speakers that answered for an address since its probe. */
  readonly #probed = new Map<Entry, Set<NodeId>>();

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#defenses = new Spacing(core.clock, TIMING.defendGap);
    this.#holder = holder;
  }

  seen(address: IpAddress, mac: Mac): void {
    const core = this.#core;
    const entry = core.ledger.get(address);
    if (entry?.mine === undefined) return;
    const node = core.directory.idOf(mac);
    if (node === core.self.id) return;
    if (node === undefined) {
      this.#defend(entry, mac);
      return;
    }
    this.#probed.get(entry)?.add(node);
    if (core.post.mayAnswer(node, `hint ${address.text}`)) core.post.claims(node, [entry]);
    this.#await(entry, node);
  }

  #defend(entry: Entry, mac: Mac): void {
    const { environment } = this.#core;
    environment.report({ type: "Conflict", address: entry.address, mac });
    if (this.#defenses.allows(entry)) environment.announceAgain(entry.address);
  }

  #await(entry: Entry, node: NodeId): void {
    const { clock, directory, environment } = this.#core;
    const key = `${node} ${entry.address.text}`;
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    const sinceMs = clock.nowMs();
    const isSilent = (): boolean => entry.mine !== undefined && directory.lastHeardMs(node) < sinceMs;
    clock.after(TIMING.wireSilent, () => {
      this.#waiting.delete(key);
      if (!isSilent()) return;
      environment.report({ type: "HeartbeatBlocked", peer: node });
      const list = listOf(entry);
      if (indexIn(list, this.#core.self.id) < indexIn(list, node)) return;
      this.#probed.set(entry, new Set());
      for (const at of TIMING.volleys) clock.after(at, () => environment.probe(entry.address));
      clock.after(TIMING.round, () => {
        const answered = this.#probed.get(entry)?.has(node) === true;
        this.#probed.delete(entry);
        if (answered && isSilent()) this.#holder.giveWay(entry, node, sinceMs);
      });
    });
  }
}
