import { type AddressRange, formatRange, intersectRanges, parseAddressEntry } from "@fairlead/net/range.ts";
import { DEFAULT_RELEASE_DELAY_MS, type IPAddressPool, type IPAddressPoolSpec } from "../ip-address-pool.ts";
import { Fields, MATCHES_NOTHING } from "./fields.ts";
import { type Problem, problem, type Reading } from "./problem.ts";

const MOST = 2 ** 31 - 1;
const NO_ADDRESS =
  'lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"';

/** An IPAddressPool with its addresses parsed and its defaults filled in. */
export interface ReadPool {
  readonly name: string;
  /** What the good entries cover, in the order in which they are listed; two may overlap. */
  readonly ranges: readonly AddressRange[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** A selector that cannot be read is replaced by one that matches nothing. */
  readonly serviceAllocation: IPAddressPoolSpec["serviceAllocation"];
  /** What the good entries of `exclude` cover, in the order in which they are listed; two may overlap. */
  readonly exclude: readonly AddressRange[];
  /** Also true while an entry of `exclude` cannot be read: it may mean any address. */
  readonly disabled: boolean;
  readonly reclaimPolicy: "Delete" | "Retain";
  readonly releaseDelayMs: number;
  /** How many addresses of each family one namespace may hold; undefined: any number, 0: the quota cannot be read. */
  readonly quotaPerNamespace: number | undefined;
  readonly selection: "FirstFree" | "LeastRecentlyUsed";
  /** Undefined: within a namespace, and across namespaces for keys under old prefixes. */
  readonly sharing: "SameNamespace" | "AcrossNamespaces" | undefined;
  readonly onInvalid: "Keep" | "Renumber";
}

/**
 * Reads a pool as the API gives it. An entry of `addresses` that is wrong is left out and told; the others work. Of a field
 * that cannot be read, what takes least from anybody holds: nothing new is handed out, nothing that is held changes hands.
 */
export function readIPAddressPool(object: IPAddressPool): Reading<ReadPool> {
  const fields = new Fields(object.spec, "spec");
  const notes: Problem[] = [];
  const ranges = readAddresses(fields, notes);
  const autoAssign = fields.boolean("autoAssign", true, false);
  const avoidBuggyIPs = fields.boolean("avoidBuggyIPs", false, true);
  const serviceAllocation = readServiceAllocation(fields);
  const { exclude, unread } = readExclude(fields, ranges, notes);
  const disabled = fields.boolean("disabled", false, true);
  const value: ReadPool = {
    name: object.metadata.name,
    ranges,
    autoAssign,
    avoidBuggyIPs,
    serviceAllocation,
    exclude,
    disabled: disabled || unread,
    reclaimPolicy: fields.choice("reclaimPolicy", ["Delete", "Retain"], {
      absent: "Delete",
      unreadable: "Retain",
    }),
    releaseDelayMs: fields.durationMs("releaseDelay") ?? DEFAULT_RELEASE_DELAY_MS,
    quotaPerNamespace: readQuota(fields),
    selection: fields.choice("selection", ["FirstFree", "LeastRecentlyUsed"], {
      absent: "FirstFree",
      unreadable: "FirstFree",
    }),
    sharing: fields.choice("sharing", ["SameNamespace", "AcrossNamespaces"], {
      absent: undefined,
      unreadable: "SameNamespace",
    }),
    onInvalid: fields.choice("onInvalid", ["Keep", "Renumber"], { absent: "Keep", unreadable: "Keep" }),
  };
  return { value, problems: fields.problems, notes };
}

function readAddresses(fields: Fields, notes: Problem[]): readonly AddressRange[] {
  const entries = fields.list("addresses");
  if (entries.length === 0) fields.problems.push(problem(fields.path("addresses"), entries, NO_ADDRESS));
  return readEntries(fields, "addresses", entries, notes);
}

/** @returns `unread`: whether something is in the list that cannot be read */
function readExclude(
  fields: Fields,
  addresses: readonly AddressRange[],
  notes: Problem[],
): { readonly exclude: readonly AddressRange[]; readonly unread: boolean } {
  const before = fields.problems.length;
  const entries = fields.list("exclude");
  const exclude = readEntries(fields, "exclude", entries, notes, (range) =>
    addresses.some((one) => intersectRanges(range, one) !== undefined)
      ? []
      : ["is no part of addresses, so that leaving it out changes nothing; correct or remove it"],
  );
  return { exclude, unread: fields.problems.length > before };
}

/** The good entries of an address list; the others are told. @param remarks what is odd about a good one */
function readEntries(
  fields: Fields,
  name: string,
  entries: readonly unknown[],
  notes: Problem[],
  remarks: (range: AddressRange) => readonly string[] = () => [],
): readonly AddressRange[] {
  const ranges: AddressRange[] = [];
  entries.forEach((text, i) => {
    const field = fields.path(`${name}[${i}]`);
    if (typeof text !== "string") {
      fields.wrong(`${name}[${i}]`, text, "write text");
      return;
    }
    const entry = parseAddressEntry(text);
    if (!entry.ok) {
      fields.problems.push(problem(field, text, entry.error));
      return;
    }
    const { range, note } = entry.value;
    if (note !== undefined) notes.push(problem(field, text, note));
    for (const remark of [...overlaps(range, ranges), ...remarks(range)])
      notes.push(problem(field, text, `${JSON.stringify(text)} ${remark}`));
    ranges.push(range);
  });
  return ranges;
}

function overlaps(range: AddressRange, others: readonly AddressRange[]): readonly string[] {
  return others.flatMap((other) => {
    const shared = intersectRanges(range, other);
    if (shared === undefined) return [];
    return [`repeats ${formatRange(shared)} of ${formatRange(other)} in the same list; write it once`];
  });
}

function readServiceAllocation(fields: Fields): IPAddressPoolSpec["serviceAllocation"] {
  const inner = fields.inner("serviceAllocation");
  if (inner === undefined) return undefined;
  const unreadable = inner.problems.length > 0;
  const priority = inner.integer("priority", 0, MOST);
  const serviceAllocation = {
    ...(priority === undefined ? {} : { priority }),
    namespaces: inner.names("namespaces"),
    namespaceSelectors: inner.selectors("namespaceSelectors"),
    serviceSelectors: unreadable ? [MATCHES_NOTHING] : inner.selectors("serviceSelectors"),
  };
  fields.problems.push(...inner.problems);
  return serviceAllocation;
}

function readQuota(fields: Fields): number | undefined {
  const inner = fields.inner("quota");
  if (inner === undefined) return undefined;
  const perNamespace = inner.integer("perNamespace", 1, MOST);
  fields.problems.push(...inner.problems);
  return inner.problems.length > 0 ? 0 : perNamespace;
}
