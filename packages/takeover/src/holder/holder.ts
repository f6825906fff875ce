import { type Claim, type NodeId, placedClaim } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import { type Entry, isPlacedHere, itemOf, listOf } from "../core/ledger.ts";
import type { Reason } from "../environment.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import type { Item } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import { Beats } from "./beats.ts";
import { Campaign } from "./campaign.ts";
import { Displaced } from "./displaced.ts";
import { HeldSet } from "./held-set.ts";
import { Overlaps } from "./overlaps.ts";

export interface HolderOptions {
  readonly core: Core;
  /** An address came to be announced here, or ended to be. */
  readonly onChange: (entry: Entry) => void;
}

/** What this node announces: it begins by a claim and ends by yielding to a higher one, or by removal; nothing else ends it. */
export class Holder {
  readonly held = new HeldSet();
  readonly displaced = new Displaced();
  readonly overlaps: Overlaps;
  readonly beats: Beats;
  readonly campaign: Campaign;
  readonly #options: HolderOptions;
  readonly #burstMs = new Map<string, number>();
  /** What more was yielded to a node in the same go as the first: said in few messages. */
  readonly #yields = new Map<NodeId, Item[]>();

  constructor(options: HolderOptions) {
    const { core } = options;
    this.#options = options;
    this.beats = new Beats({ core, held: this.held, displaced: this.displaced });
    this.campaign = new Campaign(core);
    this.overlaps = new Overlaps(core);
  }

  /** Announces under these claims, and lets everybody know who might announce too or stand in. */
  claim(claims: ReadonlyMap<Entry, Claim>, reason: Reason): void {
    const { core, onChange } = this.#options;
    for (const [entry, made] of claims) {
      const claim = this.#inEpochOfPlacement(entry, made);
      const before = entry.top?.node;
      if (before !== undefined && before !== core.self.id)
        this.displaced.add(before, entry, core.clock.nowMs());
      const isNew = entry.mine === undefined;
      entry.mine = claim;
      core.ledger.raise(entry, claim, listOf(entry), true);
      this.held.update(entry);
      if (isNew) {
        this.overlaps.begun(entry);
        this.#burstMs.set(entry.address.text, core.clock.nowMs());
        core.environment.announce(entry.address);
      }
      core.environment.tell(entry.address, claim, reason);
      onChange(entry);
    }
    this.#proclaim([...claims.keys()]);
  }

  /** A firm claim of this node in place of its provisional or outbid one; the segment is told again. */
  firm(claims: ReadonlyMap<Entry, Claim>, reason: Reason): void {
    this.claim(claims, reason);
    for (const entry of claims.keys()) this.again(entry);
  }

  /** The controller decided anew about an address that is announced here. */
  placed(entry: Entry): void {
    const { core } = this.#options;
    const { placement, mine } = entry;
    if (placement === undefined || mine === undefined) return;
    const owner = placement.list[0];
    if (placement.epoch > mine.epoch && owner === core.self.id) {
      this.claim(new Map([[entry, placedClaim(placement.epoch, core.self.id)]]), "Placed");
      return;
    }
    this.held.update(entry);
    // Go on until the new owner claims; by this CLAIM it knows whom to relieve.
    this.#proclaim([entry]);
  }

  /** Y1: stops in favor of a higher claim of another node. */
  yieldTo(entry: Entry, claim: Claim, reason: Reason): void {
    this.overlaps.yielded(claim.node, entry);
    this.#end(entry, reason);
    const more = this.#yields.get(claim.node);
    if (more === undefined) {
      this.#yields.set(claim.node, []);
      this.#options.core.clock.after(0, () => this.#sayMore(claim.node));
      this.#sayYield(claim.node, [itemOf(entry, claim)]);
    } else more.push(itemOf(entry, claim));
  }

  /** Y4: another speaker really answers on the wire, as it has since then, and nothing signed of it can be had. */
  giveWay(entry: Entry, node: NodeId, sinceMs: number): void {
    this.overlaps.gaveWay(node, entry, sinceMs);
    this.#end(entry, "WireTakenOver");
  }

  /** The address is not Fairlead's any more. */
  remove(entry: Entry): void {
    if (entry.mine !== undefined) this.#end(entry, "Removed");
  }

  /** Y3: the winner announces again, for clients may have heard the loser last. */
  again(entry: Entry): void {
    const { clock, environment } = this.#options.core;
    const nowMs = clock.nowMs();
    const lastMs = this.#burstMs.get(entry.address.text) ?? Number.NEGATIVE_INFINITY;
    if (nowMs < lastMs) return; // one is due already
    const waitMs = Math.max(0, lastMs + TIMING.burstGap - nowMs);
    this.#burstMs.set(entry.address.text, nowMs + waitMs);
    const burst = (): void => {
      if (entry.mine !== undefined) environment.announceAgain(entry.address);
    };
    if (waitMs === 0) burst();
    else clock.after(waitMs, burst);
  }

  /** A node that announced the address agrees that it is this node's. */
  agreed(node: NodeId, entry: Entry): void {
    if (this.displaced.agreed(node, entry)) this.overlaps.agreed(entry);
  }

  /** Another node announces, or announced, what this one has the higher claim for. */
  beaten(node: NodeId, entry: Entry): void {
    this.displaced.add(node, entry, this.#options.core.clock.nowMs());
    this.again(entry);
  }

  stop(): void {
    this.beats.stop();
    this.campaign.stop();
  }

  /** A firm claim of the node that the controller put first is made in the controller's epoch, whatever led to it. */
  #inEpochOfPlacement(entry: Entry, claim: Claim): Claim {
    const { placement } = entry;
    const self = this.#options.core.self.id;
    const isPlaced = placement !== undefined && claim.firm && isPlacedHere(entry, self);
    return isPlaced && placement.epoch > claim.epoch ? placedClaim(placement.epoch, self) : claim;
  }

  #end(entry: Entry, reason: Reason): void {
    const { core, onChange } = this.#options;
    entry.mine = undefined;
    this.overlaps.ended(entry);
    this.held.update(entry);
    this.displaced.forget(entry);
    this.#burstMs.delete(entry.address.text);
    core.environment.stop(entry.address);
    core.environment.tell(entry.address, undefined, reason);
    this.beats.now();
    onChange(entry);
  }

  #sayMore(node: NodeId): void {
    const more = this.#yields.get(node) ?? [];
    this.#yields.delete(node);
    for (let at = 0; at < more.length; at += MOST_ITEMS)
      this.#sayYield(node, more.slice(at, at + MOST_ITEMS));
  }

  #sayYield(node: NodeId, items: readonly Item[]): void {
    const { clock, post } = this.#options.core;
    for (const at of TIMING.yieldRepeats) clock.after(at, () => post.send(node, { type: "Yield", items }));
  }

  #proclaim(entries: readonly Entry[]): void {
    const told = new Map<NodeId, Entry[]>();
    for (const entry of entries) {
      const displaced = this.displaced.from(entry, this.#options.core.clock.nowMs());
      for (const node of new Set([...listOf(entry), ...entry.topList, ...displaced])) {
        const same = told.get(node);
        if (same === undefined) told.set(node, [entry]);
        else same.push(entry);
      }
    }
    for (const [node, same] of told) this.campaign.tell(node, same);
    this.beats.now();
  }
}
