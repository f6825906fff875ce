import { type Claim, firmClaimAbove, type NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import { type Core, isWitness } from "../core/core.ts";
import { baseOf, type Entry, indexIn, itemOf, listOf } from "../core/ledger.ts";
import { pagesOf } from "../core/post.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import { TIMING } from "../timing.ts";
import { answererOf, letGo } from "../watch/evidence.ts";
import type { Findings } from "../watch/round.ts";
import type { Holder } from "./holder.ts";

/** So many rounds in a row an old holder that lives may leave the address unanswered: its speaker may only be slow, or behind. */
const PATIENCE = 3;
/** So many are looked after at once. */
const LOOKED_AFTER = 8 * MOST_ITEMS;

/**
 * Provisional claims are looked after each second, of thousands some in turn: another speaker that answers is asked; a witness that is back
 * makes them firm if the old holder is dead, or lives and was not seen to answer in three rounds; and so does that holder itself when it says
 * that it does not announce the address. What was made firm has the next looked after soon.
 */
export class ProvisionalCheck {
  readonly #core: Core;
  readonly #holder: Holder;
  #timer: Timer | undefined;
  /** How many have been looked after. */
  #turn = 0;
  /** For how many rounds in a row the old holder lived and did not answer for what is claimed by this. */
  readonly #mute = new WeakMap<Claim, number>();

  constructor(core: Core, holder: Holder) {
    this.#core = core;
    this.#holder = holder;
  }

  /** To be called when a claim was made. */
  start(): void {
    this.#startIn(TIMING.provisionalCheck);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #startIn(delayMs: number): void {
    if (this.#timer !== undefined || this.#provisional().length === 0) return;
    this.#timer = this.#core.clock.after(delayMs, () => {
      this.#timer = undefined;
      for (const entries of byHolder(this.#next()).values())
        for (const { list, part } of pagesOf(entries)) this.#ask(list, part);
      this.start();
    });
  }

  /** Those whose turn it is. */
  #next(): readonly Entry[] {
    const all = this.#provisional();
    if (all.length <= LOOKED_AFTER) return all;
    const from = this.#turn % all.length;
    this.#turn = from + LOOKED_AFTER;
    return [...all, ...all.slice(0, LOOKED_AFTER)].slice(from, from + LOOKED_AFTER);
  }

  #provisional(): readonly Entry[] {
    return this.#holder.held.all().filter(({ mine }) => mine?.firm === false);
  }

  #ask(list: readonly NodeId[], entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const question = {
      subject: baseOf(first).node,
      list,
      addresses: entries.map(({ address }) => address),
      items: entries.flatMap((entry) => (entry.mine === undefined ? [] : [itemOf(entry, entry.mine)])),
    };
    this.#core.rounds.start(this.#core, question, (findings) =>
      this.#settle(entries, question.subject, findings),
    );
  }

  #settle(entries: readonly Entry[], subject: NodeId, findings: Findings): void {
    const core = this.#core;
    const firm: Record<"WitnessBack" | "HolderConceded", Map<Entry, Claim>> = {
      WitnessBack: new Map(),
      HolderConceded: new Map(),
    };
    for (const entry of entries) {
      const { mine } = entry;
      if (mine === undefined || mine.firm) continue;
      const answerer = answererOf(core, entry, findings);
      const list = listOf(entry);
      if (answerer !== undefined && answerer !== core.self.id) {
        this.#mute.delete(mine);
        core.post.query(answerer, [entry.address]);
      } else {
        const claim = firmClaimAbove(mine, indexIn(list, core.self.id), core.self.id);
        const isWitnessed = isWitness(core, findings.sight, findings.membersSeen, list);
        if (isWitnessed && !this.#isWaitedFor(mine, subject, findings)) firm.WitnessBack.set(entry, claim);
        else if (letGo(entry, findings.tells.get(subject))) firm.HolderConceded.set(entry, claim);
      }
    }
    const madeFirm = (["WitnessBack", "HolderConceded"] as const).filter((reason) => firm[reason].size > 0);
    if (madeFirm.length === 0) return;
    for (const reason of madeFirm) this.#holder.firm(firm[reason], reason);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#startIn(TIMING.askPace);
  }

  /** Whether the old holder lives, and has not left what is claimed unanswered for long enough. */
  #isWaitedFor(mine: Claim, subject: NodeId, findings: Findings): boolean {
    if (!showsLife(subject, findings)) return false;
    const mute = (this.#mute.get(mine) ?? 0) + 1;
    this.#mute.set(mine, mute);
    return mute < PATIENCE;
  }
}

/** By the node whose claim each covers for. */
function byHolder(entries: readonly Entry[]): ReadonlyMap<NodeId, readonly Entry[]> {
  const groups = new Map<NodeId, Entry[]>();
  for (const entry of entries) {
    const { node } = baseOf(entry);
    const same = groups.get(node);
    if (same === undefined) groups.set(node, [entry]);
    else same.push(entry);
  }
  return groups;
}

/** Its kernel or its speaker answers, or somebody hears it. */
function showsLife(subject: NodeId, { kernel, tells }: Findings): boolean {
  return kernel || tells.has(subject) || [...tells.values()].some(({ sinceMs }) => sinceMs < TIMING.hears);
}
