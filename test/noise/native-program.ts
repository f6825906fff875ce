import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { accept, assemble } from "@fairlead/linux/bpf.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { UdpSocket } from "@fairlead/linux/udp-socket.ts";
import { systemClock } from "@fairlead/runtime/clock.ts";
import { ArpPort } from "@fairlead/speaker/layer2/interfaces/arp-port.ts";
import { EchoPort } from "@fairlead/speaker/layer2/interfaces/echo-port.ts";
import type { FrameCounts } from "@fairlead/speaker/layer2/interfaces/frame-counts.ts";
import { NdpPort } from "@fairlead/speaker/layer2/interfaces/ndp-port.ts";
import { KernelAddresses } from "@fairlead/speaker/layer2/kernel-addresses.ts";
import { SocketMemberships } from "@fairlead/speaker/layer2/ndp/memberships.ts";
import { hex } from "@fairlead/speaker/testing/values.ts";
import { decode } from "@fairlead/takeover/messages/codec.ts";
import { Dice } from "../simulation/dice.ts";
import { ARP_SAMPLES } from "./arp.ts";
import { put, sealIcmp4, sealIcmp6, word, wordSum } from "./checksum.ts";
import { ECHO4_SAMPLES, ECHO6_SAMPLES } from "./echo.ts";
import { CLUSTER } from "./hearing-speaker.ts";
import { mutate } from "./mutate.ts";
import { NDP_SAMPLES } from "./ndp.ts";
import { TAKEOVER_SAMPLES } from "./takeover.ts";
import { tableOfTheWorld } from "./wire-world.ts";

/**
 * A program that sends noise out of one end of a cable and answers it at the other, through the real sockets. It runs in a network namespace
 * with both ends, `left0` with MAC 02:00:00:00:00:02 and 192.0.2.1/24, and `right0`.
 *
 *     node test/noise/native-program.ts FRAMES LEFT-INDEX RIGHT-INDEX
 */

const [frames = 0, left = 0, right = 0] = process.argv.slice(2).map(Number);
const ETH_P_ALL = 3;
const UDP_PORT = 7950;
/** Frames that are sent before what has arrived is taken. */
const AT_ONCE = 32;
const LAST_MS = 500;

/** To 192.0.2.1, from the next address, with the TTL of a neighbor and of somebody behind a router. */
const UDP_SAMPLES = TAKEOVER_SAMPLES.flatMap((datagram) =>
  ["ff", "40"].map((ttl) => udpFrame(datagram, ttl)),
);
const SAMPLES = [...ARP_SAMPLES, ...NDP_SAMPLES, ...ECHO4_SAMPLES, ...ECHO6_SAMPLES, ...UDP_SAMPLES];

const counts = new Map<string, number>();
const sockets: { close(): void }[] = [];
open();
const sender = must(
  PacketSocket.open({
    ...{ interfaceIndex: right, protocol: ETH_P_ALL, filter: assemble([accept()]) },
    onFrame: () => count("replies"),
    onError: (errno) => count(`errno ${errno}`),
  }),
);
const dice = new Dice(1);
const buffer = new Uint8Array(2048);
for (let i = 1; i <= frames; i++) {
  const length = mutate(dice, SAMPLES, buffer);
  if (dice.chance(0.8)) seal(buffer, length);
  count(sender.send(buffer, Math.min(length, 1514)) === 0 ? "sent" : "refused by the kernel");
  if (i % AT_ONCE === 0) await turn();
}
await delay(LAST_MS);
for (const socket of [...sockets, sender]) socket.close();
console.log(JSON.stringify(Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))));
for (const needed of [
  "arp Answer",
  "ndp Answer",
  "echo4 Answer",
  "echo6 Answer",
  "udp read",
  "udp OffLink",
  "replies",
])
  if (!counts.has(needed)) throw new Error(`there was no ${needed}: the noise does not reach what it should`);

function open(): void {
  const table = tableOfTheWorld(left);
  const options = {
    ...{ table, openSocket: PacketSocket.open, beforeFrame: () => {} },
    counts: { arp: counting("arp"), ndp: counting("ndp") },
    memberships: (index: number) => new SocketMemberships(index),
    onSeen: () => count("seen"),
    onError: (errno: number) => count(`errno ${errno}`),
    onGroupFailure: () => count("group failed"),
  };
  const echo = (family: "IPv4" | "IPv6", name: string): EchoPort =>
    new EchoPort({
      ...options,
      family,
      counts: counting(name),
      kernel: new KernelAddresses(),
      clock: systemClock,
    });
  for (const port of [
    new ArpPort(options),
    new NdpPort(options),
    echo("IPv4", "echo4"),
    echo("IPv6", "echo6"),
  ]) {
    const failure = port.open();
    if (failure !== undefined) throw failure;
    sockets.push(port);
  }
  const udp = UdpSocket.open({
    ...{ family: "IPv4", interfaceName: "left0", interfaceIndex: left, port: UDP_PORT },
    onDatagram: (bytes, length) => {
      const read = decode(bytes.subarray(0, length), CLUSTER);
      count(read.ok ? "udp read" : `udp ${read.error}`);
    },
    onDrop: (reason) => count(`udp ${reason}`),
    onError: (errno) => count(`errno ${errno}`),
  });
  sockets.push(must(udp));
}

function counting(protocol: string): FrameCounts<string> {
  return { add: (what) => count(`${protocol} ${what}`) };
}

function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Error },
): T {
  if (result.ok) return result.value;
  throw result.error;
}

function udpFrame(datagram: Uint8Array, ttl: string): Uint8Array {
  const length = (bytes: number): string => bytes.toString(16).padStart(4, "0");
  const headers = hex(
    `020000000002 02000000000a 0800 4500 ${length(28 + datagram.length)} 1234 4000 ${ttl}11 0000 c0000202 c0000201
     1f0e 1f0e ${length(8 + datagram.length)} 0000`,
  );
  const frame = Uint8Array.of(...headers, ...datagram);
  seal(frame, frame.length);
  return frame;
}

/** Makes the checksums right as far as the frame reaches; UDP in IPv4 may go without. */
function seal(frame: Uint8Array, length: number): void {
  const payload = word(frame, 18);
  if (word(frame, 12) === 0x86dd && length >= 62 && 54 + payload <= length) sealIcmp6(frame, payload);
  if (word(frame, 12) !== 0x0800 || length < 42) return;
  const end = 14 + word(frame, 16);
  if (frame[23] === 1 && end >= 42 && end <= length) sealIcmp4(frame, end);
  if (frame[23] !== 17) return;
  put(frame, 24, 0);
  put(frame, 24, 0xffff - wordSum(frame, 14, 34));
  put(frame, 40, 0);
}
