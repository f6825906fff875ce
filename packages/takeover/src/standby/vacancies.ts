import type { Claim, NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import { type Core, isReady } from "../core/core.ts";
import { baseOf, type Entry, indexIn, isPlacedHere, itemOf, listOf } from "../core/ledger.ts";
import { pagesOf } from "../core/post.ts";
import type { Reason } from "../environment.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import { TIMING } from "../timing.ts";
import type { Findings, Question } from "../watch/round.ts";
import { claimIfPlaced, claimIfResumed, claimIfVacant } from "./judgement.ts";
import { Resumption } from "./resumption.ts";

/** Why this node asks about an address that it does not announce. */
export type Cause = "Placed" | "Resume" | "Vacant";

export interface VacanciesOptions {
  readonly core: Core;
  /** Some holder is watched that announces it. */
  readonly isCovered: (entry: Entry) => boolean;
  readonly claim: (claims: ReadonlyMap<Entry, Claim>, reason: Reason) => void;
  /** The holder's kernel answers and nobody else: answer in its place. */
  readonly caretake: (entry: Entry, holder: NodeId) => void;
}

/** So many addresses are asked about in {@link TIMING.askPace} at most: 8 messages, and 250 probes three times. */
const ASKED_AT_ONCE = 8 * MOST_ITEMS;

/** So many members are asked what they know of the addresses that were announced here. */
const MOST_ASKED = 3;

const NOTHING: ReadonlyMap<Entry, Claim> = new Map();

interface Pending {
  attempt: number;
  /** Runs until it is due. */
  timer: Timer | undefined;
  /** Among which it is due; undefined: it is not, or is being asked about. */
  due: Cause | "Again" | undefined;
}

/**
 * Addresses that concern this node and that nobody is known to announce: placed here, announced here before the restart, or vacant.
 * Each is asked about in a round of its own before anything is claimed.
 */
export class Vacancies {
  readonly #options: VacanciesOptions;
  readonly #pending = new Map<Entry, Pending>();
  /** What was decided last is asked about first; what was asked about already is, after all others, asked about again. */
  readonly #due: Readonly<Record<Cause | "Again", Set<Entry>>> = {
    Placed: new Set(),
    Resume: new Set(),
    Vacant: new Set(),
    Again: new Set(),
  };
  readonly #rounds = new Set<Timer>();
  readonly #resumption: Resumption;
  #batch: Timer | undefined;
  /** When the last pace began, and how many have been asked about in it. */
  #paceMs = Number.NEGATIVE_INFINITY;
  #asked = 0;

  constructor(options: VacanciesOptions) {
    this.#options = options;
    const { core, claim } = options;
    this.#resumption = new Resumption(core, (claims) => {
      const still = [...claims].filter(([entry]) => this.#causeOf(entry) === "Resume");
      for (const [entry] of claims) this.#pending.delete(entry);
      if (still.length > 0) claim(new Map(still), "Resumed");
      for (const [entry] of claims) this.consider(entry);
    });
  }

  /** Something about the address has changed: begin to ask, or stop. */
  consider(entry: Entry): void {
    const cause = this.#causeOf(entry);
    const pending = this.#pending.get(entry);
    if (cause === undefined) {
      this.#drop(entry);
      return;
    }
    const self = this.#options.core.self.id;
    const waitMs =
      cause === "Vacant" ? TIMING.vacancy + TIMING.vacancyRank * indexIn(listOf(entry), self) : 0;
    if (pending === undefined)
      this.#schedule(entry, { attempt: 0, timer: undefined, due: undefined }, waitMs);
    else if (cause === "Placed" && (pending.timer ?? pending.due) !== undefined) {
      pending.attempt = 0;
      this.#schedule(entry, pending, 0);
    }
  }

  /** What was asked and not heard while this node stood still means nothing. */
  restart(): void {
    for (const round of this.#rounds) round.cancel();
    this.#rounds.clear();
    const entries = [...this.#pending.keys()];
    for (const entry of entries) this.#drop(entry);
    for (const entry of entries) this.consider(entry);
  }

  stop(): void {
    for (const entry of [...this.#pending.keys()]) this.#drop(entry);
    for (const round of this.#rounds) round.cancel();
    this.#resumption.stop();
    this.#batch?.cancel();
  }

  #drop(entry: Entry): void {
    const pending = this.#pending.get(entry);
    if (pending === undefined) return;
    pending.timer?.cancel();
    if (pending.due !== undefined) this.#due[pending.due].delete(entry);
    this.#pending.delete(entry);
    this.#resumption.forget(entry);
  }

  #causeOf(entry: Entry): Cause | undefined {
    const { core, isCovered } = this.#options;
    const self = core.self.id;
    if (entry.mine !== undefined || entry.placement === undefined || !isReady(core)) return undefined;
    if (isPlacedHere(entry, self)) return "Placed";
    if (isCovered(entry) || !listOf(entry).includes(self)) return undefined;
    return entry.top?.node === self ? "Resume" : "Vacant";
  }

  #schedule(entry: Entry, pending: Pending, waitMs: number): void {
    pending.timer?.cancel();
    pending.timer = undefined;
    this.#pending.set(entry, pending);
    if (waitMs === 0) this.#isDue(entry, pending);
    else pending.timer = this.#options.core.clock.after(waitMs, () => this.#isDue(entry, pending));
  }

  #isDue(entry: Entry, pending: Pending): void {
    pending.timer = undefined;
    if (pending.due !== undefined) this.#due[pending.due].delete(entry);
    pending.due = undefined;
    const cause = this.#causeOf(entry);
    if (cause === undefined) {
      this.#drop(entry);
      return;
    }
    pending.due = pending.attempt > 0 ? "Again" : cause;
    this.#due[pending.due].add(entry);
    if (pending.due === "Resume") this.#resumption.expect(entry);
    this.#batch ??= this.#options.core.clock.after(0, () => this.#ask());
  }

  /** The next that are due, as many as may be asked about now. */
  #next(): readonly Entry[] {
    const nowMs = this.#options.core.clock.nowMs();
    if (nowMs - this.#paceMs >= TIMING.askPace) {
      this.#paceMs = nowMs;
      this.#asked = 0;
    }
    const entries: Entry[] = [];
    for (const due of Object.values(this.#due))
      for (const entry of due) {
        if (this.#asked >= ASKED_AT_ONCE) break;
        this.#asked++;
        due.delete(entry);
        const pending = this.#pending.get(entry);
        if (pending !== undefined) pending.due = undefined;
        entries.push(entry);
      }
    return entries;
  }

  /** One round for all that are due with the same cause, holder and list. */
  #ask(): void {
    this.#batch = undefined;
    const groups = new Map<string, { cause: Cause; subject: NodeId; first: boolean; entries: Entry[] }>();
    for (const entry of this.#next()) {
      const cause = this.#causeOf(entry);
      if (cause === undefined) {
        this.#drop(entry);
        continue;
      }
      const subject = baseOf(entry).node;
      const first = entry.top === undefined && entry.placement?.first === true;
      const key = `${cause} ${subject} ${first}`;
      const group = groups.get(key) ?? { cause, subject, first, entries: [] };
      groups.set(key, group);
      group.entries.push(entry);
    }
    for (const { cause, subject, first, entries } of groups.values())
      for (const { list, part } of pagesOf(entries)) this.#start(cause, { subject, first, list }, part);
    if (Object.values(this.#due).every(({ size }) => size === 0)) return;
    const { clock } = this.#options.core;
    const restMs = Math.max(0, this.#paceMs + TIMING.askPace - clock.nowMs());
    this.#batch = clock.after(restMs, () => this.#ask());
  }

  #start(cause: Cause, about: Pick<Question, "subject" | "first" | "list">, part: readonly Entry[]): void {
    const { core, claim } = this.#options;
    const addresses = part.map(({ address }) => address);
    const items = part.map((entry) => itemOf(entry, baseOf(entry)));
    if (cause === "Resume")
      for (const node of this.#heard(about.list).slice(0, MOST_ASKED)) core.post.query(node, addresses);
    const round = core.rounds.start(core, { ...about, addresses, items }, (findings) => {
      this.#rounds.delete(round);
      const claims = new Map<Entry, Claim>();
      for (const entry of part) this.#settle(entry, cause, findings, claims);
      const isResumed = cause === "Resume";
      if (!isResumed && claims.size > 0) claim(claims, cause);
      // What was to be resumed may have come to be placed or vacant while it waited: the others do not wait for it any more.
      this.#resumption.settled(part, isResumed ? claims : NOTHING);
    });
    this.#rounds.add(round);
  }

  /** Members that have been heard since this process started. */
  #heard(list: readonly NodeId[]): readonly NodeId[] {
    const { directory } = this.#options.core;
    return list.filter((node) => directory.lastHeardMs(node) > Number.NEGATIVE_INFINITY);
  }

  #settle(entry: Entry, cause: Cause, findings: Findings, claims: Map<Entry, Claim>): void {
    const pending = this.#pending.get(entry);
    if (pending === undefined) return;
    const claim =
      this.#causeOf(entry) === cause ? this.#judge(entry, cause, findings, pending.attempt) : undefined;
    if (claim !== undefined) {
      claims.set(entry, claim);
      if (cause !== "Resume") this.#pending.delete(entry);
      return;
    }
    if (this.#causeOf(entry) === undefined) {
      this.#drop(entry);
      return;
    }
    const { vacancyRetries, placedRetry } = TIMING;
    const retry = vacancyRetries[Math.min(pending.attempt++, vacancyRetries.length - 1)];
    this.#schedule(entry, pending, cause === "Placed" ? placedRetry : (retry ?? placedRetry));
  }

  #judge(entry: Entry, cause: Cause, findings: Findings, attempt: number): Claim | undefined {
    const { core, caretake } = this.#options;
    if (cause === "Placed") return claimIfPlaced(core, entry, findings, attempt);
    if (cause === "Resume") return claimIfResumed(core, entry, findings);
    return claimIfVacant({ core, caretake }, entry, findings, attempt);
  }
}
