import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { LedgerRecord } from "../allocation/holdings.ts";
import { contested, unannounced } from "./object-facts.ts";
import { sameJson } from "./same-json.ts";

/** Whether it is another who holds the address, or may have it, or under other terms. */
export function isHeldOtherwise(before: LedgerRecord | undefined, after: LedgerRecord | undefined): boolean {
  const held = ({ services, claim, sharing, releasedAtMs, foreign }: LedgerRecord): unknown => [
    services,
    claim,
    sharing,
    releasedAtMs,
    foreign,
  ];
  return before?.uid !== after?.uid || !sameJson(before && held(before), after && held(after));
}

/** Whether a VirtualIP says something else of its announcement that its Services are told. */
export function isToldOtherwise(previous: VirtualIP | undefined, current: VirtualIP | undefined): boolean {
  const told = (object: VirtualIP): unknown => [unannounced(object), contested(object)];
  return !sameJson(previous && told(previous), current && told(current));
}
