import type { IpAddress } from "@fairlead/net/address.ts";
import { macFromBytes } from "@fairlead/net/mac.ts";
import { word } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { MacSet } from "../../announcements/mac-set.ts";
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
import type { OnSeen } from "../seen.ts";
import { linkLayerOption, MALFORMED_OPTIONS, NO_OPTION } from "./options.ts";
import {
  ADVERTISEMENT,
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
  TARGET_LINK_LAYER,
  writeAdvertisement,
  writeChecksum,
} from "./packet.ts";

/** Why a frame on an NDP socket was not answered. */
export const NDP_DROP_REASONS = [
  "Short",
  "VlanTagged",
  "NotIcmp6",
  "NotNeighbor",
  "NotForUs",
  "OwnFrame",
  "BadLength",
  "NotAnnounced",
  "BadHopLimit",
  "BadCode",
  "BadFlags",
  "BadChecksum",
  "BadOption",
  "BadSource",
  "BadSender",
  "ForeignClaim",
  "Seen",
  "Silent",
  "FromSpeaker",
] as const;
export type NdpDropReason = (typeof NDP_DROP_REASONS)[number];

/** "Answer": the answer is in {@link NdpResponder.reply}, until the next frame. */
export type NdpVerdict = "Answer" | NdpDropReason;

/** What the responder looks addresses up in: the IPv6 part of an interface's table. */
export interface NdpTable {
  readonly macBytes: Uint8Array;
  readonly linkLocal: Uint8Array | undefined;
  readonly v6: { get(w0: number, w1: number, w2: number, w3: number): Announcement | undefined };
  readonly watched: {
    readonly v6: { get(w0: number, w1: number, w2: number, w3: number): IpAddress | undefined };
  };
  readonly speakers: Pick<MacSet, "hasAt">;
  readonly silent: boolean;
}

/**
 * Judges each frame of one interface (RFC 4861 7.1.1, 7.1.2, 7.2.3, 7.2.4; RFC 4862 5.4). Solicitations are answered whether
 * they come by multicast, by unicast (NUD) or as duplicate address detection. Who advertises an address that is announced or
 * watched is told to `onSeen`. Allocates nothing, but for what is told.
 */
export class NdpResponder {
  /** The answer to the last frame whose verdict was "Answer". */
  readonly reply: Uint8Array = new Uint8Array(ADVERTISEMENT_BYTES);
  readonly #table: NdpTable;
  readonly #onSeen: OnSeen;

