import {
  type Claim,
  firmClaimAbove,
  type NodeId,
  placedClaim,
  provisionalClaimBeside,
} from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import { type Core, isReady, isWitness } from "../core/core.ts";
import { baseOf, type Entry, indexIn, isPlacedHere, itemOf, listOf } from "../core/ledger.ts";
import { pagesOf } from "../core/post.ts";
import type { Reason } from "../environment.ts";
import { TIMING } from "../timing.ts";
import { decide } from "../watch/decide.ts";
import { answererOf, evidenceOf } from "../watch/evidence.ts";
import type { Findings } from "../watch/round.ts";

/** Why this node asks about an address that it does not announce. */
export type Cause = "Placed" | "Resume" | "Vacant";

export interface VacanciesOptions {
  readonly core: Core;
  /** Some holder is watched that announces it. */
  readonly isCovered: (entry: Entry) => boolean;
  readonly claim: (claims: ReadonlyMap<Entry, Claim>, reason: Reason) => void;
  /** The holder's kernel answers and nobody else: answer in its place. @returns whether that is done now */
  readonly caretake: (entry: Entry, holder: NodeId) => void;
}

/** So many rounds an owner that lives is left to claim what it was given: 3 s, and longer the later in the list. */
const OWNER_ATTEMPTS = 2;

interface Pending {
  attempt: number;
  timer: Timer | undefined;
}

/**
 * Addresses that concern this node and that nobody is known to announce: placed here, announced here before the restart, or vacant.
 * Each is asked about in a round of its own before anything is claimed.
 */
export class Vacancies {
  readonly #options: VacanciesOptions;
  readonly #pending = new Map<Entry, Pending>();
  readonly #due = new Set<Entry>();
  #batch: Timer | undefined;

  constructor(options: VacanciesOptions) {
    this.#options = options;
  }

  /** Something about the address has changed: begin to ask, or stop. */
  consider(entry: Entry): void {
    const cause = this.#causeOf(entry);
    const pending = this.#pending.get(entry);
    if (cause === undefined) {
      pending?.timer?.cancel();
      this.#pending.delete(entry);
      return;
    }
    const self = this.#options.core.self.id;
    const waitMs =
      cause === "Vacant" ? TIMING.vacancy + TIMING.vacancyRank * indexIn(listOf(entry), self) : 0;
    if (pending === undefined) this.#schedule(entry, { attempt: 0, timer: undefined }, waitMs);
    else if (cause === "Placed" && pending.timer !== undefined) this.#schedule(entry, pending, 0);
  }

