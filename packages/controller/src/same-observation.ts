import type { Condition } from "@fairlead/api/condition.ts";

/** A status with conditions. */
interface Observed {
  readonly conditions?: readonly Condition[];
}

/** Whether two statuses say the same, whenever their conditions began to hold and in whatever order keys stand. */
export function sameObservation(a: Observed | undefined, b: Observed | undefined): boolean {
  return text(a) === text(b);
}

function text(observed: Observed = {}): string {
  const conditions = (observed.conditions ?? [])
    .map(({ lastTransitionTime: _, ...condition }) => condition)
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  return JSON.stringify(sorted({ ...observed, conditions }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
