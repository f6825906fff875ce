import { type Claim, covers, firmClaimAbove, isHigher, type NodeId, sameClaim } from "../claims/claim.ts";
import { type Core, isReady } from "../core/core.ts";
import { type Entry, indexIn, itemOf } from "../core/ledger.ts";
import type { Challenges } from "../holder/challenge.ts";
import type { Holder } from "../holder/holder.ts";
import type { ClaimAck, ClaimMessage, Known, KnownItem, Offer, Yield } from "../messages/message.ts";
import type { Watches } from "./watches.ts";

export interface HearingOptions {
  readonly core: Core;
  readonly holder: Holder;
  readonly watches: Watches;
  readonly challenges: Challenges;
  readonly onKnowledge: (entry: Entry) => void;
}

/** What is done about claims that are heard: the higher one is given way to, the lower one is told. */
export class Hearing {
  readonly #options: HearingOptions;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** The sender announces these. */
  claim(from: NodeId, { list, page, items }: ClaimMessage): void {
    const { core, holder, watches } = this.#options;
    const beaten: Entry[] = [];
    const lower: Entry[] = [];
    for (const { address, claim } of items) {
      if (claim.node !== from) {
        core.environment.drop("NotItsHolder");
        continue;
      }
      const entry = this.#entryOf(address, list);
      if (entry === undefined) continue;
      if (entry.mine !== undefined && !isHigher(claim, entry.mine)) {
        beaten.push(entry);
        continue;
      }
      if (entry.mine !== undefined) holder.yieldTo(entry, claim, "HigherClaim");
      if (this.#accept(entry, claim, list)) {
        if (list.includes(core.self.id)) watches.hold(from, { entry, claim, list });
      } else lower.push(entry);
      this.#options.onKnowledge(entry);
    }
    if (page === undefined) core.post.send(from, { type: "ClaimAck", items });
    else
      watches.get(from)?.page(
        page,
        items.map(({ address }) => address.text),
      );
    this.#tellBeaten(from, beaten);
    if (lower.length > 0 && core.post.mayAnswer(from, "known")) this.tellKnown(from, lower);
  }

  /** The sender knows these claims of others. */
  known(from: NodeId, { list, items }: Known): void {
    const { core, holder, challenges } = this.#options;
    const beaten: Entry[] = [];
    for (const item of items) {
      const { claim } = item;
      const entry = this.#entryOf(item.address, list);
      if (entry === undefined) continue;
      if (entry.mine === undefined) {
        this.#raise(entry, claim, list, false);
        this.#options.onKnowledge(entry);
      } else if (!isHigher(claim, entry.mine)) {
        if (!sameClaim(claim, entry.mine)) beaten.push(entry);
      } else if (claim.node === core.self.id) holder.firm(new Map([[entry, claim]]), "Resumed");
      else if (isChallenge(item, entry)) challenges.begin(entry, claim, item.knowledge === "Heard");
    }
    if (beaten.length > 0 && core.post.mayAnswer(from, "claim")) core.post.claims(from, beaten);
  }

  /** The sender wants to be relieved: claim at once. It has asked nobody, for it is the holder. */
  offer(from: NodeId, { list, items }: Offer): void {
    const { core, holder } = this.#options;
    if (!isReady(core) || !list.includes(core.self.id)) return;
    const claims = new Map<Entry, Claim>();
    const lower: Entry[] = [];
    for (const { address, claim } of items) {
      const entry = core.ledger.get(address);
      if (entry?.placement === undefined || claim.node !== from) continue;
      if (entry.mine !== undefined) core.post.claims(from, [entry]);
      else if (entry.top !== undefined && isHigher(entry.top, claim) && !covers(claim, entry.top))
        lower.push(entry);
      else {
        this.#raise(entry, claim, list, true);
        claims.set(entry, firmClaimAbove(claim, indexIn(list, core.self.id), core.self.id));
      }
    }
    if (claims.size > 0) holder.claim(claims, "Offered");
    if (lower.length > 0) this.tellKnown(from, lower);
  }

  /** The sender gave way to these claims of mine. */
  yielded(from: NodeId, { items }: Yield): void {
    const { core, holder } = this.#options;
    for (const { address } of items) {
      const entry = core.ledger.get(address);
      if (entry?.mine === undefined) continue;
      holder.agreed(from, entry);
      holder.again(entry);
    }
  }

  acknowledged(from: NodeId, { items }: ClaimAck): void {
    const { core, holder } = this.#options;
    for (const { address, claim } of items) {
      const entry = core.ledger.get(address);
      if (entry === undefined || !sameClaim(claim, entry.mine)) continue;
      holder.campaign.acknowledged(from, entry);
      holder.agreed(from, entry);
    }
  }

  /** Tells the highest claims of others that are known here. */
  tellKnown(to: NodeId, entries: readonly Entry[]): void {
    const { core, watches } = this.#options;
    const told = new Map<Entry, readonly KnownItem[]>();
    for (const entry of entries)
      if (entry.top !== undefined)
        told.set(entry, [{ ...itemOf(entry, entry.top), knowledge: watches.knowledgeOf(entry) }]);
    core.post.known(to, told);
  }

  #tellBeaten(from: NodeId, beaten: readonly Entry[]): void {
    const { core, holder } = this.#options;
    for (const entry of beaten) holder.beaten(from, entry);
    if (beaten.length > 0 && core.post.mayAnswer(from, "claim")) core.post.claims(from, beaten);
  }

  /** @returns whether the claim is the highest, or covers for a holder that is not heard here */
  #accept(entry: Entry, claim: Claim, list: readonly NodeId[]): boolean {
    const { top } = entry;
    const { watches } = this.#options;
    if (top !== undefined && isHigher(top, claim)) {
      const isHeard = watches.knowledgeOf(entry) === "Heard";
      if (!covers(claim, top) || isHeard) return false;
    }
    this.#raise(entry, claim, list, true);
    return true;
  }

  #raise(entry: Entry, claim: Claim, list: readonly NodeId[], firstHand: boolean): void {
    const { core, watches } = this.#options;
    core.ledger.raise(entry, claim, list, firstHand);
    watches.outbid(entry, claim);
  }

  /** An address that is known here or stood in for; others do not concern this node. */
  #entryOf(address: Entry["address"], list: readonly NodeId[]): Entry | undefined {
    const { ledger, self } = this.#options.core;
    return list.includes(self.id) ? ledger.of(address) : ledger.get(address);
  }
}

/**
 * Whether what a peer knows calls my claim in question. A provisional claim is below the dead holder's own, and everybody knows that one:
 * it matters only if somebody hears that holder.
 */
function isChallenge({ claim, knowledge }: KnownItem, entry: Entry): boolean {
  if (knowledge === "Hearsay") return false;
  return knowledge === "Heard" || isHigher(claim, entry.top);
}
