import { word } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import {
  BROADCAST_MAC,
  copyBytes,
  DESTINATION,
  ETHER_TYPE,
  ETHER_TYPE_ARP,
  isMacAt,
  isStationAt,
  isVlan,
  PACKET_OTHER_HOST,
  PACKET_OUTGOING,
  SOURCE,
  u16,
} from "../ethernet.ts";
import {
  ARP_FRAME_BYTES,
  isArpHeader,
  OPERATION,
  REPLY,
  REQUEST,
  SENDER_ADDRESS,
  SENDER_MAC,
  TARGET_ADDRESS,
  TARGET_MAC,
  writeArp,
} from "./packet.ts";

/** Why a frame on an ARP socket was not answered. */
export const ARP_DROP_REASONS = [
  "Short",
  "VlanTagged",
  "NotArp",
  "NotForUs",
  "OwnFrame",
  "Malformed",
  "BadSender",
  "ForeignClaim",
  "NotRequest",
  "NotAnnounced",
] as const;
export type ArpDropReason = (typeof ARP_DROP_REASONS)[number];

/** "Answer": the answer is in {@link ArpResponder.reply}, until the next frame. */
export type ArpVerdict = "Answer" | ArpDropReason;

/** What the responder looks addresses up in: the `v4` part of an interface's table. */
export interface ArpTable {
  readonly macBytes: Uint8Array;
  readonly v4: { get(key: number): Announcement | undefined };
}

/**
 * Judges each frame of one interface (RFC 826, RFC 5227). Requests, unicast ones and probes are answered alike, to the
 * sender hardware address of the ARP packet; a claim by someone else to one of our addresses is never answered, so that two
 * stations cannot set each other off. Allocates nothing.
 */
export class ArpResponder {
  /** The answer to the last frame whose verdict was "Answer". */
  readonly reply: Uint8Array = new Uint8Array(ARP_FRAME_BYTES);
  readonly #table: ArpTable;

  constructor(table: ArpTable) {
    this.#table = table;
    const [mac, address] = [new Uint8Array(6), new Uint8Array(4)];
    writeArp(this.reply, {
      destination: mac,
      source: mac,
      operation: REPLY,
      senderMac: mac,
      senderAddress: address,
      targetMac: mac,
      targetAddress: address,
    });
  }

  /** @param packetType `sll_pkttype` of the frame */
  judge(frame: Uint8Array, length: number, packetType: number): ArpVerdict {
    if (length < ARP_FRAME_BYTES) return "Short";
    const etherType = u16(frame, ETHER_TYPE);
    if (etherType !== ETHER_TYPE_ARP) return isVlan(etherType) ? "VlanTagged" : "NotArp";
    if (packetType === PACKET_OUTGOING) return "OwnFrame";
    if (packetType === PACKET_OTHER_HOST) return "NotForUs";
    if (!isArpHeader(frame)) return "Malformed";
    const { macBytes, v4 } = this.#table;
    // Our own broadcasts come back through some bridges and access points.
    if (isMacAt(frame, SENDER_MAC, macBytes) || isMacAt(frame, SOURCE, macBytes)) return "OwnFrame";
    if (!isStationAt(frame, SENDER_MAC) || !isUnicastAt(frame, SENDER_ADDRESS)) return "BadSender";
    if (v4.get(word(frame, SENDER_ADDRESS)) !== undefined) return "ForeignClaim";
    if (u16(frame, OPERATION) !== REQUEST) return "NotRequest";
    if (!isMacAt(frame, DESTINATION, BROADCAST_MAC) && !isMacAt(frame, DESTINATION, macBytes))
      return "NotForUs";
    const announcement = v4.get(word(frame, TARGET_ADDRESS));
    if (announcement === undefined) return "NotAnnounced";
    this.#answer(frame, announcement.macBytes);
    return "Answer";
  }

  /** RFC 826: the reply swaps sender and target; our Ethernet source is the hardware address that we give out. */
  #answer(request: Uint8Array, mac: Uint8Array): void {
    const { reply } = this;
    copyBytes(request, SENDER_MAC, reply, DESTINATION, 6);
    copyBytes(mac, 0, reply, SOURCE, 6);
    copyBytes(mac, 0, reply, SENDER_MAC, 6);
    copyBytes(request, TARGET_ADDRESS, reply, SENDER_ADDRESS, 4);
    copyBytes(request, SENDER_MAC, reply, TARGET_MAC, 6);
    copyBytes(request, SENDER_ADDRESS, reply, TARGET_ADDRESS, 4);
  }
}

/** Whether the IPv4 address can be that of one host: no loopback, multicast, reserved or broadcast address. 0.0.0.0 is a probe's. */
function isUnicastAt(frame: Uint8Array, offset: number): boolean {
  const first = frame[offset] ?? 255;
  return first !== 127 && first < 224;
}
