import {
  assemble,
  type BpfInstruction,
  drop,
  Fact,
  jumpIf,
  label,
  loadFact,
  loadU16,
  loadU32,
} from "@fairlead/linux/bpf.ts";
import type { WordRange } from "../cover.ts";
import { ETHER_TYPE, ETHER_TYPE_ARP, PACKET_OTHER_HOST } from "../ethernet.ts";
import { acceptRanges } from "../range-filter.ts";
import { OPERATION, REQUEST, SENDER_ADDRESS, TARGET_ADDRESS } from "./packet.ts";

/**
 * Lets through ARP requests for the addresses in `targets`, and any ARP packet whose sender claims one of those in `senders`.
 * Frames that we sent, and those for other hosts or other VLANs, never wake us.
 */
export function arpFilter(
  targets: readonly WordRange[],
  senders: readonly WordRange[],
): readonly BpfInstruction[] {
  return assemble([
    loadFact(Fact.packetType),
    jumpIf(">=", PACKET_OTHER_HOST, "drop-early"),
    loadFact(Fact.vlanTagPresent),
    jumpIf(">", 0, "drop-early"),
    loadU16(ETHER_TYPE),
    jumpIf("==", ETHER_TYPE_ARP, "arp"),
    label("drop-early"),
    drop(),
    label("arp"),
    loadU32(SENDER_ADDRESS),
    ...acceptRanges("sender", senders),
    loadU16(OPERATION),
    jumpIf("==", REQUEST, "request"),
    drop(),
    label("request"),
    loadU32(TARGET_ADDRESS),
    ...acceptRanges("target", targets),
    drop(),
  ]);
}
