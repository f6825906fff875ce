import type { TakeoverKey } from "@fairlead/api/takeover-keys.ts";
import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { type Mac, macToBytes, parseMac } from "@fairlead/net/mac.ts";
import type { Announcement } from "../announcements/announcement.ts";
import type { PresentAddress, PresentInterface } from "../announcements/present-interface.ts";
import type { PlacedAddress } from "../announcements/snapshot.ts";

/** The address of a text. @throws Error if it is none */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The MAC of a text. @throws Error if it is none */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The bytes of hexadecimal text; blanks and line ends are for people. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s+/g, ""), "hex"));
}

/** An Ethernet interface that can be used, with these addresses (`192.0.2.1/24`). */
export function eth(
  name: string,
  index: number,
  addresses: readonly string[],
  other: Partial<PresentInterface> = {},
): PresentInterface {
  return {
    index,
    name,
    mac: mac(`02:00:00:00:00:${index.toString(16).padStart(2, "0")}`),
    carrier: true,
    loopback: false,
    noArp: false,
    master: undefined,
    addresses: addresses.map((text): PresentAddress => {
      const [host = "", length = ""] = text.split("/");
      return { address: address(host), prefixLength: Number(length) };
    }),
    gateways: [],
    ...other,
  };
}

/** An address placed on `worker-1`. */
export function placed(text: string, other: Partial<Omit<PlacedAddress, "address">> = {}): PlacedAddress {
  return {
    address: address(text),
    epoch: 1,
    nodes: ["worker-1"],
    interfaces: undefined,
    first: true,
    ...other,
  };
}

/** An announcement on an interface called `eth0`. */
export function announcement(
  text: string,
  other: { index?: number; mac?: string; caretaking?: boolean } = {},
): Announcement {
  const given = mac(other.mac ?? "02:00:00:00:00:02");
  return {
    address: address(text),
    interfaceIndex: other.index ?? 2,
    interfaceName: "eth0",
    mac: given,
    macBytes: macToBytes(given),
    caretaking: other.caretaking ?? false,
  };
}

/** A key of the speakers whose 32 bytes are all the same. */
export function key(id: number, byte = id): TakeoverKey {
  return { id, bytes: new Uint8Array(32).fill(byte) };
}
