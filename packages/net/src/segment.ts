import { bitsOf } from "./address.ts";
import { type IpPrefix, prefixContains } from "./prefix.ts";

/**
 * Whether two interfaces of different nodes are taken to be on one segment (one Ethernet broadcast domain), by the prefixes
 * that they carry: one of the one contains, or equals, one of the other. Link-local prefixes say nothing, and neither do
 * prefixes of a single address. Two interfaces without any other prefix are taken to be on different segments.
 */
export function shareSegment(a: readonly IpPrefix[], b: readonly IpPrefix[]): boolean {
  const theirs = b.filter(isTelling);
  return a.filter(isTelling).some((one) => theirs.some((other) => overlap(one, other)));
}

function isTelling(prefix: IpPrefix): boolean {
  const { network, length } = prefix;
  return length > 0 && length < bitsOf(network.family) && !isLinkLocal(prefix);
}

/** fe80::/10, RFC 4291 2.5.6; 169.254.0.0/16, RFC 3927. */
function isLinkLocal({ network }: IpPrefix): boolean {
  return network.family === "IPv6" ? network.value >> 118n === 0x3fan : network.value >> 16n === 0xa9fen;
}

function overlap(a: IpPrefix, b: IpPrefix): boolean {
  return a.length <= b.length ? prefixContains(a, b.network) : prefixContains(b, a.network);
}