  constructor(table: NdpTable, onSeen: OnSeen) {
    this.#table = table;
    this.#onSeen = onSeen;
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
    const type = frame[ICMP];
    if (type !== SOLICITATION && type !== ADVERTISEMENT) return "NotNeighbor";
    if (packetType === PACKET_OUTGOING) return "OwnFrame";
    if (packetType === PACKET_OTHER_HOST || !this.#isForUs(frame)) return "NotForUs";
    if (isMacAt(frame, SOURCE, this.#table.macBytes)) return "OwnFrame";
    const payload = u16(frame, PAYLOAD_LENGTH);
    if (payload < SHORTEST_PAYLOAD || ICMP + payload > length) return "BadLength";
    const { v6, watched } = this.#table;
    const w0 = word(frame, TARGET);
    const w1 = word(frame, TARGET + 4);
    const w2 = word(frame, TARGET + 8);
    const w3 = word(frame, TARGET + 12);
    const announcement = v6.get(w0, w1, w2, w3);
    const known =
      announcement?.address ?? (type === ADVERTISEMENT ? watched.v6.get(w0, w1, w2, w3) : undefined);
    // A multicast target is in neither.
    if (known === undefined) return "NotAnnounced";
    if (frame[HOP_LIMIT] !== 255) return "BadHopLimit";
    if (frame[CODE] !== 0) return "BadCode";
    if (!isChecksumRight(frame, payload)) return "BadChecksum";
    if (type === ADVERTISEMENT) return this.#judgeAdvertisement(frame, ICMP + payload, known, announcement);
    return announcement === undefined
      ? "NotAnnounced"
      : this.#judgeSolicitation(frame, ICMP + payload, announcement);
  }

  #judgeAdvertisement(
    frame: Uint8Array,
    end: number,
    address: IpAddress,
    announcement: Announcement | undefined,
  ): NdpVerdict {
    const solicited = ((frame[FLAGS] ?? 0) & SOLICITED) !== 0;
    if (solicited && frame[DESTINATION_ADDRESS] === 0xff) return "BadFlags";
    const option = linkLayerOption(frame, end, TARGET_LINK_LAYER);
    if (option === MALFORMED_OPTIONS) return "BadOption";
    if (isUnspecified(frame, SOURCE_ADDRESS) || frame[SOURCE_ADDRESS] === 0xff) return "BadSource";
    // An answer to a unicast solicitation may leave the option out, RFC 4861 4.4.
    const mac = option === NO_OPTION ? SOURCE : option;
    if (isMacAt(frame, mac, this.#table.macBytes)) return "OwnFrame";
    if (!isStationAt(frame, mac)) return "BadSender";
    this.#onSeen(address, macFromBytes(frame, mac), !solicited);
    if (announcement === undefined) return "Seen";
    // With the MAC that we give out while caretaking, the holder's speaker is back or another stand-in says the same.
    return announcement.caretaking && isMacAt(frame, mac, announcement.macBytes) ? "Seen" : "ForeignClaim";
  }

  #judgeSolicitation(frame: Uint8Array, end: number, announcement: Announcement): NdpVerdict {
    const option = linkLayerOption(frame, end, SOURCE_LINK_LAYER);
    if (option === MALFORMED_OPTIONS) return "BadOption";
    // A unicast solicitation may leave the option out, RFC 4861 4.3; the frame then says where the asker is.
    const mac = option === NO_OPTION ? SOURCE : option;
    const unspecified = isUnspecified(frame, SOURCE_ADDRESS);
    if (unspecified) {
      if (option !== NO_OPTION || !isSolicitedNode(frame, DESTINATION_ADDRESS)) return "BadSource";
    } else {
      if (frame[SOURCE_ADDRESS] === 0xff) return "BadSource";
      if (!isStationAt(frame, mac) || isMacAt(frame, mac, this.#table.macBytes)) return "BadSender";
    }
    if (this.#table.silent) return "Silent";
    // Another stand-in that asks would take us for the holder.
    if (announcement.caretaking && this.#table.speakers.hasAt(frame, mac)) return "FromSpeaker";
    this.#advertise(announcement, frame, unspecified ? 0 : mac);
    return "Answer";
  }

  /** @param macAt where in the solicitation the asker's MAC is; 0: asked from the unspecified address, answered to all */
  #advertise(announcement: Announcement, solicitation: Uint8Array, macAt: number): void {
    const { reply } = this;
    const { macBytes, linkLocal } = this.#table;
    const { caretaking } = announcement;
    const solicited = macAt > 0;
    copyBytes(solicited ? solicitation : ALL_NODES_MAC, macAt, reply, DESTINATION, 6);
    copyBytes(macBytes, 0, reply, SOURCE, 6);
    if (caretaking && linkLocal !== undefined) copyBytes(linkLocal, 0, reply, SOURCE_ADDRESS, 16);
    else copyBytes(solicitation, TARGET, reply, SOURCE_ADDRESS, 16);
    if (solicited) copyBytes(solicitation, SOURCE_ADDRESS, reply, DESTINATION_ADDRESS, 16);
    else copyBytes(ALL_NODES, 0, reply, DESTINATION_ADDRESS, 16);
    // As of a proxy, RFC 4861 7.2.8: an answer of the holder itself goes before it.
    reply[FLAGS] = (solicited ? SOLICITED : 0) | (caretaking ? 0 : OVERRIDE);
    copyBytes(solicitation, TARGET, reply, TARGET, 16);
    copyBytes(announcement.macBytes, 0, reply, OPTIONS + 2, 6);
    writeChecksum(reply, ADVERTISEMENT_BYTES - ICMP);
  }

  #isForUs(frame: Uint8Array): boolean {
    const multicast = frame[DESTINATION] === 0x33 && frame[DESTINATION + 1] === 0x33;
    return multicast || isMacAt(frame, DESTINATION, this.#table.macBytes);
  }
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
