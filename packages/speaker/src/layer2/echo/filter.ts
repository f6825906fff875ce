import {
  assemble,
  type BpfInstruction,
  type BpfStatement,
  drop,
  Fact,
  jumpIf,
  jumpUnless,
  label,
  loadFact,
  loadU8,
  loadU16,
} from "@fairlead/linux/bpf.ts";
import { ETHER_TYPE, ETHER_TYPE_IPV4, ETHER_TYPE_IPV6 } from "../ethernet.ts";
import * as ndp from "../ndp/packet.ts";
import type { WordBlocks } from "../word-blocks.ts";
import { acceptWords } from "../word-filter.ts";
import * as v4 from "./packet4.ts";
import { ECHO_REQUEST } from "./packet6.ts";

/** Lets nothing through. */
export const DEAF: readonly BpfInstruction[] = assemble([drop()]);

/** Lets through echo requests for the addresses in `targets`, and ICMP packets for them whose headers have options. */
export function echoFilter4(targets: WordBlocks): readonly BpfInstruction[] {
  return assemble([
    ...toThisHost(ETHER_TYPE_IPV4),
    loadU8(v4.PROTOCOL),
    jumpUnless("==", v4.ICMP_PROTOCOL, "drop"),
    loadU8(v4.VERSION_AND_LENGTH),
    jumpUnless("==", v4.PLAIN_HEADER, "address"),
    loadU8(v4.ICMP),
    jumpIf("==", v4.ECHO_REQUEST, "address"),
    label("drop"),
    drop(),
    label("address"),
    ...acceptWords("target", v4.DESTINATION_ADDRESS, targets),
    drop(),
  ]);
}

/** Lets through echo requests for addresses whose last word lies in one of `targets`. */
export function echoFilter6(targets: WordBlocks): readonly BpfInstruction[] {
  return assemble([
    ...toThisHost(ETHER_TYPE_IPV6),
    loadU8(ndp.NEXT_HEADER),
    jumpUnless("==", ndp.ICMPV6, "drop"),
    loadU8(ndp.ICMP),
    jumpIf("==", ECHO_REQUEST, "address"),
    label("drop"),
    drop(),
    label("address"),
    ...acceptWords("target", ndp.DESTINATION_ADDRESS + 12, targets),
    drop(),
  ]);
}

/** Goes on with packets of this EtherType to this host alone: broadcast and multicast are not answered. */
function toThisHost(etherType: number): readonly BpfStatement[] {
  return [
    loadFact(Fact.packetType),
    jumpIf(">", 0, "drop"),
    loadFact(Fact.vlanTagPresent),
    jumpIf(">", 0, "drop"),
    loadU16(ETHER_TYPE),
    jumpUnless("==", etherType, "drop"),
  ];
}
