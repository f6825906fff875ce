import { setTimeout as wait } from "node:timers/promises";
import { addressToBytes, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { BROADCAST, openArp, REPLY, senderAddress, senderMac } from "./arp-client.ts";

/**
 * Asks by ARP for addresses and prints one line of JSON: for each address the round-trip times in µs and the number of
 * requests that stayed unanswered for 1 s. Runs inside a client's network namespace:
 *
 *   arp-asker.ts INTERFACE COUNT GAP_MS unicast|broadcast ADDRESS...
 *
 * Addresses are asked for in turn, so that all of them see the same load of the machine.
 */

interface Series {
  readonly times: number[];
  lost: number;
}

const [, , interfaceName = "", count = "1000", gap = "1", form = "broadcast", ...targets] = process.argv;
const addresses = targets.map(addressFrom);

let answered: ((mac: Uint8Array) => void) | undefined;
let waitingFor = new Uint8Array(4);
const client = await openArp(interfaceName, (operation, frame) => {
  const from = senderAddress(frame);
  if (operation === REPLY && waitingFor.every((byte, i) => from[i] === byte)) answered?.(senderMac(frame));
});

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
client.close();
console.log(JSON.stringify(Object.fromEntries(series)));
process.exit(0);

async function ask(address: IpAddress, destination: Uint8Array): Promise<void> {
  const one = series.get(address.text);
  if (one === undefined) return;
  const target = addressToBytes(address);
  waitingFor = Uint8Array.from(target);
  const began = process.hrtime.bigint();
  const mac = await new Promise<Uint8Array | undefined>((done) => {
    const timer = setTimeout(() => done(undefined), 1000);
    answered = (from) => {
      clearTimeout(timer);
      done(from);
    };
    client.ask(target, destination);
  });
  const ended = process.hrtime.bigint();
  answered = undefined;
  if (mac === undefined) one.lost++;
  else {
    learned.set(address.text, mac);
    one.times.push(Number(ended - began) / 1000);
  }
}

function addressFrom(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
