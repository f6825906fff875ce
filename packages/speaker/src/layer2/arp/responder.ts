import type { IpAddress } from "@fairlead/net/address.ts";
import { macFromBytes } from "@fairlead/net/mac.ts";
import { word } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { MacSet } from "../../announcements/mac-set.ts";
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
import type { OnSeen } from "../seen.ts";
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
  "Seen",
  "NotRequest",
  "NotAnnounced",
  "Silent",
  "FromSpeaker",
] as const;
export type ArpDropReason = (typeof ARP_DROP_REASONS)[number];

/** "Answer": the answer is in {@link ArpResponder.reply}, until the next frame. */
export type ArpVerdict = "Answer" | ArpDropReason;

/** What the responder looks addresses up in: the IPv4 part of an interface's table. */
export interface ArpTable {
  readonly macBytes: Uint8Array;
  readonly v4: { get(key: number): Announcement | undefined };
  readonly watched: { readonly v4: { get(key: number): IpAddress | undefined } };
  readonly speakers: Pick<MacSet, "hasAt">;
  readonly silent: boolean;
}

/**
 * Judges each frame of one interface (RFC 826, RFC 5227). Requests, unicast ones and probes are answered alike, to the
 * sender hardware address of the ARP packet; a claim by someone else to one of our addresses is never answered, so that two
 * stations cannot set each other off. Who has an address that is announced or watched is told to `onSeen`, before the frame
 * is answered, since what is answered for may change by it. Allocates nothing, but for what is told.
 */
export class ArpResponder {
  /** The answer to the last frame whose verdict was "Answer". */
  readonly reply: Uint8Array = new Uint8Array(ARP_FRAME_BYTES);
  readonly #table: ArpTable;
  readonly #onSeen: OnSeen;

  constructor(table: ArpTable, onSeen: OnSeen) {
    this.#table = table;
    this.#onSeen = onSeen;
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
    const { macBytes, v4, watched } = this.#table;
    // Our own broadcasts come back through some bridges and access points.
    if (isMacAt(frame, SENDER_MAC, macBytes) || isMacAt(frame, SOURCE, macBytes)) return "OwnFrame";
    if (!isStationAt(frame, SENDER_MAC) || !isUnicastAt(frame, SENDER_ADDRESS)) return "BadSender";
    const sender = word(frame, SENDER_ADDRESS);
    const claimed = v4.get(sender);
    const known = claimed?.address ?? watched.v4.get(sender);
    const operation = u16(frame, OPERATION);
    if (known !== undefined && (operation === REQUEST || operation === REPLY))
      this.#onSeen(known, macFromBytes(frame, SENDER_MAC), this.#isGratuitous(frame));
    if (claimed !== undefined) return isItsHolder(frame, claimed) ? "Seen" : "ForeignClaim";
    if (operation !== REQUEST) return known !== undefined && operation === REPLY ? "Seen" : "NotRequest";
    return this.#judgeRequest(frame, known !== undefined);
  }

  /** @param known the sender's address is watched */
  #judgeRequest(frame: Uint8Array, known: boolean): ArpVerdict {
    const { macBytes, v4, silent, speakers } = this.#table;
    if (!isMacAt(frame, DESTINATION, BROADCAST_MAC) && !isMacAt(frame, DESTINATION, macBytes))
      return "NotForUs";
    const target = word(frame, TARGET_ADDRESS);
    const announcement = v4.get(target);
    if (announcement === undefined)
      return known && target === word(frame, SENDER_ADDRESS) ? "Seen" : "NotAnnounced";
    if (silent) return "Silent";
    // Another stand-in that asks would take us for the holder.
    if (announcement.caretaking && speakers.hasAt(frame, SENDER_MAC)) return "FromSpeaker";
    this.#answer(frame, announcement.macBytes);
    return "Answer";
  }

  /** RFC 826: the reply swaps sender and target. The frame's source is the own MAC, lest switches look for another node here. */
  #answer(request: Uint8Array, mac: Uint8Array): void {
    const { reply } = this;
    copyBytes(request, SENDER_MAC, reply, DESTINATION, 6);
    copyBytes(this.#table.macBytes, 0, reply, SOURCE, 6);
    copyBytes(mac, 0, reply, SENDER_MAC, 6);
    copyBytes(request, TARGET_ADDRESS, reply, SENDER_ADDRESS, 4);
    copyBytes(request, SENDER_MAC, reply, TARGET_MAC, 6);
    copyBytes(request, SENDER_ADDRESS, reply, TARGET_ADDRESS, 4);
  }

  /** Both protocol addresses are the same, RFC 5227 3; a reply to us alone answers something. */
  #isGratuitous(frame: Uint8Array): boolean {
    if (word(frame, SENDER_ADDRESS) !== word(frame, TARGET_ADDRESS)) return false;
    return u16(frame, OPERATION) === REQUEST || !isMacAt(frame, DESTINATION, this.#table.macBytes);
  }
}

/** Whether the frame comes from the node that the address is caretaken for: its speaker is back. */
function isItsHolder(frame: Uint8Array, { caretaking, macBytes }: Announcement): boolean {
  return caretaking && isMacAt(frame, SENDER_MAC, macBytes);
}

/** Whether the IPv4 address can be that of one host: no loopback, multicast, reserved or broadcast address. 0.0.0.0 is a probe's. */
function isUnicastAt(frame: Uint8Array, offset: number): boolean {
  const first = frame[offset] ?? 255;
  return first !== 127 && first < 224;
}
