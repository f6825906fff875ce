import type { PlannedChange } from "@fairlead/controller/allocation/plan.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { formatCount } from "../count.ts";
import { printable } from "../printable.ts";
import type { Planned } from "./planned.ts";

const HEAD = ["SERVICE", "NOW", "THEN", "WHY"] as const;

/** What becomes of Services, by kind of change, as the last line counts them. */
const OUTCOMES: Readonly<Record<PlannedChange["kind"], (services: string, many: boolean) => string>> = {
  Renumbered: (services, many) => `${services} would get ${many ? "other addresses" : "another address"}`,
  Gains: (services, many) => `${services} would get ${many ? "addresses" : "an address"}`,
  Loses: (services, many) => `${services} would lose ${many ? "addresses" : "an address"}`,
  Invalid: (services, many) =>
    `${services} would keep ${many ? "addresses" : "an address"} no longer offered`,
  Waits: (services) => `${services} would not get what is asked for`,
};

/** The plan for people: a table of the Services concerned, and a line of counts. */
export function planText(planned: Planned): string {
  const rows = planned.changes.map(({ service, now, then, why }) => [
    service,
    addressesText(now),
    addressesText(then),
    why,
  ]);
  const table = rows.length === 0 ? [] : [...tableOf([HEAD, ...rows]), ""];
  return `${[...table, countsText(planned)].map(printable).join("\n")}\n`;
}

function addressesText(addresses: readonly IpAddress[]): string {
  return addresses.length === 0 ? "-" : addresses.map(({ text }) => text).join(",");
}

function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join("  "),
  );
}

function countsText({ changes, services }: Planned): string {
  const all = formatCount(services, "Service");
  if (changes.length === 0) return `Nothing would change for ${all}.`;
  const parts = [...Map.groupBy(changes, ({ kind }) => kind)].map(([kind, those]) =>
    OUTCOMES[kind](String(those.length), those.length > 1),
  );
  return `Of ${all}, ${parts.join(", ")}.`;
}