  /** What was asked and not heard while this node stood still means nothing. */
  restart(): void {
    for (const entry of [...this.#pending.keys()]) {
      this.#pending.get(entry)?.timer?.cancel();
      this.#pending.delete(entry);
      this.consider(entry);
    }
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) timer?.cancel();
    this.#pending.clear();
    this.#batch?.cancel();
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
    this.#pending.set(entry, pending);
    pending.timer = this.#options.core.clock.after(waitMs, () => {
      pending.timer = undefined;
      this.#due.add(entry);
      this.#batch ??= this.#options.core.clock.after(0, () => this.#ask());
    });
  }

  /** One round for all that are due with the same cause, holder and list. */
  #ask(): void {
    this.#batch = undefined;
    const groups = new Map<string, { cause: Cause; subject: NodeId; first: boolean; entries: Entry[] }>();
    for (const entry of this.#due) {
      const cause = this.#causeOf(entry);
      if (cause === undefined || !this.#pending.has(entry)) continue;
      const subject = baseOf(entry).node;
      const first = entry.top === undefined && entry.placement?.first === true;
      const key = `${cause} ${subject} ${first}`;
      const group = groups.get(key) ?? { cause, subject, first, entries: [] };
      groups.set(key, group);
      group.entries.push(entry);
    }
    this.#due.clear();
    for (const { cause, subject, first, entries } of groups.values())
      for (const { list, part } of pagesOf(entries)) {
        const addresses = part.map(({ address }) => address);
        const items = part.map((entry) => itemOf(entry, baseOf(entry)));
        const { core } = this.#options;
        core.rounds.start(core, { subject, list, addresses, items, first }, (findings) => {
          const claims = new Map<Entry, Claim>();
          for (const entry of part) this.#settle(entry, cause, findings, claims);
          if (claims.size > 0) this.#options.claim(claims, cause === "Resume" ? "Resumed" : cause);
        });
      }
  }

  #settle(entry: Entry, cause: Cause, findings: Findings, claims: Map<Entry, Claim>): void {
    const pending = this.#pending.get(entry);
    if (pending === undefined) return;
    const claim =
      this.#causeOf(entry) !== cause
        ? undefined
        : cause === "Placed"
          ? this.#ifPlaced(entry, findings)
          : cause === "Resume"
            ? this.#ifResumed(entry, findings)
            : this.#ifVacant(entry, findings, pending.attempt);
    if (claim !== undefined) {
      claims.set(entry, claim);
      this.#pending.delete(entry);
      return;
    }
    if (this.#causeOf(entry) === undefined) {
      this.#pending.delete(entry);
      return;
    }
    const { vacancyRetries, placedRetry } = TIMING;
    const retry = vacancyRetries[Math.min(pending.attempt++, vacancyRetries.length - 1)];
    this.#schedule(entry, pending, cause === "Placed" ? placedRetry : (retry ?? placedRetry));
  }

  /** A node that does not see the anchor would take the address into the dark; a stranger's answer forbids a first announcement. */
  #ifPlaced(entry: Entry, findings: Findings): Claim | undefined {
    const { core } = this.#options;
    const { placement } = entry;
    if (placement === undefined) return undefined;
    if (core.surroundings.anchor !== undefined && findings.sight < 2) {
      core.environment.report({ type: "AnchorLost" });
      return undefined;
    }
    const isStrange =
      findings.answers.has(entry.address.text) && answererOf(core, entry, findings) === undefined;
    if (isStrange && placement.first) return undefined;
    return placedClaim(placement.epoch, core.self.id);
  }

  #ifResumed(entry: Entry, findings: Findings): Claim | undefined {
    const { core } = this.#options;
    const answerer = answererOf(core, entry, findings);
    if (answerer === undefined || answerer === core.self.id) return entry.top;
    core.post.query(answerer, [entry.address]);
    return undefined;
  }

  #ifVacant(entry: Entry, findings: Findings, attempt: number): Claim | undefined {
    const { core, caretake } = this.#options;
    const base = baseOf(entry);
    const list = listOf(entry);
    const verdict = decide(
      evidenceOf(core, {
        holder: base.node,
        entries: [entry],
        findings,
        silentMs: Number.POSITIVE_INFINITY,
        nodeBeats: false,
        mayCaretake: core.surroundings.caretake,
      }),
    );
    const answerer = answererOf(core, entry, findings);
    if (answerer !== undefined) core.post.query(answerer, [entry.address]);
    const isStrange = findings.answers.has(entry.address.text) && answerer === undefined;
    if (isStrange && entry.top === undefined && entry.placement?.first === true) return undefined;
    if (verdict.next === "Care") caretake(entry, base.node);
    if (verdict.next !== "Taking") return undefined;
    if (attempt < OWNER_ATTEMPTS && isOwnerBehind(entry, findings)) return undefined;
    const firm = verdict.conceded || isWitness(core, findings.sight, findings.membersSeen, list);
    const index = indexIn(list, core.self.id);
    return (firm ? firmClaimAbove : provisionalClaimBeside)(base, index, core.self.id);
  }
}

/** The controller's choice has not claimed yet and speaks: it may only be behind with what it was given. */
function isOwnerBehind(entry: Entry, { tells }: Findings): boolean {
  const { placement, top } = entry;
  const owner = placement?.list[0];
  return owner !== undefined && (top?.epoch ?? 0) < (placement?.epoch ?? 0) && tells.has(owner);
}
