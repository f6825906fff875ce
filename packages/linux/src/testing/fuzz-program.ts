import fc from "fast-check";
import { type Addon, loadAddon } from "../addon.ts";
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from "../sockaddr.ts";

/**
 * Calls the addon's functions with arguments of any type, number and size: each call must give an integer or throw a
 * TypeError. Sockets stay open and polled meanwhile. As root, run it in a network namespace of its own with the loopback up.
 *
 * Usage: fuzz-program.ts <number of calls>
 */

const addon = loadAddon();
const names = Object.keys(addon) as (keyof Addon)[];
const open = new Set<number>();
/** After so many calls the sockets that receive are made anew. */
const ANEW_EACH = 250;
const MOST_OPEN = 40;
let receiver = -1;
let sender = -1;

const family = fc.constantFrom(AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 1);
const kind = fc.constantFrom(SOCK_STREAM, SOCK_DGRAM, SOCK_RAW);
const descriptor = fc.nat().map((n) => [...open][n % (open.size + 1)] ?? n);
/** Usually the socket that a datagram waits on. */
const receiving = fc.oneof({ weight: 3, arbitrary: fc.constant(0).map(() => receiver) }, descriptor);
const integer = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 300 }) },
  fc.integer(),
  fc.constantFrom(0x7fffffff, -0x80000000),
);
const bytes = fc.tuple(fc.nat(300), fc.nat(20)).map(([length, offset]) => {
  const buffer = new Uint8Array(length + offset).fill(127);
  return buffer.subarray(offset);
});
const address = fc.tuple(bytes, family).map(([array, value]) => {
  if (array.length > 1) array.set([value, 0]);
  return array;
});
const odd = fc.oneof(
  fc.anything(),
  fc.constantFrom(new Float64Array(4), new DataView(new ArrayBuffer(8)), new ArrayBuffer(8)),
  fc.constant(new Int32Array(3)),
  fc.constant(undefined).map(() => detached()),
  fc.nat(64).map((length) => new Uint8Array(new SharedArrayBuffer(length))),
);

/** Arguments that fit, each now and then replaced by one that does not. */
function sometimesOdd(...fitting: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown[]> {
  const each = fitting.map((arbitrary) => fc.oneof({ weight: 12, arbitrary }, odd));
  return fc
    .tuple(fc.tuple(...each), fc.nat(20))
    .map(([values, cut]) => (cut < 5 ? values.slice(0, cut) : values));
}

const callback = fc.constant((): void => {});
const info = fc.nat(5).map((length) => new Int32Array(length));
const ARGUMENTS: Readonly<Record<keyof Addon, fc.Arbitrary<unknown[]>>> = {
  socket: sometimesOdd(family, kind, fc.constant(0)),
  bind: sometimesOdd(descriptor, address),
  connect: sometimesOdd(descriptor, address),
  listen: sometimesOdd(descriptor, integer),
  setsockopt: sometimesOdd(descriptor, integer, integer, bytes),
  getsockopt: sometimesOdd(descriptor, integer, integer, bytes),
  attachFilter: sometimesOdd(descriptor, bytes),
  recv: sometimesOdd(receiving, bytes, address),
  recvmsg: sometimesOdd(receiving, bytes, bytes, bytes, info),
  send: sometimesOdd(descriptor, bytes, integer, address),
  close: sometimesOdd(descriptor),
  release: sometimesOdd(descriptor),
  poll: sometimesOdd(descriptor, fc.nat(17), callback),
  unpoll: sometimesOdd(descriptor),
};

const call = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), ARGUMENTS[name]));

let received = 0;
let provided = 0;
for (let left = Number(process.argv[2]); left > 0; left -= 1000) {
  fc.assert(
    fc.property(call, ([name, values]) => {
      if (name === "release") return; // its descriptors would leak
      if (name === "socket" && open.size >= MOST_OPEN) return;
      provideDatagram();
      const result = attempt(name, values);
      note(name, values, result);
      if (name === "recvmsg" && result !== undefined && result > 0) received++;
    }),
    { numRuns: Math.min(1000, left) },
  );
  await new Promise((resolve) => setImmediate(resolve));
}
if (received === 0) throw new Error("no datagram was received: the calls do not reach what they should");
process.exit(0);

/**
 * Sees to it that something waits to be received. Random calls may have closed these sockets or filled their buffers, which shows, or have
 * connected the receiver elsewhere or given it a filter, which does not: so they are also made anew from time to time.
 */
function provideDatagram(): void {
  const own = Uint8Array.of(AF_INET, 0, 0x9c, 0x41, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  provided++;
  if (provided % ANEW_EACH !== 0 && addon.send(sender, new Uint8Array(100), 100, own) === 100) return;
  addon.close(sender);
  addon.close(receiver);
  sender = addon.socket(AF_INET, SOCK_DGRAM, 0);
  receiver = addon.socket(AF_INET, SOCK_DGRAM, 0);
  addon.bind(receiver, own);
}

function attempt(name: keyof Addon, values: readonly unknown[]): number | undefined {
  try {
    const result: unknown = Reflect.apply(addon[name], addon, values);
    if (!Number.isInteger(result)) throw new Error(`${name} gave ${String(result)}`);
    return Number(result);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function note(name: keyof Addon, [fd]: readonly unknown[], result: number | undefined): void {
  if (name === "socket" && result !== undefined && result >= 0) open.add(result);
  if (name === "close" && result === 0) open.delete(Number(fd));
}

function detached(): Uint8Array {
  const array = new Uint8Array(16);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}
