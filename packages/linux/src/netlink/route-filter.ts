import {
  accept,
  assemble,
  type BpfInstruction,
  drop,
  jumpIf,
  jumpUnless,
  label,
  loadU8,
  loadU16,
} from "../bpf.ts";
import { MESSAGE_FLAGS_OFFSET, MESSAGE_HEADER_BYTES, MESSAGE_TYPE_OFFSET, NLM_F_MULTI } from "./message.ts";
import {
  DESTINATION_LENGTH_OFFSET,
  RT_TABLE_MAIN,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  TABLE_OFFSET,
} from "./route.ts";

/**
 * Lets a netlink socket sleep through what happens to any route but the default ones of the main table: with a routing daemon
 * that is thousands of notifications a second. A notification is a datagram of one message, so its header is at a fixed
 * place; the answers of a dump, several in a datagram, all pass.
 */
export function defaultRouteFilter(): readonly BpfInstruction[] {
  return assemble([
    loadU16(MESSAGE_FLAGS_OFFSET),
    jumpIf("&", swapped(NLM_F_MULTI), "accept"),
    loadU16(MESSAGE_TYPE_OFFSET),
    jumpIf("==", swapped(RTM_NEWROUTE), "route"),
    jumpUnless("==", swapped(RTM_DELROUTE), "accept"),
    label("route"),
    loadU8(MESSAGE_HEADER_BYTES + DESTINATION_LENGTH_OFFSET),
    jumpUnless("==", 0, "drop"),
    loadU8(MESSAGE_HEADER_BYTES + TABLE_OFFSET),
    jumpUnless("==", RT_TABLE_MAIN, "drop"),
    label("accept"),
    accept(),
    label("drop"),
    drop(),
  ]);
}

/** A filter loads in network order what netlink writes in the machine's. */
function swapped(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}
