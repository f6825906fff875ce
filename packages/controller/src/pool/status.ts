import type { Condition } from "@fairlead/api/condition.ts";
import type { IPAddressPool, IPAddressPoolStatus } from "@fairlead/api/ip-address-pool.ts";
import type { Family } from "@fairlead/net/address.ts";
import { formatRange } from "@fairlead/net/range.ts";
import { heldIn, type LedgerView } from "../allocation/holdings.ts";
import { type Pool, poolCapacity, poolHasFamily } from "../allocation/pool.ts";
import type { Overlap } from "../allocation/pools.ts";

/** A pool's addresses of one family. */
export interface Usage {
  readonly capacity: bigint;
  readonly used: number;
  readonly free: bigint;
}

/** Counts a pool's addresses of one family, or undefined if it has none. */
export function usageOf(pool: Pool, ledger: LedgerView, family: Family): Usage | undefined {
  if (!poolHasFamily(pool, family)) return undefined;
  const capacity = poolCapacity(pool, family);
  return {
    capacity,
    used: heldIn(ledger, pool.cover, family, false),
    free: capacity - BigInt(heldIn(ledger, pool.cover, family, pool.avoidBuggyIPs)),
  };
}

type Draft = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

/** What a pool's status should say. @param now RFC 3339 */
export function poolStatus(
  object: IPAddressPool,
  pool: Pool,
  ledger: LedgerView,
  overlaps: readonly Overlap[],
  now: string,
): IPAddressPoolStatus {
  const ipv4 = usageOf(pool, ledger, "IPv4");
  const ipv6 = usageOf(pool, ledger, "IPv6");
  const drafts = [ready(pool), ...(overlaps.length > 0 ? [overlapping(overlaps)] : [])];
  return {
    ...(ipv4 && { ipv4: asText(ipv4) }),
    ...(ipv6 && { ipv6: asText(ipv6) }),
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

function dated({ metadata, status }: IPAddressPool, draft: Draft, now: string): Condition {
  const before = status?.conditions?.find(({ type }) => type === draft.type);
  return {
    ...draft,
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : now,
  };
}

function asText({ capacity, used, free }: Usage): { capacity: string; used: string; free: string } {
  return { capacity: `${capacity}`, used: `${used}`, free: `${free}` };
}
