import type { ForeignClaim } from "@fairlead/api/virtual-ip.ts";
import { usedBy } from "@fairlead/api/virtual-ip-foreign.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { LedgerView, Quarantined } from "./holdings.ts";
import type { Refusal } from "./reasons.ts";

/**
 * So many addresses within such a time, in ms, are put in quarantine because of one MAC address. A router with proxy ARP answers
 * for every address: it would empty the pool, and no other address of it were better.
 */
export const MOST_BY_ONE = 8;
export const WITHIN_MS = 600_000;

/** Somebody else on the LAN has an address of the Service, which never served with it. */
export interface InUse {
  readonly by: ForeignClaim;
  /** For how long it must keep the address all the same, in ms; 0: it is to get another one. */
  readonly waitMs: number;
}

/** @param nowMs since 1970 */
export function inUse(ledger: LedgerView, address: IpAddress, nowMs: number): InUse | undefined {
  const by = ledger.foreignUse(address);
  return by && { by, waitMs: waitMs(ledger.quarantined(by.mac), nowMs) };
}

function waitMs(quarantined: readonly Quarantined[], nowMs: number): number {
  const recent = quarantined
    .map(({ foreign }) => Date.parse(foreign.since))
    .filter((sinceMs) => sinceMs > nowMs - WITHIN_MS)
    .sort((a, b) => a - b);
  const earliest = recent[recent.length - MOST_BY_ONE];
  return earliest === undefined ? 0 : earliest + WITHIN_MS - nowMs;
}

/** One MAC address answers for so many that no other one is tried. */
export function answersForAll(address: IpAddress, { by }: InUse): Refusal {
  const message = `${usedBy(by, address.text)}, and within ${WITHIN_MS / 60_000} minutes for ${MOST_BY_ONE} others that were tried, as a router with proxy ARP answers for every address; no other one is tried until that is over: switch proxy ARP off there, or exclude its addresses from the pool`;
  return { reason: "AddressInUse", message };
}

/** Why the Service lets the address go. */
export function foundInUse({ text }: IpAddress, { by }: InUse): string {
  return `${text} is in use on the LAN: ${usedBy(by)}`;
}

/** The addresses in quarantine, for a message that gives numbers: one of them by name. */
export function quarantineExample([first]: readonly Quarantined[]): string {
  if (first === undefined) return "";
  const { address, foreign } = first;
  return ` (${address.text}: ${usedBy(foreign)})`;
}
