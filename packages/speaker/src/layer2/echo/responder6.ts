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
import type { KernelAddresses } from "../kernel-addresses.ts";
import {
  CODE,
  DESTINATION_ADDRESS,
  HOP_LIMIT,
  ICMP,
  isChecksumRight,
  isIcmp6,
  PAYLOAD_LENGTH,
  SOURCE_ADDRESS,
} from "../ndp/packet.ts";
import type { EchoBudget } from "./budget.ts";
import type { EchoVerdict } from "./drop-reasons.ts";
import { ECHO_REQUEST, IDENTIFIER, SHORTEST_PAYLOAD, turnIntoReply } from "./packet6.ts";
import { RecentRequests } from "./recent-requests.ts";

/** What the responder looks addresses up in: the IPv6 part of an interface's table. */
export interface EchoTable6 {
  readonly macBytes: Uint8Array;
  readonly v6: {
    get(w0: number, w1: number, w2: number, w3: number): Pick<Announcement, "caretaking"> | undefined;
  };
  readonly silent: boolean;
}

export interface EchoResponder6Options {
  readonly table: EchoTable6;
  /** What the kernel has, it answers for by itself; kube-proxy's IPVS mode gives it all addresses. */
  readonly kernel: Pick<KernelAddresses, "has6">;
  readonly budget: EchoBudget;
  readonly nowMs: () => number;
}

/**
 * Judges each frame of one interface (RFC 4443 4.1, 4.2). A request for an address that is announced becomes its reply, to the
 * station that sent the frame. Fragments and packets with other extension headers are not looked into. Allocates nothing.
 */
export class EchoResponder6 {
  readonly #options: EchoResponder6Options;
  readonly #recent = new RecentRequests();
  /** Length of the last reply in bytes. */
  replyLength = 0;

  constructor(options: EchoResponder6Options) {
    this.#options = options;
  }

  /**
   * @param frame on "Answer" its first {@link replyLength} bytes are the answer
   * @param packetType `sll_pkttype` of the frame
   */
  judge(frame: Uint8Array, length: number, packetType: number): EchoVerdict {
    if (length < ICMP + SHORTEST_PAYLOAD) return "Short";
    const etherType = u16(frame, ETHER_TYPE);
    if (isVlan(etherType)) return "VlanTagged";
    if (etherType !== ETHER_TYPE_IPV6 || !isIcmp6(frame)) return "NotEcho";
    if (packetType === PACKET_OUTGOING) return "OwnFrame";
    const { table, kernel, budget, nowMs } = this.#options;
    if (packetType === PACKET_OTHER_HOST || !isMacAt(frame, DESTINATION, table.macBytes)) return "NotForUs";
    if (isMacAt(frame, SOURCE, table.macBytes)) return "OwnFrame";
    if (frame[ICMP] !== ECHO_REQUEST || frame[CODE] !== 0) return "NotEcho";
    const payload = u16(frame, PAYLOAD_LENGTH);
    if (payload < SHORTEST_PAYLOAD || ICMP + payload > length) return "BadLength";
    const w0 = word(frame, DESTINATION_ADDRESS);
    const w1 = word(frame, DESTINATION_ADDRESS + 4);
    const w2 = word(frame, DESTINATION_ADDRESS + 8);
    const w3 = word(frame, DESTINATION_ADDRESS + 12);
    const announcement = table.v6.get(w0, w1, w2, w3);
    if (announcement === undefined) return "NotAnnounced";
    if (announcement.caretaking) return "Caretaken";
    if (table.silent) return "Silent";
    if (kernel.has6(w0, w1, w2, w3)) return "KernelAnswers";
    if (!isStationAt(frame, SOURCE) || !isHostAt(frame, SOURCE_ADDRESS) || isToItself(frame))
      return "BadSource";
    if (!isChecksumRight(frame, payload)) return "BadChecksum";
    const now = nowMs();
    const source = folded(frame, SOURCE_ADDRESS);
    const destination = folded(frame, DESTINATION_ADDRESS);
    const number = word(frame, IDENTIFIER);
    if (this.#recent.isLooped(source, destination, number, frame[HOP_LIMIT] ?? 0, now)) return "Looped";
    if (!budget.take(now)) return "RateLimited";
    copyBytes(frame, SOURCE, frame, DESTINATION, 6);
    copyBytes(table.macBytes, 0, frame, SOURCE, 6);
    turnIntoReply(frame, payload);
    this.replyLength = ICMP + payload;
    return "Answer";
  }
}

/** Whether the IPv6 address can be that of one host: neither multicast, nor unspecified, nor loopback. */
function isHostAt(frame: Uint8Array, offset: number): boolean {
  if (frame[offset] === 0xff) return false;
  for (let i = 0; i < 15; i++) if (frame[offset + i] !== 0) return true;
  return (frame[offset + 15] ?? 0) > 1;
}

function isToItself(frame: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (frame[SOURCE_ADDRESS + i] !== frame[DESTINATION_ADDRESS + i]) return false;
  return true;
}

function folded(frame: Uint8Array, offset: number): number {
  let all = word(frame, offset);
  for (let i = 4; i < 16; i += 4) all = Math.imul(all, 0x9e3779b1) ^ word(frame, offset + i);
  return all;
}
