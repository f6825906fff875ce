import type { Audit } from "../e2e/support/audit.ts";
import type { Row } from "./table.ts";

/** The head of the table of {@link requestRows}. */
export const REQUESTS_HEAD: Row = ["requests of Fairlead", "number", "for each Service"];

/** Fairlead's requests by component, verb and resource; what only renews or watches the Lease is left out. */
export function requestRows(audit: Audit, services: number): readonly Row[] {
  const counts = new Map<string, number>();
  let total = 0;
  for (const { component, verb, resource, code } of audit.requests) {
    if (resource === "leases") continue;
    const refused = code >= 400 ? `, answered ${code}` : "";
    const key = `${component} ${verb} ${resource}${refused}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    total += 1;
  }
  const row = (name: string, count: number): Row => [name, String(count), (count / services).toFixed(2)];
  const rows = [...counts].sort(([, a], [, b]) => b - a).map(([key, count]) => row(`  ${key}`, count));
  return [row("all", total), ...rows];
}
