import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { assemble, drop } from "@fairlead/linux/bpf.ts";
import { errnoName } from "@fairlead/linux/errno.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";

/**
 * A program that sends Ethernet frames as they are: one a line in hexadecimal on its standard input. Its arguments are the
 * number of the interface and how many frames to send in a second.
 */

/** IEEE 802 local experimental: this socket only sends. */
const NOTHING = 0x88b5;
const TICK_MS = 10;

const [interfaceIndex = 0, perSecond = 1] = process.argv.slice(2).map(Number);
const lines = readFileSync(0, "utf8").trim().split("\n");
const opened = PacketSocket.open({
  interfaceIndex,
  protocol: NOTHING,
  filter: assemble([drop()]),
  onFrame: () => {},
  onError: () => {},
});
if (!opened.ok) throw opened.error;
const startMs = performance.now();
for (const [i, line] of lines.entries()) {
  const dueMs = startMs + (i * 1000) / perSecond;
  if (dueMs > performance.now() + TICK_MS) await delay(dueMs - performance.now());
  const errno = opened.value.send(Uint8Array.from(Buffer.from(line, "hex")));
  if (errno !== 0) throw new Error(`frame ${i} was not sent: ${errnoName(errno)}`);
}
opened.value.close();
