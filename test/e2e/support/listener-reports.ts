import { ByteReader } from "@fairlead/net/bytes.ts";
import { readAddress, readMac } from "./frames.ts";

/** A report of a multicast listener (MLDv2, RFC 3810 5.2) over Ethernet. */
export interface ListenerReport {
  /** The Ethernet source. */
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly hopLimit: number;
  /** The groups that it listens to, whoever sends to them. */
  readonly joined: readonly string[];
}

const ICMP6 = 58;
const REPORT = 143;
/** Option 5 of 2 bytes, which are 0 for MLD: RFC 2711 2.1. */
const ROUTER_ALERT = 0x05020000;
/** MODE_IS_EXCLUDE and CHANGE_TO_EXCLUDE_MODE: RFC 3810 5.2.12. */
const EXCLUDING = [2, 4];

/**
 * The fields of a report; undefined for any other frame, and for one without the router alert that makes routers and switches look at it (RFC 3810 5):
 *
 *      0 Ethernet   14 IPv6   54 hop-by-hop header: next(1) length(1) router alert(4) padding(2)
 *     62 type(1) code(1) checksum(2) reserved(2) records(2)   70 records
 *     a record: type(1) auxiliary words(1) sources(2) group(16), then 16 bytes a source and 4 a word
 */
export function readListenerReport(frame: Uint8Array): ListenerReport | undefined {
  if (frame.length < 70) return undefined;
  const reader = new ByteReader(frame);
  reader.skip(6);
  const source = readMac(reader);
  if (reader.u16() !== 0x86dd) return undefined;
  reader.skip(4);
  const payload = reader.u16();
  const [nextHeader, hopLimit] = [reader.u8(), reader.u8()];
  const [from, to] = [readAddress(reader, 16), readAddress(reader, 16)];
  if (nextHeader !== 0 || payload < 16 || payload > reader.left) return undefined;
  const body = new ByteReader(reader.bytes(payload));
  if (body.u8() !== ICMP6 || body.u8() !== 0 || body.u32() !== ROUTER_ALERT) return undefined;
  body.skip(2);
  if (body.u8() !== REPORT) return undefined;
  body.skip(5);
  const joined: string[] = [];
  for (let left = body.u16(); left > 0; left--) {
    if (body.left < 20) return undefined;
    const [type, words, sources] = [body.u8(), body.u8(), body.u16()];
    const group = readAddress(body, 16);
    const rest = 16 * sources + 4 * words;
    if (body.left < rest) return undefined;
    body.skip(rest);
    if (EXCLUDING.includes(type)) joined.push(group);
  }
  return { source, from, to, hopLimit, joined };
}
