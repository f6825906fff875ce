import { word } from "../../announcements/address-key.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import {
  copyBytes,
  DESTINATION,
  ETHER_TYPE,
  ETHER_TYPE_IPV4,
  ETHERNET_BYTES,
  isMacAt,
  isStationAt,
  isVlan,
  PACKET_OTHER_HOST,
  PACKET_OUTGOING,
  SOURCE,
  u16,
} from "../ethernet.ts";
import type { KernelAddresses } from "../kernel-addresses.ts";
import type { EchoBudget } from "./budget.ts";
import type { EchoVerdict } from "./drop-reasons.ts";
import {
  CODE,
  DESTINATION_ADDRESS,
  ECHO_REQUEST,
  FRAGMENT,
  ICMP,
  ICMP_PROTOCOL,
  IDENTIFIER,
  IS_FRAGMENT,
  isChecksumRight,
  isHeaderChecksumRight,
  PLAIN_HEADER,
  PROTOCOL,
  SHORTEST_BYTES,
  SOURCE_ADDRESS,
  TIME_TO_LIVE,
  TOTAL_LENGTH,
  turnIntoReply,
  VERSION_AND_LENGTH,
} from "./packet4.ts";
import { RecentRequests } from "./recent-requests.ts";

/** What the responder looks addresses up in: the IPv4 part of an interface's table. */
export interface EchoTable4 {
  readonly macBytes: Uint8Array;
  readonly v4: { get(key: number): Pick<Announcement, "caretaking"> | undefined };
  readonly silent: boolean;
}

export interface EchoResponder4Options {
  readonly table: EchoTable4;
  /** What the kernel has, it answers for by itself; kube-proxy's IPVS mode gives it all addresses. */
  readonly kernel: Pick<KernelAddresses, "has4">;
  readonly budget: EchoBudget;
  readonly nowMs: () => number;
}

/**
 * Judges each frame of one interface (RFC 792, RFC 1122 3.2.2.6). A request for an address that is announced becomes its reply, to
 * the station that sent the frame. Requests to everybody (RFC 1122 3.2.2.6 leaves it open), fragments and options are not answered.
 * Allocates nothing.
 */
export class EchoResponder4 {
  readonly #options: EchoResponder4Options;
  readonly #recent = new RecentRequests();
  #id = 0;
  /** Length of the last reply in bytes. */
  replyLength = 0;

  constructor(options: EchoResponder4Options) {
    this.#options = options;
  }

  /**
   * @param frame on "Answer" its first {@link replyLength} bytes are the answer
   * @param packetType `sll_pkttype` of the frame
   */
  judge(frame: Uint8Array, length: number, packetType: number): EchoVerdict {
    if (length < SHORTEST_BYTES) return "Short";
    const etherType = u16(frame, ETHER_TYPE);
    if (isVlan(etherType)) return "VlanTagged";
    if (etherType !== ETHER_TYPE_IPV4 || frame[PROTOCOL] !== ICMP_PROTOCOL) return "NotEcho";
    if (packetType === PACKET_OUTGOING) return "OwnFrame";
    const { table, kernel, budget, nowMs } = this.#options;
    if (packetType === PACKET_OTHER_HOST || !isMacAt(frame, DESTINATION, table.macBytes)) return "NotForUs";
    if (isMacAt(frame, SOURCE, table.macBytes)) return "OwnFrame";
    if (frame[VERSION_AND_LENGTH] !== PLAIN_HEADER)
      return (frame[VERSION_AND_LENGTH] ?? 0) >>> 4 === 4 ? "Options" : "NotEcho";
    const end = ETHERNET_BYTES + u16(frame, TOTAL_LENGTH);
    if (end < SHORTEST_BYTES || end > length) return "BadLength";
    const key = word(frame, DESTINATION_ADDRESS);
    const announcement = table.v4.get(key);
    if (announcement === undefined) return "NotAnnounced";
    if ((u16(frame, FRAGMENT) & IS_FRAGMENT) !== 0) return "Fragment";
    if (frame[ICMP] !== ECHO_REQUEST || frame[CODE] !== 0) return "NotEcho";
    // Frames for it go to its holder, whose kernel has not died.
    if (announcement.caretaking) return "Caretaken";
    if (table.silent) return "Silent";
    if (kernel.has4(key)) return "KernelAnswers";
    const source = word(frame, SOURCE_ADDRESS);
    if (!isStationAt(frame, SOURCE) || !isHostAt(frame, SOURCE_ADDRESS) || source === key) return "BadSource";
    if (!isHeaderChecksumRight(frame) || !isChecksumRight(frame, end)) return "BadChecksum";
    const now = nowMs();
    const number = word(frame, IDENTIFIER);
    if (this.#recent.isLooped(source, key, number, frame[TIME_TO_LIVE] ?? 0, now)) return "Looped";
    if (!budget.take(now)) return "RateLimited";
    this.#answer(frame, end);
    return "Answer";
  }

  #answer(frame: Uint8Array, end: number): void {
    this.#id = (this.#id + 1) & 0xffff;
    copyBytes(frame, SOURCE, frame, DESTINATION, 6);
    copyBytes(this.#options.table.macBytes, 0, frame, SOURCE, 6);
    turnIntoReply(frame, end, this.#id);
    this.replyLength = end;
  }
}

/** Whether the IPv4 address can be that of one host: not of "this network", loopback, multicast, reserved or broadcast. */
function isHostAt(frame: Uint8Array, offset: number): boolean {
  const first = frame[offset] ?? 0;
  return first !== 0 && first !== 127 && first < 224;
}
