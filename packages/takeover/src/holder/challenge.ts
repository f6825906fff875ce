import { type Claim, firmClaimAbove, isHigher, type NodeId } from "../claims/claim.ts";
import { type Core, isWitness } from "../core/core.ts";
import { type Entry, indexIn, itemOf, listOf } from "../core/ledger.ts";
import { Spacing } from "../core/spacing.ts";
import { TIMING } from "../timing.ts";
import { answererOf, letGo } from "../watch/evidence.ts";
import type { Findings } from "../watch/round.ts";
import type { Holder } from "./holder.ts";

/** What others say about a claim that is higher than mine. */
interface Challenger {
  readonly claim: Claim;
  /** Somebody hears its holder now. */
  heard: boolean;
}

/**
 * Y5: a peer knows a higher claim for what this node announces. Its holder is asked; if it answers, its CLAIM decides. If it is silent but heard by the
 * peer, this node yields; if nobody hears it, or it says itself that it does not announce the address, the wire is asked, and this node outbids it.
 * Hearsay never gets here.
 */
export class Challenges {
  readonly #core: Core;
  readonly #holder: Holder;
  readonly #running = new Map<Entry, Challenger>();
  readonly #rounds: Spacing<Entry>;

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#rounds = new Spacing(core.clock, TIMING.challengeGap);
    this.#holder = holder;
  }

  begin(entry: Entry, claim: Claim, heard: boolean): void {
    const running = this.#running.get(entry);
    if (running !== undefined) {
      running.heard ||= heard;
      return;
    }
    this.#running.set(entry, { claim, heard });
    const { clock, post } = this.#core;
    for (const at of TIMING.doubtQueries) clock.after(at, () => post.query(claim.node, [entry.address]));
    clock.after(TIMING.challenge, () => this.#end(entry));
  }

  #end(entry: Entry): void {
    const challenger = this.#running.get(entry);
    this.#running.delete(entry);
    if (challenger === undefined || entry.mine === undefined || !isHigher(challenger.claim, entry.mine))
      return;
    const { claim, heard } = challenger;
    if (heard) {
      this.#holder.yieldTo(entry, claim, "HigherClaim");
      return;
    }
    if (!this.#rounds.allows(entry)) return;
    const question = {
      subject: claim.node,
      list: listOf(entry),
      addresses: [entry.address],
      items: [itemOf(entry, claim)],
    };
    this.#core.rounds.start(this.#core, question, (findings) => this.#settle(entry, claim, findings));
  }

  #settle(entry: Entry, claim: Claim, findings: Findings): void {
    const core = this.#core;
    if (entry.mine === undefined || !isHigher(claim, entry.mine)) return;
    const answerer: NodeId | undefined = answererOf(core, entry, findings);
    const isLetGo = letGo(entry, findings.tells.get(claim.node));
    if (!isLetGo && [...findings.tells.values()].some(({ sinceMs }) => sinceMs < TIMING.reserveBeat)) {
      this.#holder.yieldTo(entry, claim, "HigherClaim");
    } else if (answerer !== undefined && answerer !== core.self.id) {
      core.post.query(answerer, [entry.address]);
    } else if (isLetGo || isWitness(core, findings.sight, findings.membersSeen, listOf(entry))) {
      const mine = firmClaimAbove(claim, indexIn(listOf(entry), core.self.id), core.self.id);
      this.#holder.firm(new Map([[entry, mine]]), "Reasserted");
    }
  }
}
