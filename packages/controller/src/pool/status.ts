import type { Condition } from "@fairlead/api/condition.ts";
import type { IPAddressPool, IPAddressPoolStatus } from "@fairlead/api/ip-address-pool.ts";
import { usedBy } from "@fairlead/api/virtual-ip-foreign.ts";
import { addressOf, FAMILIES, type Family } from "@fairlead/net/address.ts";
import { formatRange } from "@fairlead/net/range.ts";
import type { Quarantined } from "../allocation/holdings.ts";
import { MOST_BY_ONE, MOST_OF_POOL, WITHIN_MS } from "../allocation/in-use.ts";
import type { Ledger } from "../allocation/ledger.ts";
import { type Pool, poolContains } from "../allocation/pool.ts";
import type { Overlap } from "../allocation/pools.ts";
import { exhaustedFamilies, type Usage, usageOf } from "./usage.ts";

type Draft = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

/** What a pool's status should say. @param now RFC 3339 */
export function poolStatus(
  object: IPAddressPool,
  pool: Pool,
  ledger: Ledger,
  overlaps: readonly Overlap[],
  now: string,
): IPAddressPoolStatus {
  const ipv4 = usageOf(pool, ledger, "IPv4");
  const ipv6 = usageOf(pool, ledger, "IPv6");
  const full = exhaustedFamilies(pool, ledger);
  const foreign = ledger.quarantined().filter(({ address }) => poolContains(pool, address));
  const drafts = [
    ready(pool),
    ...(overlaps.length > 0 ? [overlapping(overlaps)] : []),
    ...(foreign.length > 0 ? [inUse(foreign)] : []),
    ...(full.length > 0 ? [exhausted(full)] : []),
  ];
  const invalid = ledger.strayOf(pool);
  return {
    ...(ipv4 && { ipv4: asText(ipv4) }),
    ...(ipv6 && { ipv6: asText(ipv6) }),
    ...(invalid > 0 && { invalid: `${invalid}` }),
    ...lastHandedOut(pool, ledger),
    conditions: drafts.map((draft) => dated(object, draft, now)),
  };
}

function ready(pool: Pool): Draft {
  const notes = pool.notes.map((note) => ` ${note}.`).join("");
  if (pool.problems.length === 0) {
    return {
      type: "Ready",
      status: "True",
      reason: "Usable",
      message: `All its addresses are usable.${notes}`,
    };
  }
  const rest = pool.ranges.length === 0 ? "no address is usable" : "the other entries are used";
  const message = `${pool.problems.join("; ")}; ${rest}.${notes}`;
  return { type: "Ready", status: "False", reason: "InvalidAddresses", message };
}

const SHOWN_OVERLAPS = 10;

function overlapping(overlaps: readonly Overlap[]): Draft {
  const shown = overlaps
    .slice(0, SHOWN_OVERLAPS)
    .map((overlap) => `${formatRange(overlap.range)} with pool "${overlap.with}"`);
  const more = overlaps.length > SHOWN_OVERLAPS ? ` and ${overlaps.length - SHOWN_OVERLAPS} more` : "";
  const message = `It shares ${shown.join(", ")}${more}. No address is given twice, but who may have these depends on both; take them out of one.`;
  return { type: "Overlapping", status: "True", reason: "SharesAddresses", message };
}

const SHOWN_QUARANTINED = 5;

/** Who answers for many stands first: that one is to be mended before all others. */
function inUse(foreign: readonly Quarantined[]): Draft {
  const byMac = Map.groupBy(foreign, (one) => one.foreign.mac);
  const parts = [...byMac]
    .sort(([a, its], [b, others]) => others.length - its.length || (a < b ? -1 : 1))
    .map(([, its]) => shownOf(its));
  const more = parts.length > SHOWN_QUARANTINED ? `; and ${parts.length - SHOWN_QUARANTINED} more` : "";
  const some = foreign.length === 1 ? "1 address is" : `${foreign.length} addresses are`;
  const brake =
    parts.length >= MOST_OF_POOL
      ? ` Of so many MAC addresses one machine may have made up most, or the addresses of the pool are given out by others too, as by a DHCP server; at most ${MOST_OF_POOL} addresses of the pool are tried in vain within ${WITHIN_MS / 60_000} minutes.`
      : "";
  const message = `${some} not handed out, since others on the LAN answer for them: ${parts.slice(0, SHOWN_QUARANTINED).join("; ")}${more}.${brake} Free them there, or exclude them; what nobody answers for any more is handed out again.`;
  return { type: "InUse", status: "True", reason: "AnsweredByOthers", message };
}

const SHOWN_OF_ONE = 3;

function shownOf(its: readonly Quarantined[]): string {
  const [first] = its;
  if (first === undefined) return "";
  const shown = its.slice(0, SHOWN_OF_ONE).map(({ address }) => address.text);
  const more = its.length > SHOWN_OF_ONE ? ` and ${its.length - SHOWN_OF_ONE} more` : "";
  const proxy = its.length >= MOST_BY_ONE ? ", as a router with proxy ARP answers for every address" : "";
  return `${shown.join(", ")}${more} (${usedBy(first.foreign, its.length > 1 ? "them" : "it")}${proxy})`;
}

function exhausted(families: readonly Family[]): Draft {
  const message = `It has no ${families.join(" and no ")} address left to hand out; add addresses or delete a Service or a reservation.`;
  return { type: "Exhausted", status: "True", reason: "NothingFree", message };
}

/** Where handing out in turn goes on after a restart. */
function lastHandedOut(pool: Pool, ledger: Ledger): { readonly lastHandedOut?: Record<string, string> } {
  if (pool.selection !== "LeastRecentlyUsed") return {};
  const last = FAMILIES.flatMap((family): [string, string][] => {
    const value = ledger.lastHandedOut(pool.name, family);
    return value === undefined ? [] : [[family.toLowerCase(), addressOf(family, value).text]];
  });
  return last.length === 0 ? {} : { lastHandedOut: Object.fromEntries(last) };
}

function dated({ metadata, status }: IPAddressPool, draft: Draft, now: string): Condition {
  const before = status?.conditions?.find(({ type }) => type === draft.type);
  return {
    ...draft,
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : now,
  };
}

function asText(usage: Usage): Omit<Record<keyof Usage, string>, "quarantined"> & { quarantined?: string } {
  const { capacity, used, free, reserved, released, quarantined, excluded } = usage;
  return {
    capacity: `${capacity}`,
    used: `${used}`,
    free: `${free}`,
    reserved: `${reserved}`,
    released: `${released}`,
    ...(quarantined > 0n && { quarantined: `${quarantined}` }),
    excluded: `${excluded}`,
  };
}
