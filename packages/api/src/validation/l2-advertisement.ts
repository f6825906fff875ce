import {
  DEFAULT_FAILBACK_AFTER_MS,
  type L2Advertisement,
  type L2AdvertisementSpec,
} from "../l2-advertisement.ts";
import type { LabelSelector } from "../label-selector.ts";
import { Fields } from "./fields.ts";
import type { Reading } from "./problem.ts";

/** An L2Advertisement with every list present. An empty list restricts nothing. */
export interface ReadL2Advertisement {
  readonly name: string;
  readonly ipAddressPools: readonly string[];
  readonly ipAddressPoolSelectors: readonly LabelSelector[];
  readonly nodeSelectors: readonly LabelSelector[];
  readonly interfaces: readonly string[];
  readonly serviceSelectors: readonly LabelSelector[];
  readonly preferredNodeSelectors: NonNullable<L2AdvertisementSpec["preferredNodeSelectors"]>;
  readonly onTermination: "Move" | "Drain";
  /** For how long a better node must have been eligible before an address goes there, in ms; undefined: it stays where it is. */
  readonly failbackAfterMs: number | undefined;
}

/**
 * Reads an advertisement as the API gives it; an absent `spec` is for all pools. A selector that cannot be read is
 * replaced by one that matches nothing: what was meant as a restriction never widens. A preference that cannot be read is
 * left out. Of a failback that cannot be read, nothing moves.
 */
export function readL2Advertisement(object: L2Advertisement): Reading<ReadL2Advertisement> {
  const fields = new Fields(object.spec, "spec");
  const value: ReadL2Advertisement = {
    name: object.metadata.name,
    ipAddressPools: fields.names("ipAddressPools"),
    ipAddressPoolSelectors: fields.selectors("ipAddressPoolSelectors"),
    nodeSelectors: fields.selectors("nodeSelectors"),
    interfaces: fields.names("interfaces"),
    serviceSelectors: fields.selectors("serviceSelectors"),
    preferredNodeSelectors: readPreferences(fields),
    onTermination: fields.choice("onTermination", ["Move", "Drain"], { absent: "Move", unreadable: "Move" }),
    failbackAfterMs: readFailback(fields, object.spec?.failbackAfter),
  };
  return { value, problems: fields.problems, notes: [] };
}

/** @param written what stands in `failbackAfter` */
function readFailback(fields: Fields, written: unknown): number | undefined {
  const failback = fields.choice("failback", ["Never", "Immediate", "Quiet"], {
    absent: "Never",
    unreadable: "Never",
  });
  const before = fields.problems.length;
  const afterMs = fields.durationMs("failbackAfter");
  const unread = fields.problems.length > before;
  if (failback !== "Quiet" && afterMs !== undefined)
    fields.wrong("failbackAfter", written, `is for failback: Quiet, and failback is ${failback}; remove it`);
  if (failback !== "Quiet") return failback === "Immediate" ? 0 : undefined;
  return unread ? undefined : (afterMs ?? DEFAULT_FAILBACK_AFTER_MS);
}

function readPreferences(fields: Fields): ReadL2Advertisement["preferredNodeSelectors"] {
  return fields.list("preferredNodeSelectors").flatMap((one, i) => {
    const inner = new Fields(one, fields.path(`preferredNodeSelectors[${i}]`));
    const weight = inner.integer("weight", 1, 100);
    const before = inner.problems.length;
    const preference = inner.selectorOf((one as { preference?: unknown } | null)?.preference, "preference");
    if (weight === undefined && before === 0)
      inner.wrong("weight", undefined, "write a whole number from 1 to 100");
    fields.problems.push(...inner.problems);
    return weight === undefined || inner.problems.length > 0 ? [] : [{ weight, preference }];
  });
}
