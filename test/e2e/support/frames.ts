import { addressFromBytes, addressToBytes, parseAddress } from "@fairlead/net/address.ts";
import { ByteReader, ByteWriter } from "@fairlead/net/bytes.ts";

/**
 * ARP and neighbor discovery as they are on the wire, written and read apart from the product's own codecs. MACs and
 * addresses are text.
 */

export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const NO_MAC = "00:00:00:00:00:00";
export const ALL_NODES = "ff02::1";
export const ALL_NODES_MAC = "33:33:00:00:00:01";
export const REQUEST = 1;
export const REPLY = 2;

/** An ARP frame for IPv4 over Ethernet (RFC 826). */
export interface ArpFrame {
  readonly destination: string;
  readonly source: string;
  readonly operation: number;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

/** A neighbor solicitation or advertisement over Ethernet (RFC 4861 4.3, 4.4). */
export interface NeighborFrame {
  readonly destination: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly hopLimit: number;
  /** 135: solicitation, 136: advertisement. */
  readonly type: number;
  readonly code: number;
  /** `R`, `S` and `O`, those that are set; "" in a solicitation. */
  readonly flags: string;
  readonly target: string;
  /** Options from their type on. */
  readonly options: readonly number[];
}

/** A neighbor frame that was read. */
export interface ReadNeighborFrame extends NeighborFrame {
  readonly checksumRight: boolean;
}

export const SOLICITATION = 135;
export const ADVERTISEMENT = 136;

export function macBytes(mac: string): readonly number[] {
  return mac.split(":").map((byte) => Number.parseInt(byte, 16));
}

/** The option that tells a link-layer address: type 1 in solicitations, 2 in advertisements. */
export function linkLayerOption(type: 1 | 2, mac: string): readonly number[] {
  return [type, 1, ...macBytes(mac)];
}

/** The solicited-node group of an IPv6 address (RFC 4291 2.7.1). */
export function solicitedNode(address: string): { readonly address: string; readonly mac: string } {
  const [high = 0, middle = 0, low = 0] = addressBytes(address).subarray(13);
  const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
  const group = addressFromBytes(
    Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, high, middle, low),
  );
  return { address: group.text, mac: `33:33:ff:${hex(high)}:${hex(middle)}:${hex(low)}` };
}

export function arpFrame(fields: ArpFrame): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(42));
  ethernet(writer, fields, 0x0806).u16(1).u16(0x0800).u8(6).u8(4).u16(fields.operation);
  writer.bytes(Uint8Array.from(macBytes(fields.senderMac))).bytes(addressBytes(fields.senderAddress));
  writer.bytes(Uint8Array.from(macBytes(fields.targetMac))).bytes(addressBytes(fields.targetAddress));
  return writer.written;
}

/** The fields of an ARP frame; undefined for any other. */
export function readArp(bytes: Uint8Array): ArpFrame | undefined {
  if (bytes.length < 42) return undefined;
  const reader = new ByteReader(bytes);
  const [destination, source] = [readMac(reader), readMac(reader)];
  if (reader.u16() !== 0x0806 || reader.u16() !== 1 || reader.u16() !== 0x0800 || reader.u16() !== 0x0604)
    return undefined;
  const operation = reader.u16();
  const [senderMac, senderAddress] = [readMac(reader), readAddress(reader, 4)];
  const [targetMac, targetAddress] = [readMac(reader), readAddress(reader, 4)];
  return { destination, source, operation, senderMac, senderAddress, targetMac, targetAddress };
}

/** A frame with its checksum. */
export function neighborFrame(fields: NeighborFrame): Uint8Array {
  const payload = 24 + fields.options.length;
  const writer = new ByteWriter(new Uint8Array(54 + payload));
  ethernet(writer, fields, 0x86dd).u32(0x60000000).u16(payload).u8(58).u8(fields.hopLimit);
  writer.bytes(addressBytes(fields.from)).bytes(addressBytes(fields.to));
  const flags = [...fields.flags].reduce((all, flag) => all | (FLAGS[flag] ?? 0), 0);
  writer.u8(fields.type).u8(fields.code).u16(0).u32(flags).bytes(addressBytes(fields.target));
  writer.bytes(Uint8Array.from(fields.options));
  const frame = writer.written;
  new DataView(frame.buffer).setUint16(CHECKSUM, ~sum(frame) & 0xffff);
  return frame;
}

/** The fields of a neighbor solicitation or advertisement; undefined for any other frame. */
export function readNeighbor(bytes: Uint8Array): ReadNeighborFrame | undefined {
  if (bytes.length < 78) return undefined;
  const reader = new ByteReader(bytes);
  const [destination, source] = [readMac(reader), readMac(reader)];
  if (reader.u16() !== 0x86dd) return undefined;
  reader.skip(4);
  const payload = reader.u16();
  const [nextHeader, hopLimit] = [reader.u8(), reader.u8()];
  const [from, to] = [readAddress(reader, 16), readAddress(reader, 16)];
  const [type, code] = [reader.u8(), reader.u8()];
  if (nextHeader !== 58 || (type !== SOLICITATION && type !== ADVERTISEMENT)) return undefined;
  reader.skip(2);
  const word = reader.u32();
  const flags = Object.keys(FLAGS).filter((flag) => (word & (FLAGS[flag] ?? 0)) !== 0);
  const target = readAddress(reader, 16);
  const options = [...reader.bytes(payload - 24)];
  const checksumRight = sum(bytes.subarray(0, 54 + payload)) === 0xffff;
  return {
    ...{ destination, source, from, to, hopLimit, type, code },
    ...{ flags: flags.join(""), target, options, checksumRight },
  };
}

/** A frame with other bytes at `offset`. */
export function changed(frame: Uint8Array, offset: number, ...bytes: readonly number[]): Uint8Array {
  const copy = frame.slice();
  copy.set(bytes, offset);
  return copy;
}

/** The frame within a VLAN (IEEE 802.1Q). */
export function tagged(frame: Uint8Array, vlan: number, etherType = 0x8100): Uint8Array {
  const tag = [etherType >> 8, etherType & 0xff, vlan >> 8, vlan & 0xff];
  return Uint8Array.of(...frame.subarray(0, 12), ...tag, ...frame.subarray(12));
}

/** Where the checksum of a neighbor frame is. */
export const CHECKSUM = 56;

/** `R`, `S` and `O` in the word behind the checksum. */
const FLAGS: Readonly<Record<string, number>> = { R: 0x80000000, S: 0x40000000, O: 0x20000000 };

function ethernet(
  writer: ByteWriter,
  { destination, source }: { readonly destination: string; readonly source: string },
  etherType: number,
): ByteWriter {
  writer.bytes(Uint8Array.from(macBytes(destination))).bytes(Uint8Array.from(macBytes(source)));
  return writer.u16(etherType);
}

/** RFC 8200 8.1: the ones' complement sum over pseudo-header and payload; 0xffff if the checksum is right. */
function sum(frame: Uint8Array): number {
  let total = frame.length - 54 + 58;
  for (let at = 22; at < frame.length; at += 2) total += ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function addressBytes(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return addressToBytes(parsed.value);
}

export function readAddress(reader: ByteReader, length: 4 | 16): string {
  return addressFromBytes(reader.bytes(length)).text;
}

export function readMac(reader: ByteReader): string {
  return [...reader.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
