import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Claim, keyOfQuestion, readClaim } from "./answer-frames.ts";
import { AnswerSocket } from "./answer-socket.ts";
import { monotonicMs } from "./monotonic.ts";
import type { Turn, TurnOrder, TurnProgress, TurnReport } from "./turn-messages.ts";

/**
 * Asks for thousands of addresses at a fixed pace, by ARP and neighbor discovery, and notes when each is first answered with another
 * MAC than the one that has them. Runs inside a client's network namespace as `turn-asker.ts INTERFACE-NUMBER`, takes
 * {@link TurnOrder}s, says {@link TurnProgress}, and a {@link TurnReport} when its standard input ends: one JSON object a line.
 *
 * All are asked for in turn, none more often than every {@link EVERY_MS}; one that somebody tells of unasked is asked for at once.
 */

const EVERY_MS = 50;
const TICK_MS = 2;
/** Questions that a late tick left out are made up for so long. */
const MOST_LATE_MS = 20;
/** A question so old has no answer under way any more. */
const ANSWER_MS = 20;
const PROGRESS_MS = 100;

interface Asked {
  readonly address: string;
  readonly frame: Uint8Array;
  /** The last few. */
  asksMs: readonly number[];
  dueMs: number;
  held: boolean;
  toldMs?: number;
}

/** By {@link Claim.key}, in order of when each is due. */
const waiting = new Map<string, Asked>();
const turns: Turn[] = [];
let [from, perSecond] = ["", 0];
let lastHeldMs: number | undefined;
let held = 0;
let [budget, filledMs] = [0, monotonicMs()];
/** Since the pace was last set. */
let [sent, pacedMs, lastSentMs] = [0, filledMs, filledMs];

const socket = new AnswerSocket(Number(process.argv[2]), (frame, length) => {
  const claim = readClaim(frame, length);
  if (claim !== undefined) heard(claim);
});
const lines = createInterface(process.stdin).on("line", (line) => obey(JSON.parse(line) as TurnOrder));
setInterval(tick, TICK_MS);
setInterval(() => say({ held, turned: turns.length }), PROGRESS_MS);
await once(lines, "close");
const report: TurnReport = {
  turns,
  left: [...waiting.values()].map(({ address }) => address),
  ...(lastHeldMs !== undefined && { lastHeldMs }),
  sent,
  sentForMs: lastSentMs - pacedMs,
  dropped: socket.dropped,
};
say(report);
socket.close();
// A pipe takes 64 KiB at a time.
process.stdout.end(() => process.exit(0));

function obey(order: TurnOrder): void {
  [from, perSecond, sent, pacedMs] = [order.from ?? from, order.perSecond, 0, monotonicMs()];
  for (const { address, frame: text } of order.questions ?? []) {
    const frame = Uint8Array.from(Buffer.from(text, "hex"));
    waiting.set(keyOfQuestion(frame), { address, frame, asksMs: [], dueMs: pacedMs, held: false });
  }
}

function tick(): void {
  const nowMs = monotonicMs();
  const most = (perSecond * MOST_LATE_MS) / 1000;
  budget = Math.min(most, budget + ((nowMs - filledMs) * perSecond) / 1000);
  filledMs = nowMs;
  for (const [key, one] of waiting) {
    if (budget < 1 || one.dueMs > nowMs) return;
    budget--;
    ask(key, one);
  }
}

/** What was asked for moves to the end. */
function ask(key: string, one: Asked): void {
  waiting.delete(key);
  waiting.set(key, one);
  const nowMs = monotonicMs();
  one.asksMs = [...one.asksMs.slice(-3), nowMs];
  one.dueMs = nowMs + EVERY_MS;
  if (!socket.send(one.frame)) return;
  sent++;
  lastSentMs = nowMs;
}

function heard({ key, mac, toAll }: Claim): void {
  const one = waiting.get(key);
  if (one === undefined) return;
  const nowMs = monotonicMs();
  if (mac === from) {
    if (toAll) return;
    if (!one.held) held++;
    one.held = true;
    lastHeldMs = nowMs;
  } else if (toAll) {
    if (one.toldMs !== undefined) return;
    one.toldMs = nowMs;
    ask(key, one);
  } else {
    waiting.delete(key);
    const inVainMs = one.asksMs.findLast((atMs) => atMs < nowMs - ANSWER_MS);
    turns.push({
      address: one.address,
      answeredMs: nowMs,
      askedMs: one.asksMs.at(-1) ?? nowMs,
      ...(inVainMs !== undefined && { inVainMs }),
      ...(one.toldMs !== undefined && { toldMs: one.toldMs }),
    });
  }
}

function say(what: TurnProgress | TurnReport): void {
  console.log(JSON.stringify(what));
}
