import { word } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import {
  copyBytes,
  DESTINATION,
  ETHER_TYPE,
  ETHER_TYPE_IPV6,
  isMacAt,
  isStationAt,
  isVlan,
  PACKET_OTHER_HOST,
  PACKET_OUTGOING,
  SOURCE,
  u16,
} from "../ethernet.ts";
import {
  ADVERTISEMENT_BYTES,
  ALL_NODES,
  ALL_NODES_MAC,
  CODE,
  DESTINATION_ADDRESS,
  FLAGS,
  HOP_LIMIT,
  ICMP,
  isChecksumRight,
  isIcmp6,
  OPTIONS,
  OVERRIDE,
  PAYLOAD_LENGTH,
  SHORTEST_PAYLOAD,
  SOLICITATION,
  SOLICITED,
  SOURCE_ADDRESS,
  SOURCE_LINK_LAYER,
  TARGET,
  writeAdvertisement,
  writeChecksum,
} from "./packet.ts";

/** Why a frame on an NDP socket was not answered. */
export const NDP_DROP_REASONS = [
  "Short",
  "VlanTagged",
  "NotIcmp6",
  "NotForUs",
  "OwnFrame",
  "BadLength",
  "NotAnnounced",
  "BadHopLimit",
  "BadCode",
  "BadChecksum",
  "BadOption",
  "BadSource",
  "BadSender",
  "ForeignClaim",
] as const;
export type NdpDropReason = (typeof NDP_DROP_REASONS)[number];

/** "Answer": the answer is in {@link NdpResponder.reply}, until the next frame. */
export type NdpVerdict = "Answer" | NdpDropReason;

/** What the responder looks addresses up in: the `v6` part of an interface's table. */
export interface NdpTable {
  readonly macBytes: Uint8Array;
  readonly v6: { get(w0: number, w1: number, w2: number, w3: number): Announcement | undefined };
}

const NO_OPTION = 0;
const MALFORMED_OPTIONS = -1;

/**
 * Judges each frame of one interface (RFC 4861 7.1.1, 7.2.3, 7.2.4; RFC 4862 5.4). Solicitations are answered whether they
 * come by multicast, by unicast (NUD) or as duplicate address detection. Allocates nothing.
 */
export class NdpResponder {
  /** The answer to the last frame whose verdict was "Answer". */
  readonly reply: Uint8Array = new Uint8Array(ADVERTISEMENT_BYTES);
  readonly #table: NdpTable;

  constructor(table: NdpTable) {
    this.#table = table;
    const [mac, address] = [new Uint8Array(6), new Uint8Array(16)];
    writeAdvertisement(this.reply, {
      destination: mac,
      source: mac,
      sourceAddress: address,
      destinationAddress: address,
      flags: OVERRIDE,
      target: address,
      targetMac: mac,
    });
  }

