import { createInterface } from "node:readline";
import { addressToBytes, parseAddress } from "@fairlead/net/address.ts";
import { BROADCAST, openArp, REPLY, senderAddress, senderMac } from "./arp-client.ts";
import { monotonicMs } from "./monotonic.ts";
import type { WireEvent, WireOrder } from "./wire-messages.ts";

/**
 * Asks by ARP until an address is answered, or until it no longer is. Runs inside a client's network namespace as `wire-asker.ts
 * INTERFACE` and speaks {@link WireOrder} and {@link WireEvent}, one JSON object a line; ends with its standard input.
 *
 * An address is asked for at once, when somebody tells of it unasked, and every {@link EVERY_MS}; all together not faster than
 * {@link MOST_PER_TICK} allows, so that a thousand silent addresses are no flood.
 */

const EVERY_MS = 50;
const TICK_MS = 5;
const MOST_PER_TICK = 10;
/** Requests in a row without an answer after which nobody answers: two to the last known MAC, the others to all. */
const SILENT_AFTER = 4;
const TO_ONE = 2;

interface Asked {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly until: WireOrder["until"];
  dueMs: number;
  /** When the first request of those that are unanswered was sent, and how many there are. */
  unansweredSinceMs: number;
  unanswered: number;
}

const waiting = new Map<number, Asked>();
const macs = new Map<number, Uint8Array>();
const client = await openArp(process.argv[2] ?? "eth0", (operation, frame) => {
  const key = keyOf(senderAddress(frame));
  const asked = waiting.get(key);
  if (operation === REPLY) macs.set(key, senderMac(frame));
  if (asked === undefined) return;
  if (operation === REPLY) heard(key, asked);
  else if (asked.until === "answered") send(key, asked);
});

createInterface(process.stdin)
  .on("line", (line) => {
    const { address, until } = JSON.parse(line) as WireOrder;
    const parsed = parseAddress(address);
    if (!parsed.ok) throw new Error(parsed.error);
    const bytes = addressToBytes(parsed.value);
    const dueMs = monotonicMs();
    waiting.set(keyOf(bytes), {
      text: address,
      bytes,
      until,
      dueMs,
      unansweredSinceMs: dueMs,
      unanswered: 0,
    });
  })
  .on("close", () => process.exit(0));
setInterval(tick, TICK_MS);
console.log(JSON.stringify({ ready: true }));

function tick(): void {
  const nowMs = monotonicMs();
  let sent = 0;
  for (const [key, asked] of waiting) {
    if (asked.dueMs > nowMs || sent >= MOST_PER_TICK) return;
    if (asked.until === "silent" && asked.unanswered >= SILENT_AFTER) {
      tell(key, asked, asked.unansweredSinceMs);
      continue;
    }
    send(key, asked);
    sent++;
  }
}

/** What was asked for moves to the end, so that the map is in order of when each is due. */
function send(key: number, asked: Asked): void {
  waiting.delete(key);
  waiting.set(key, asked);
  const nowMs = monotonicMs();
  const last = asked.until === "silent" && asked.unanswered < TO_ONE ? macs.get(key) : undefined;
  if (asked.unanswered === 0) asked.unansweredSinceMs = nowMs;
  asked.unanswered++;
  asked.dueMs = nowMs + EVERY_MS;
  client.ask(asked.bytes, last ?? BROADCAST);
}

function heard(key: number, asked: Asked): void {
  asked.unanswered = 0;
  if (asked.until === "answered") tell(key, asked, monotonicMs());
}

function tell(key: number, { text: address, until }: Asked, atMs: number): void {
  waiting.delete(key);
  const event: WireEvent = { address, is: until, atMs };
  console.log(JSON.stringify(event));
}

function keyOf(bytes: Uint8Array): number {
  return bytes.reduce((key, byte) => key * 256 + byte, 0);
}
