import {
  assemble,
  type BpfInstruction,
  drop,
  Fact,
  jumpIf,
  label,
  loadFact,
  loadU16,
} from "@fairlead/linux/bpf.ts";
import { ETHER_TYPE, ETHER_TYPE_ARP, PACKET_OTHER_HOST } from "../ethernet.ts";
import type { WordBlocks } from "../word-blocks.ts";
import { acceptWords } from "../word-filter.ts";
import { OPERATION, REQUEST, SENDER_ADDRESS, TARGET_ADDRESS } from "./packet.ts";

/**
 * Lets through ARP requests for the addresses in `targets`, and any ARP packet whose sender claims one of those in `senders`.
 * Frames that we sent, and those for other hosts or other VLANs, never wake us.
 */
export function arpFilter(targets: WordBlocks, senders: WordBlocks): readonly BpfInstruction[] {
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
    ...acceptWords("sender", SENDER_ADDRESS, senders),
    loadU16(OPERATION),
    jumpIf("==", REQUEST, "request"),
    drop(),
    label("request"),
    ...acceptWords("target", TARGET_ADDRESS, targets),
    drop(),
  ]);
}
