import { accept, assemble } from "@fairlead/linux/bpf.ts";
import { InterfaceWatch } from "@fairlead/linux/interface-watch.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macToBytes } from "@fairlead/net/mac.ts";

/** An ARP client on an interface of this process's network namespace. */
export interface ArpClient {
  /** Sends one request for an address to one MAC or to {@link BROADCAST}. */
  ask(target: Uint8Array, destination: Uint8Array): void;
  close(): void;
}

/** Takes a frame of the operation; `frame` is valid only during the call: see {@link senderAddress} and {@link senderMac}. */
export type OnArp = (operation: number, frame: Uint8Array) => void;

export const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);
export const REPLY = 2;
const ETHERTYPE_ARP = 0x0806;

/** Opens a socket on the interface, which must have a MAC and an IPv4 address. */
export async function openArp(interfaceName: string, onArp: OnArp): Promise<ArpClient> {
  const { index, mac, address } = await interfaceNamed(interfaceName);
  const own = { mac: macToBytes(mac), address: addressToBytes(address) };
  const opened = PacketSocket.open({
    interfaceIndex: index,
    protocol: ETHERTYPE_ARP,
    filter: assemble([accept()]),
    onFrame: (frame, length) => {
      if (length >= 42 && frame[20] === 0) onArp(frame[21] ?? 0, frame);
    },
    onError(errno) {
      throw new Error(`the ARP socket failed with errno ${errno}`);
    },
  });
  if (!opened.ok) throw opened.error;
  const socket = opened.value;
  return {
    ask: (target, destination) => {
      socket.send(request(own, destination, target));
    },
    close: () => socket.close(),
  };
}

/** The four bytes of the address that an ARP frame is from. */
export function senderAddress(frame: Uint8Array): Uint8Array {
  return frame.subarray(28, 32);
}

/** A copy of the MAC that an ARP frame says its sender has. */
export function senderMac(frame: Uint8Array): Uint8Array {
  return frame.slice(22, 28);
}

interface Own {
  readonly mac: Uint8Array;
  readonly address: Uint8Array;
}

/** RFC 826: an Ethernet header, then hardware and protocol types, lengths, operation 1, sender and target. */
function request(own: Own, destination: Uint8Array, target: Uint8Array): Uint8Array {
  const frame = new Uint8Array(42);
  frame.set(destination, 0);
  frame.set(own.mac, 6);
  frame.set([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1], 12);
  frame.set(own.mac, 22);
  frame.set(own.address, 28);
  frame.set(target, 38);
  return frame;
}

interface UsableInterface {
  readonly index: number;
  readonly mac: Mac;
  readonly address: IpAddress;
}

function interfaceNamed(name: string): Promise<UsableInterface> {
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
