import { type AddressRange, formatRange, intersectRanges, parseAddressEntry } from "@fairlead/net/range.ts";
import type { IPAddressPool, IPAddressPoolSpec } from "../ip-address-pool.ts";
import { Fields } from "./fields.ts";
import { type Problem, problem, type Reading } from "./problem.ts";

/** An IPAddressPool with its addresses parsed and its defaults filled in. */
export interface ReadPool {
  readonly name: string;
  /** What the good entries cover, in the order in which they are listed; two may overlap. */
  readonly ranges: readonly AddressRange[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** A selector that cannot be read is replaced by one that matches nothing. */
  readonly serviceAllocation: IPAddressPoolSpec["serviceAllocation"];
}

/** Reads a pool as the API gives it. An entry of `addresses` that is wrong is left out and told; the others work. */
export function readIPAddressPool(object: IPAddressPool): Reading<ReadPool> {
  const fields = new Fields(object.spec, "spec");
  const notes: Problem[] = [];
  const ranges = readAddresses(fields, notes);
  const autoAssign = fields.boolean("autoAssign", true);
  const avoidBuggyIPs = fields.boolean("avoidBuggyIPs", false);
  const allocation = fields.inner("serviceAllocation");
  const serviceAllocation = allocation === undefined ? undefined : readServiceAllocation(allocation);
  return {
    value: { name: object.metadata.name, ranges, autoAssign, avoidBuggyIPs, serviceAllocation },
    problems: [...fields.problems, ...(allocation?.problems ?? [])],
    notes,
  };
}

function readAddresses(fields: Fields, notes: Problem[]): readonly AddressRange[] {
  const entries = fields.list("addresses");
  const ranges: AddressRange[] = [];
  entries.forEach((text, i) => {
    const field = fields.path(`addresses[${i}]`);
    if (typeof text !== "string") {
      fields.wrong(`addresses[${i}]`, text, "write text");
      return;
    }
    const entry = parseAddressEntry(text);
    if (!entry.ok) {
      fields.problems.push(problem(field, text, entry.error));
      return;
    }
    const { range, note } = entry.value;
    if (note !== undefined) notes.push(problem(field, text, note));
    notes.push(
      ...overlaps(range, ranges).map((message) => problem(field, text, `${JSON.stringify(text)} ${message}`)),
    );
    ranges.push(range);
  });
  if (entries.length === 0) {
    const cure =
      'lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"';
    fields.problems.push(problem(fields.path("addresses"), entries, cure));
  }
  return ranges;
}

function overlaps(range: AddressRange, others: readonly AddressRange[]): readonly string[] {
  return others.flatMap((other) => {
    const shared = intersectRanges(range, other);
    if (shared === undefined) return [];
    return [`repeats ${formatRange(shared)} of ${formatRange(other)} in the same pool; write it once`];
  });
}

function readServiceAllocation(fields: Fields): NonNullable<IPAddressPoolSpec["serviceAllocation"]> {
  const priority = fields.integer("priority", 0, 2 ** 31 - 1);
  return {
    ...(priority === undefined ? {} : { priority }),
    namespaces: fields.names("namespaces"),
    namespaceSelectors: fields.selectors("namespaceSelectors"),
    serviceSelectors: fields.selectors("serviceSelectors"),
  };
}
