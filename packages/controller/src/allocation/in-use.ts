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
/**
 * So many addresses of one pool within that time, because of whichever MAC addresses: a machine may make up another one for each
 * answer, and of a pool that lies where others hand out addresses no next one is better than the last.
 */
export const MOST_OF_POOL = 16;
export const WITHIN_MS = 600_000;

/** Somebody else on the LAN has an address of the Service, which never served with it. */
export interface InUse {
  readonly by: ForeignClaim;
  /** For how long it must keep the address all the same, in ms; 0: it is to get another one. */
  readonly waitMs: number;
  /** The pool of which so many are in quarantine that it must; undefined: it need not, or because of this MAC address alone. */
  readonly pool: string | undefined;
}

/** Asked of the ledger alone, so that a restart changes nothing. @param nowMs since 1970 */
export function inUse(
  ledger: Pick<LedgerView, "foreignUse" | "quarantined" | "poolOf">,
  address: IpAddress,
  nowMs: number,
): InUse | undefined {
  const by = ledger.foreignUse(address);
  if (by === undefined) return undefined;
  const pool = ledger.poolOf(address);
  const ofPool =
    pool === undefined ? [] : ledger.quarantined().filter((one) => ledger.poolOf(one.address) === pool);
  const byOneMs = waitMs(ledger.quarantined(by.mac), MOST_BY_ONE, nowMs);
  const ofPoolMs = waitMs(ofPool, MOST_OF_POOL, nowMs);
  const isFull = byOneMs === 0 && ofPoolMs > 0;
  return { by, waitMs: Math.max(byOneMs, ofPoolMs), pool: isFull ? pool : undefined };
}

/** How long until there are fewer than `most` of these that are young, in ms; 0: there are. */
function waitMs(quarantined: readonly Quarantined[], most: number, nowMs: number): number {
  const recent = quarantined
    .map(({ foreign }) => Date.parse(foreign.since))
    .filter((sinceMs) => sinceMs > nowMs - WITHIN_MS)
    .sort((a, b) => a - b);
  const earliest = recent[recent.length - most];
  return earliest === undefined ? 0 : earliest + WITHIN_MS - nowMs;
}

const WITHIN = `within ${WITHIN_MS / 60_000} minutes`;

/** So many are in use already that no other one is tried. */
export function triedEnough(address: IpAddress, { by, pool }: InUse): Refusal {
  const text = usedBy(by, address.text);
  const message =
    pool === undefined
      ? `${text}, and ${WITHIN} for ${MOST_BY_ONE} others that were tried, as a router with proxy ARP answers for every address; no other one is tried until that is over: switch proxy ARP off there, or exclude its addresses from the pool`
      : `${text}, and ${WITHIN} others on the LAN did for ${MOST_OF_POOL} more of pool "${pool}" that were tried, as a machine that makes up MAC addresses does, or many that were given addresses of the pool; no other one is tried until that is over: see the condition InUse of the pool, stop that machine, or exclude from the pool what others have`;
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
