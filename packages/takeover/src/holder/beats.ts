import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { MOST_ACTIVE } from "../messages/body.ts";
import { TIMING } from "../timing.ts";
import type { Displaced } from "./displaced.ts";
import type { HeldSet } from "./held-set.ts";

/** So many stand-ins of an address hear the short interval. */
const ACTIVE_OF_ADDRESS = 3;
/** A longer interval, or that nothing is left to stand in for, is said so many times in a row: one may be lost. */
const SAID = 3;

interface Standing {
  /** When it was sent the first heartbeat. */
  readonly begunMs: number;
  acknowledgedMs: number;
  ready: boolean;
  intervalMs: number;
  sentMs: number;
  /** Beats that are still sent at the pulse before the longer interval begins. */
  soon: number;
}

export interface BeatsOptions {
  readonly core: Core;
  readonly held: HeldSet;
  readonly displaced: Displaced;
}

/** Sends the heartbeats: often to the active stand-ins of what is held, seldom to the reserve. */
export class Beats {
  readonly #options: BeatsOptions;
  readonly #standings = new Map<NodeId, Standing>();
  #timer: Timer | undefined;
  /** Runs while more may change in the same go. */
  #more: Timer | undefined;
  #again = false;
  #paused = false;

  constructor(options: BeatsOptions) {
    this.#options = options;
  }

  /** A stand-in has acknowledged. */
  acknowledged(node: NodeId, ready: boolean): void {
    const standing = this.#standings.get(node);
    if (standing === undefined) return;
    standing.acknowledgedMs = this.#options.core.clock.nowMs();
    standing.ready = ready;
  }

  /** When a stand-in last acknowledged. */
  acknowledgedMs(node: NodeId): number {
    return this.#standings.get(node)?.acknowledgedMs ?? Number.NEGATIVE_INFINITY;
  }

  /** For how long a node has been sent heartbeats, in ms; 0 if it is sent none. */
  beatenMs(node: NodeId): number {
    const nowMs = this.#nowMs();
    return nowMs - (this.#standings.get(node)?.begunMs ?? nowMs);
  }

  /** Beats at once, to all, and once more for all that changes in the same go. */
  now(): void {
    if (this.#more !== undefined) {
      this.#again = true;
      return;
    }
    this.#more = this.#options.core.clock.after(0, () => {
      this.#more = undefined;
      if (this.#again) this.#beat(true, false);
      this.#again = false;
    });
    this.#beat(true, false);
  }

  /** Says that this process exits and will be back; nothing is beaten afterwards. */
  restarting(): void {
    this.#timer?.cancel();
    this.#paused = true;
    for (const at of [0, 15, 30])
      this.#options.core.clock.after(at, () => {
        for (const node of this.#recipients()) this.#send(node, TIMING.beat, [], true);
      });
  }

  /** Nothing is beaten while it is not clear what is still held. */
  pause(on: boolean): void {
    this.#paused = on;
    if (!on) this.now();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#more?.cancel();
    this.#paused = true;
  }

  #recipients(): ReadonlySet<NodeId> {
    const { core, held, displaced } = this.#options;
    const nodes = new Set([...held.lists().flat(), ...displaced.nodes(core.clock.nowMs())]);
    nodes.delete(core.self.id);
    return nodes;
  }

  #beat(all: boolean, pulse: boolean): void {
    if (this.#paused) return;
    const recipients = this.#recipients();
    for (const node of recipients)
      if (!this.#standings.has(node)) this.#standings.set(node, this.#newStanding(node));
    const active = this.#active();
    const fast = new Set([...active, ...this.#options.displaced.nodes(this.#nowMs())]);
    for (const [node, standing] of this.#standings) {
      const gone = !recipients.has(node);
      const intervalMs = fast.has(node) ? TIMING.beat : TIMING.reserveBeat;
      if ((gone || intervalMs > standing.intervalMs) && standing.intervalMs > 0) standing.soon = SAID;
      standing.intervalMs = gone ? 0 : intervalMs;
      if (gone && standing.soon === 0) {
        this.#standings.delete(node);
        continue;
      }
      const due = this.#nowMs() - standing.sentMs >= intervalMs - TIMING.beat / 2;
      if (!all && !due && standing.soon === 0) continue;
      if (pulse && standing.soon > 0) standing.soon--;
      standing.sentMs = this.#nowMs();
      this.#send(node, intervalMs, active, this.#options.core.resuming);
    }
    if (this.#standings.size === 0) return;
    if (pulse || this.#timer === undefined)
      this.#timer = this.#options.core.clock.after(TIMING.beat, () => {
        this.#timer = undefined;
        this.#beat(false, true);
      });
  }

  /** The first three members of each list that could take over now. */
  #active(): readonly NodeId[] {
    const { core, held } = this.#options;
    const fit = (node: NodeId): boolean => {
      const standing = this.#standings.get(node);
      return (
        node !== core.self.id &&
        standing?.ready === true &&
        this.#nowMs() - standing.acknowledgedMs <= TIMING.acknowledged
      );
    };
    return [...new Set(held.lists().flatMap((list) => list.filter(fit).slice(0, ACTIVE_OF_ADDRESS)))];
  }

  #send(node: NodeId, intervalMs: number, active: readonly NodeId[], restarting: boolean): void {
    const { core, held } = this.#options;
    const { revision } = held;
    const summary = held.summaryOf(node);
    const named = active.length <= MOST_ACTIVE ? active : this.#beside(node, active);
    core.post.send(node, { type: "Heartbeat", intervalMs, ...summary, revision, restarting, active: named });
  }

  /** More do not fit in a heartbeat; on others than those on its own lists a stand-in does not wait. */
  #beside(node: NodeId, active: readonly NodeId[]): readonly NodeId[] {
    const beside = new Set(
      this.#options.held
        .lists()
        .filter((list) => list.includes(node))
        .flat(),
    );
    return active.filter((one) => beside.has(one)).slice(0, MOST_ACTIVE);
  }

  /** Who was heard just now, in the round before a claim, is taken to be fit: the new holder may die before the first ACK. */
  #newStanding(node: NodeId): Standing {
    const acknowledgedMs = this.#options.core.directory.lastHeardMs(node);
    const sentMs = Number.NEGATIVE_INFINITY;
    const begunMs = this.#nowMs();
    return { begunMs, acknowledgedMs, ready: true, intervalMs: TIMING.reserveBeat, sentMs, soon: 0 };
  }

  #nowMs(): number {
    return this.#options.core.clock.nowMs();
  }
}
