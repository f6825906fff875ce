import type { NodeId } from "../claims/claim.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Body } from "../messages/message.ts";

/** So many go to one peer at once, and again after so many ms: 323 messages about 10,000 addresses would overflow its socket. */
const SENT_AT_ONCE = 16;
const PACE_MS = 10;

/** So many wait for one peer at most. What is dropped is repeated by whoever wants it acknowledged or answered. */
const MOST_WAITING = 1000;

/** Written when its turn comes, so that it says what is true then; undefined: nothing is to be said any more. */
export type Writer = () => Body | undefined;

interface Queue {
  readonly waiting: Writer[];
  sinceMs: number;
  sent: number;
  timer: Timer | undefined;
}

/** Messages of which there may be hundreds for one peer: sent in their order, a few at once. */
export class Bulk {
  readonly #clock: Clock;
  readonly #send: (to: NodeId, body: Body) => void;
  readonly #queues = new Map<NodeId, Queue>();

  constructor(clock: Clock, send: (to: NodeId, body: Body) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(to: NodeId, write: Writer): void {
    const queue = this.#queues.get(to) ?? { waiting: [], sinceMs: 0, sent: 0, timer: undefined };
    this.#queues.set(to, queue);
    if (queue.waiting.length < MOST_WAITING) queue.waiting.push(write);
    if (queue.timer === undefined) this.#sendSome(to, queue);
  }

  /** Whether something waits to be sent to this peer. */
  isBusy(to: NodeId): boolean {
    return (this.#queues.get(to)?.waiting.length ?? 0) > 0;
  }

  stop(): void {
    for (const { timer } of this.#queues.values()) timer?.cancel();
    this.#queues.clear();
  }

  #sendSome(to: NodeId, queue: Queue): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - queue.sinceMs >= PACE_MS) {
      queue.sinceMs = nowMs;
      queue.sent = 0;
    }
    while (queue.sent < SENT_AT_ONCE) {
      const body = queue.waiting.shift()?.();
      if (body !== undefined) {
        queue.sent++;
        this.#send(to, body);
      } else if (queue.waiting.length === 0) return;
    }
    queue.timer = this.#clock.after(queue.sinceMs + PACE_MS - nowMs, () => {
      queue.timer = undefined;
      this.#sendSome(to, queue);
    });
  }
}