  /** @param packetType `sll_pkttype` of the frame */
  judge(frame: Uint8Array, length: number, packetType: number): NdpVerdict {
    if (length < ICMP + SHORTEST_PAYLOAD) return "Short";
    const etherType = u16(frame, ETHER_TYPE);
    if (isVlan(etherType)) return "VlanTagged";
    if (etherType !== ETHER_TYPE_IPV6 || !isIcmp6(frame)) return "NotIcmp6";
    if (packetType === PACKET_OUTGOING) return "OwnFrame";
    const { macBytes, v6 } = this.#table;
    if (packetType === PACKET_OTHER_HOST || !this.#isForUs(frame)) return "NotForUs";
    if (isMacAt(frame, SOURCE, macBytes)) return "OwnFrame";
    const payload = u16(frame, PAYLOAD_LENGTH);
    if (payload < SHORTEST_PAYLOAD || ICMP + payload > length) return "BadLength";
    const announcement = v6.get(
      word(frame, TARGET),
      word(frame, TARGET + 4),
      word(frame, TARGET + 8),
      word(frame, TARGET + 12),
    );
    // A multicast target is never in the table.
    if (announcement === undefined) return "NotAnnounced";
    if (frame[HOP_LIMIT] !== 255) return "BadHopLimit";
    if (frame[CODE] !== 0) return "BadCode";
    if (!isChecksumRight(frame, payload)) return "BadChecksum";
    if (frame[ICMP] !== SOLICITATION) return "ForeignClaim";
    return this.#judgeSolicitation(frame, ICMP + payload, announcement);
  }

  #judgeSolicitation(frame: Uint8Array, end: number, announcement: Announcement): NdpVerdict {
    const option = sourceLinkLayer(frame, end);
    if (option === MALFORMED_OPTIONS) return "BadOption";
    if (isUnspecified(frame, SOURCE_ADDRESS)) {
      if (option !== NO_OPTION || !isSolicitedNode(frame, DESTINATION_ADDRESS)) return "BadSource";
      this.#advertise(announcement, frame, 0);
      return "Answer";
    }
    if (frame[SOURCE_ADDRESS] === 0xff) return "BadSource";
    // A unicast solicitation may leave the option out, RFC 4861 4.3; the frame then says where the asker is.
    const mac = option === NO_OPTION ? SOURCE : option;
    if (!isStationAt(frame, mac) || isMacAt(frame, mac, this.#table.macBytes)) return "BadSender";
    this.#advertise(announcement, frame, mac);
    return "Answer";
  }

  /** @param macAt where in the solicitation the asker's MAC is; 0: asked from the unspecified address, answered to all */
  #advertise(announcement: Announcement, solicitation: Uint8Array, macAt: number): void {
    const { reply } = this;
    const { macBytes } = announcement;
    const solicited = macAt > 0;
    copyBytes(solicited ? solicitation : ALL_NODES_MAC, macAt, reply, DESTINATION, 6);
    copyBytes(macBytes, 0, reply, SOURCE, 6);
    copyBytes(solicitation, TARGET, reply, SOURCE_ADDRESS, 16);
    if (solicited) copyBytes(solicitation, SOURCE_ADDRESS, reply, DESTINATION_ADDRESS, 16);
    else copyBytes(ALL_NODES, 0, reply, DESTINATION_ADDRESS, 16);
    reply[FLAGS] = solicited ? SOLICITED | OVERRIDE : OVERRIDE;
    copyBytes(solicitation, TARGET, reply, TARGET, 16);
    copyBytes(macBytes, 0, reply, OPTIONS + 2, 6);
    writeChecksum(reply, ADVERTISEMENT_BYTES - ICMP);
  }

  #isForUs(frame: Uint8Array): boolean {
    const multicast = frame[DESTINATION] === 0x33 && frame[DESTINATION + 1] === 0x33;
    return multicast || isMacAt(frame, DESTINATION, this.#table.macBytes);
  }
}

/** Where the MAC of the source link-layer address option is, {@link NO_OPTION} or {@link MALFORMED_OPTIONS}. */
function sourceLinkLayer(frame: Uint8Array, end: number): number {
  let found = NO_OPTION;
  let at = OPTIONS;
  while (at < end) {
    // RFC 4861 4.6: the length counts 8 bytes, zero makes the packet invalid.
    const bytes = (frame[at + 1] ?? 0) * 8;
    if (at + 2 > end || bytes === 0 || at + bytes > end) return MALFORMED_OPTIONS;
    if (frame[at] === SOURCE_LINK_LAYER && found === NO_OPTION) {
      if (bytes !== 8) return MALFORMED_OPTIONS;
      found = at + 2;
    }
    at += bytes;
  }
  return found;
}

function isUnspecified(frame: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 16; i++) if (frame[offset + i] !== 0) return false;
  return true;
}

/** ff02::1:ff00:0/104 */
function isSolicitedNode(frame: Uint8Array, offset: number): boolean {
  return (
    word(frame, offset) === (0xff020000 | 0) &&
    word(frame, offset + 4) === 0 &&
    word(frame, offset + 8) === 1 &&
    frame[offset + 12] === 0xff
  );
}
