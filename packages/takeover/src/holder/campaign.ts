import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";

/** One CLAIM that is not acknowledged. */
interface Told {
  readonly entry: Entry;
  /** How often it was said. */
  attempt: number;
  dueMs: number;
}

/** What one node has not acknowledged. */
interface Pending {
  readonly told: Map<string, Told>;
  /** By the number of attempts, those waiting for the next; within each, due times never fall. What is not in `told` any more is skipped. */
  readonly stages: Set<Told>[];
  timer: Timer | undefined;
  /** Runs while more may be told in the same go: that is said in one message then. */
  more: Timer | undefined;
}

/** The number of attempts after which they do not become more seldom. */
const SLOWEST = TIMING.claimRepeats.length + 5;
/** What is to be repeated waits so long, in ms, for what has not been sent once. */
const WHILE_BUSY_MS = 20;
/** This part of a gap may be left out, so that what was told at about the same time goes into one message before long. */
const EARLY = 1 / 8;

/**
 * Says CLAIM to each that should know until it acknowledges: at once, a few times soon, then ever more seldom. Each address has its own
 * turn: a new one does not have the others, which a dead node never acknowledges, said again.
 */
export class Campaign {
  readonly #core: Core;
  readonly #pending = new Map<NodeId, Pending>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** These are claimed anew. */
  tell(node: NodeId, entries: Iterable<Entry>): void {
    if (node === this.#core.self.id) return;
    const pending = this.#pending.get(node) ?? {
      told: new Map(),
      stages: [],
      timer: undefined,
      more: undefined,
    };
    this.#pending.set(node, pending);
    for (const entry of entries) this.#begin(pending, entry);
    this.#sayNow(node, pending);
  }

  /** A node that had not acknowledged is heard again. */
  hurry(node: NodeId): void {
    const pending = this.#pending.get(node);
    if (pending === undefined) return;
    const late = pending.stages.slice(2).filter(({ size }) => size > 0);
    if (late.length === 0 || !this.#core.post.mayAnswer(node, "campaign")) return;
    for (const { entry } of late.flatMap((stage) => [...stage])) this.#begin(pending, entry);
    this.#sayNow(node, pending);
  }

  /** It knows what this node announces the address under. */
  acknowledged(node: NodeId, entry: Entry): void {
    const pending = this.#pending.get(node);
    const told = pending?.told.get(entry.address.text);
    if (pending === undefined || told === undefined) return;
    this.#forget(pending, told);
  }

  stop(): void {
    for (const { timer, more } of this.#pending.values()) {
      timer?.cancel();
      more?.cancel();
    }
    this.#pending.clear();
  }

  #begin(pending: Pending, entry: Entry): void {
    const before = pending.told.get(entry.address.text);
    if (before !== undefined) this.#forget(pending, before);
    const told: Told = { entry, attempt: 0, dueMs: this.#core.clock.nowMs() };
    pending.told.set(entry.address.text, told);
    stageOf(pending, told).add(told);
  }

  #forget(pending: Pending, told: Told): void {
    pending.told.delete(told.entry.address.text);
    stageOf(pending, told).delete(told);
  }

  #sayNow(node: NodeId, pending: Pending): void {
    if (pending.more !== undefined) return;
    pending.more = this.#core.clock.after(0, () => {
      pending.more = undefined;
      if ((pending.stages[0]?.size ?? 0) > 0) this.#say(node, pending);
    });
    this.#say(node, pending);
  }

  #schedule(node: NodeId, pending: Pending): void {
    pending.timer?.cancel();
    pending.timer = undefined;
    if (pending.told.size === 0) {
      this.#pending.delete(node);
      return;
    }
    const { clock } = this.#core;
    const dueMs = Math.min(...pending.stages.flatMap((stage) => stage.values().next().value?.dueMs ?? []));
    const leastMs = this.#core.post.isBusy(node) ? WHILE_BUSY_MS : 0;
    pending.timer = clock.after(Math.max(leastMs, dueMs - clock.nowMs()), () => this.#say(node, pending));
  }

  #say(node: NodeId, pending: Pending): void {
    const nowMs = this.#core.clock.nowMs();
    const due: Told[] = [];
    const isBusy = this.#core.post.isBusy(node);
    for (const [attempt, stage] of pending.stages.entries()) {
      if (attempt > 0 && isBusy) break;
      const earlyMs = attempt === 0 ? 0 : gapAfter(attempt - 1) * EARLY;
      for (const told of stage) {
        if (told.dueMs - earlyMs > nowMs) break;
        due.push(told);
      }
    }
    const said: Entry[] = [];
    for (const told of due) {
      stageOf(pending, told).delete(told);
      if (told.entry.mine === undefined) {
        pending.told.delete(told.entry.address.text);
        continue;
      }
      said.push(told.entry);
      told.dueMs = nowMs + gapAfter(told.attempt);
      told.attempt = Math.min(told.attempt + 1, SLOWEST);
      stageOf(pending, told).add(told);
    }
    this.#core.post.claims(node, said);
    this.#schedule(node, pending);
  }
}

function stageOf({ stages }: Pending, { attempt }: Told): Set<Told> {
  const stage = stages[attempt] ?? new Set();
  for (let i = stages.length; i < attempt; i++) stages.push(new Set());
  stages[attempt] = stage;
  return stage;
}

function gapAfter(attempt: number): number {
  const { claimRepeats, claimSlowest } = TIMING;
  const [now, next] = [claimRepeats[attempt], claimRepeats[attempt + 1]];
  if (now !== undefined && next !== undefined) return next - now;
  return Math.min(claimSlowest, 1000 * 2 ** (attempt - claimRepeats.length + 1));
}
