import { setTimeout as wait } from "node:timers/promises";
import { accept, assemble } from "@fairlead/linux/bpf.ts";
import { InterfaceWatch, type NetInterface } from "@fairlead/linux/interface-watch.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { addressToBytes, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { macToBytes } from "@fairlead/net/mac.ts";

/**
 * Asks by ARP for addresses and prints one line of JSON: for each address the round-trip times in µs and the number of
 * requests that stayed unanswered for 1 s. Runs inside a client's network namespace:
 *
 *   arp-asker.ts INTERFACE COUNT GAP_MS unicast|broadcast ADDRESS...
 *
 * Addresses are asked for in turn, so that all of them see the same load of the machine.
 */

const ETHERTYPE_ARP = 0x0806;
const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);

interface Series {
  readonly times: number[];
  lost: number;
}

const [, , interfaceName = "", count = "1000", gap = "1", form = "broadcast", ...targets] = process.argv;
const addresses = targets.map(addressFrom);
const nic = await interfaceNamed(interfaceName);
const ownMac = macToBytes(nic.mac);
const ownAddress = addressToBytes(nic.address);

let answered: ((mac: Uint8Array) => void) | undefined;
let waitingFor = new Uint8Array(4);
const socket = PacketSocket.open({
  interfaceIndex: nic.index,
  protocol: ETHERTYPE_ARP,
  filter: assemble([accept()]),
  onFrame(frame) {
    const reply = frame[20] === 0 && frame[21] === 2;
    if (reply && waitingFor.every((byte, i) => frame[28 + i] === byte)) answered?.(frame.slice(22, 28));
  },
  onError(errno) {
    throw new Error(`the ARP socket failed with errno ${errno}`);
  },
});
if (!socket.ok) throw socket.error;

const learned = new Map<string, Uint8Array>();
const series = new Map<string, Series>(addresses.map(({ text }) => [text, { times: [], lost: 0 }]));
for (const address of addresses) await ask(address, BROADCAST);
for (const one of series.values()) Object.assign(one, { times: [], lost: 0 });
for (let i = 0; i < Number(count); i++) {
  for (const address of addresses) {
    await ask(address, form === "unicast" ? (learned.get(address.text) ?? BROADCAST) : BROADCAST);
    if (Number(gap) > 0) await wait(Number(gap));
  }
}
socket.value.close();
console.log(JSON.stringify(Object.fromEntries(series)));
process.exit(0);

async function ask(address: IpAddress, destination: Uint8Array): Promise<void> {
  const one = series.get(address.text);
  if (one === undefined || socket.ok === false) return;
  const target = addressToBytes(address);
  const frame = request(destination, target);
  waitingFor = Uint8Array.from(target);
  const began = process.hrtime.bigint();
  const mac = await new Promise<Uint8Array | undefined>((done) => {
    const timer = setTimeout(() => done(undefined), 1000);
    answered = (from) => {
      clearTimeout(timer);
      done(from);
    };
    if (socket.ok) socket.value.send(frame);
  });
  const ended = process.hrtime.bigint();
  answered = undefined;
  if (mac === undefined) one.lost++;
  else {
    learned.set(address.text, mac);
    one.times.push(Number(ended - began) / 1000);
  }
}

/** RFC 826: an Ethernet header, then hardware and protocol types, lengths, operation 1, sender and target. */
function request(destination: Uint8Array, target: Uint8Array): Uint8Array {
  const frame = new Uint8Array(42);
  frame.set(destination, 0);
  frame.set(ownMac, 6);
  frame.set([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1], 12);
  frame.set(ownMac, 22);
  frame.set(ownAddress, 28);
  frame.set(target, 38);
  return frame;
}

function addressFrom(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function interfaceNamed(
  name: string,
): Promise<{ index: number; mac: NonNullable<NetInterface["mac"]>; address: IpAddress }> {
  return new Promise((resolve, reject) => {
    const watch = new InterfaceWatch({
      onChange(interfaces) {
        const found = interfaces.find((one) => one.name === name);
        const v4 = found?.addresses.find(({ address }) => address.family === "IPv4");
        watch.stop();
        if (found?.mac === undefined || v4 === undefined)
          reject(new Error(`no usable interface ${name} here`));
        else resolve({ index: found.index, mac: found.mac, address: v4.address });
      },
      onError: reject,
    });
    watch.start();
  });
}
