/** That an address has a MAC, as somebody on the LAN says. */
export interface Claim {
  /** The address's bytes in hexadecimal. */
  readonly key: string;
  /** As text. */
  readonly mac: string;
  /** Told unasked, to all; else an answer to who asked. */
  readonly toAll: boolean;
}

const ETHERTYPE = 12;
const ARP = 0x0806;
const ARP_BYTES = 42;
const [REQUEST, REPLY] = [1, 2];
const [OPERATION, SENDER_MAC, SENDER, TARGET] = [20, 22, 28, 38];

const ICMPV6 = 58;
const ADVERTISEMENT = 136;
const ADVERTISEMENT_BYTES = 86;
const TARGET_MAC_OPTION = 2;
const [NEXT_HEADER, TYPE, TARGET6, OPTION, OPTION_MAC] = [20, 54, 62, 78, 80];

/** Reads ARP replies, gratuitous requests and neighbor advertisements; undefined for all else. @param frame from its Ethernet header on */
export function readClaim(frame: Uint8Array, length: number): Claim | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, length);
  // RFC 1042: the lowest bit of the first byte is set in what goes to many.
  const toAll = ((bytes[0] ?? 0) & 1) === 1;
  if (isArp(bytes)) {
    if (length < ARP_BYTES) return undefined;
    const key = bytes.toString("hex", SENDER, SENDER + 4);
    const isGratuitous = key === bytes.toString("hex", TARGET, TARGET + 4);
    if (bytes.readUInt16BE(OPERATION) === REQUEST && !isGratuitous) return undefined;
    return { key, mac: macAt(bytes, SENDER_MAC), toAll };
  }
  const tellsMac = length >= ADVERTISEMENT_BYTES && bytes[NEXT_HEADER] === ICMPV6;
  if (!tellsMac || bytes[TYPE] !== ADVERTISEMENT || bytes[OPTION] !== TARGET_MAC_OPTION) return undefined;
  return { key: bytes.toString("hex", TARGET6, TARGET6 + 16), mac: macAt(bytes, OPTION_MAC), toAll };
}

/** The {@link Claim.key} of the address that an ARP request or a neighbor solicitation asks for. */
export function keyOfQuestion(frame: Uint8Array): string {
  const bytes = Buffer.from(frame);
  return isArp(bytes)
    ? bytes.toString("hex", TARGET, TARGET + 4)
    : bytes.toString("hex", TARGET6, TARGET6 + 16);
}

/** The {@link Claim.key} of the address that a frame to a single station answers for; undefined if it is no answer. */
export function keyOfAnswer(frame: Uint8Array, length: number): string | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, length);
  if (((bytes[0] ?? 0) & 1) === 1) return undefined;
  if (isArp(bytes)) {
    const isReply = length >= ARP_BYTES && bytes.readUInt16BE(OPERATION) === REPLY;
    return isReply ? bytes.toString("hex", SENDER, SENDER + 4) : undefined;
  }
  // RFC 4861, 7.2.4: who was asked by unicast may leave its MAC out.
  const isAdvertisement = bytes[NEXT_HEADER] === ICMPV6 && bytes[TYPE] === ADVERTISEMENT;
  return isAdvertisement && length >= OPTION ? bytes.toString("hex", TARGET6, TARGET6 + 16) : undefined;
}

/** Whether an Ethernet frame carries ARP. */
export function isArp(frame: Uint8Array): boolean {
  return (((frame[ETHERTYPE] ?? 0) << 8) | (frame[ETHERTYPE + 1] ?? 0)) === ARP;
}

function macAt(bytes: Buffer, offset: number): string {
  return bytes.toString("hex", offset, offset + 6).replace(/..(?!$)/g, "$&:");
}
