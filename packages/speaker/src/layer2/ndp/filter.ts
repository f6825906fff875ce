import {
  assemble,
  type BpfInstruction,
  drop,
  Fact,
  jump,
  jumpIf,
  jumpUnless,
  label,
  loadFact,
  loadU8,
  loadU16,
} from "@fairlead/linux/bpf.ts";
import { ETHER_TYPE, ETHER_TYPE_IPV6, PACKET_OTHER_HOST } from "../ethernet.ts";
import type { WordBlocks } from "../word-blocks.ts";
import { acceptWords } from "../word-filter.ts";
import { ADVERTISEMENT, ICMP, ICMPV6, NEXT_HEADER, SOLICITATION, TARGET } from "./packet.ts";

/**
 * Lets through neighbor solicitations whose target's last word lies in one of `targets`, and advertisements whose target's
 * last word lies in one of `watched`. Frames that we sent, and those for other hosts or other VLANs, never wake us.
 */
export function ndpFilter(targets: WordBlocks, watched: WordBlocks): readonly BpfInstruction[] {
  return assemble([
    loadFact(Fact.packetType),
    jumpIf(">=", PACKET_OTHER_HOST, "drop"),
    loadFact(Fact.vlanTagPresent),
    jumpIf(">", 0, "drop"),
    loadU16(ETHER_TYPE),
    jumpUnless("==", ETHER_TYPE_IPV6, "drop"),
    loadU8(NEXT_HEADER),
    jumpUnless("==", ICMPV6, "drop"),
    loadU8(ICMP),
    jumpIf("==", SOLICITATION, "solicitation"),
    jumpUnless("==", ADVERTISEMENT, "drop"),
    // A conditional jump does not reach past the words.
    jump("advertisement"),
    label("drop"),
    drop(),
    label("solicitation"),
    ...acceptWords("target", TARGET + 12, targets),
    drop(),
    label("advertisement"),
    ...acceptWords("watched", TARGET + 12, watched),
    drop(),
  ]);
}
