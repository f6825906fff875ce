import type { LedgerView } from "./holdings.ts";
import type { KeptAddress } from "./kept.ts";
import type { Pools } from "./pools.ts";
import type { AddressRequest } from "./request.ts";
import { type Clash, faultOf, isRecorded } from "./sharing.ts";

/** Why the Service has to leave an address that it shares. */
export function sharingFault(
  { address, owner, recordedPool }: KeptAddress,
  { service }: AddressRequest,
  ledger: LedgerView,
  pools: Pools,
): Clash | undefined {
  const holders = ledger.sharing(address);
  if (holders.length < 2) return undefined;
  const known = pools.get(owner ?? recordedPool ?? "");
  // A pool that was deleted forbids nothing any more.
  return faultOf(service, holders, known === undefined ? "AcrossNamespaces" : known.sharing);
}

/** Whether the record of the address says something else of the Service's terms than holds now. */
export function isOutOfDate(
  { address, hold }: KeptAddress,
  { service }: AddressRequest,
  ledger: LedgerView,
): boolean {
  if (hold !== "Recorded") return false;
  const own = ledger.sharing(address).find((one) => one.service === service);
  return own !== undefined && !isRecorded(own.terms, own.sharer);
}
