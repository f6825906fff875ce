import { TAKEOVER_COUNTS, type TakeoverCount } from "../failover/counts.ts";
import type { Duration } from "../failover/measures.ts";
import { ARP_DROP_REASONS, type ArpDropReason } from "../layer2/arp/responder.ts";
import { ECHO_DROP_REASONS, type EchoDropReason } from "../layer2/echo/drop-reasons.ts";
import { type FrameCount, SharedFrameCounts } from "../layer2/interfaces/frame-counts.ts";
import { NDP_DROP_REASONS, type NdpDropReason } from "../layer2/ndp/responder.ts";
import { HISTOGRAM_NUMBERS, SharedHistogram } from "./shared-histogram.ts";

const OTHER = ["Answer", "Gratuitous", "Probe", "SendFailed"] as const;
/** Names of the counts of ARP frames, in the order of their slots. */
export const ARP_COUNTS: readonly FrameCount<ArpDropReason>[] = [...OTHER, ...ARP_DROP_REASONS];
/** Names of the counts of NDP frames, in the order of their slots. */
export const NDP_COUNTS: readonly FrameCount<NdpDropReason>[] = [...OTHER, ...NDP_DROP_REASONS];
/** Names of the counts of echo requests, in the order of their slots; of either family. */
export const ECHO_COUNTS: readonly FrameCount<EchoDropReason>[] = [
  "Answer",
  "SendFailed",
  ...ECHO_DROP_REASONS,
];

const GAUGES = ["kernelDrops", "latenessMs", "stalls", "watchFailedAt", "doubts", "caretakings"] as const;
/**
 * `kernelDrops`: frames that a socket had no room for; `latenessMs`: the greatest lateness of the wire thread since it was
 * last read; `stalls`: how often that thread was late by more than its bound; `watchFailedAt`: when the interface watch last
 * failed, in ms of the wall clock, 0 if it never did; `doubts`, `caretakings`: see Measurement.
 */
export type WireGauge = (typeof GAUGES)[number];

const BYTES = 8;
const ARP_AT = GAUGES.length;
const NDP_AT = ARP_AT + ARP_COUNTS.length;
const ICMP_AT = NDP_AT + NDP_COUNTS.length;
const ICMP6_AT = ICMP_AT + ECHO_COUNTS.length;
const TAKEOVER_AT = ICMP6_AT + ECHO_COUNTS.length;
const DURATIONS: readonly Duration[] = ["detectedNode", "detectedSpeaker", "takenOver", "overlap"];
const DURATIONS_AT = TAKEOVER_AT + TAKEOVER_COUNTS.length;
const END = DURATIONS_AT + DURATIONS.length * HISTOGRAM_NUMBERS;

/** Whose frames are counted. */
export type FrameProtocol = "arp" | "ndp" | "icmp" | "icmp6";
const FRAMES: readonly (readonly [FrameProtocol, number, readonly string[]])[] = [
  ["arp", ARP_AT, ARP_COUNTS],
  ["ndp", NDP_AT, NDP_COUNTS],
  ["icmp", ICMP_AT, ECHO_COUNTS],
  ["icmp6", ICMP6_AT, ECHO_COUNTS],
];

/**
 * The numbers that the wire thread keeps and the control thread shows. They lie in shared memory, so that neither thread
 * waits for the other; each slot has one writer.
 */
export class WireCounts {
  readonly #numbers: Float64Array;

  /** @param memory made by {@link WireCounts.memory} */
  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(END * BYTES);
  }

  /** The writer of the counts of ARP frames. */
  arp(): SharedFrameCounts<ArpDropReason> {
    return new SharedFrameCounts(ARP_COUNTS, this.#numbers.subarray(ARP_AT, NDP_AT));
  }

  /** The writer of the counts of NDP frames. */
  ndp(): SharedFrameCounts<NdpDropReason> {
    return new SharedFrameCounts(NDP_COUNTS, this.#numbers.subarray(NDP_AT, ICMP_AT));
  }

  /** The writer of the counts of ICMP echo requests. */
  icmp(): SharedFrameCounts<EchoDropReason> {
    return new SharedFrameCounts(ECHO_COUNTS, this.#numbers.subarray(ICMP_AT, ICMP6_AT));
  }

  /** The writer of the counts of ICMPv6 echo requests. */
  icmp6(): SharedFrameCounts<EchoDropReason> {
    return new SharedFrameCounts(ECHO_COUNTS, this.#numbers.subarray(ICMP6_AT, TAKEOVER_AT));
  }

  /** The writer of the counts of the failover protocol. */
  takeover(): { add(what: TakeoverCount): void } {
    return new SharedFrameCounts<TakeoverCount>(
      TAKEOVER_COUNTS,
      this.#numbers.subarray(TAKEOVER_AT, DURATIONS_AT),
    );
  }

  /** Writer, or reader, of a duration that the failover protocol measures. */
  duration(what: Duration): SharedHistogram {
    const at = DURATIONS_AT + DURATIONS.indexOf(what) * HISTOGRAM_NUMBERS;
    return new SharedHistogram(this.#numbers.subarray(at, at + HISTOGRAM_NUMBERS));
  }

  /** How often each thing came about in the failover protocol. */
  ofTakeover(what: TakeoverCount): number {
    return this.#numbers[TAKEOVER_AT + TAKEOVER_COUNTS.indexOf(what)] ?? 0;
  }

  get(gauge: WireGauge): number {
    return this.#numbers[GAUGES.indexOf(gauge)] ?? 0;
  }

  add(gauge: WireGauge, howMany: number): void {
    this.set(gauge, this.get(gauge) + howMany);
  }

  set(gauge: WireGauge, value: number): void {
    this.#numbers[GAUGES.indexOf(gauge)] = value;
  }

  /** Every count of frames: protocol, name, number. */
  *frames(): Iterable<{ readonly protocol: FrameProtocol; readonly name: string; readonly count: number }> {
    for (const [protocol, start, names] of FRAMES)
      for (const [i, name] of names.entries()) yield { protocol, name, count: this.#numbers[start + i] ?? 0 };
  }
}
