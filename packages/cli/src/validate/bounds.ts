import { isJsonObject } from "../source/json.ts";
import type { Path } from "../source/path.ts";

/** The most entries that a list, or fields that an object, may have and be judged. */
const MOST_ENTRIES = 1_000;
/** The most values that an object may have in all. */
const MOST_VALUES = 50_000;

/**
 * Where an object is larger than any that the API server takes, so that judging it would take for ever; undefined if it is
 * not. What the API server writes itself is not counted.
 */
export function outOfBounds(object: unknown): Path | undefined {
  let left = MOST_VALUES;
  const visit = (value: unknown, path: Path): Path | undefined => {
    if (--left < 0) return [];
    if (typeof value !== "object" || value === null || path.at(-1) === "managedFields") return undefined;
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
      ? value.map((one, i) => [i, one] as const)
      : Object.entries(value);
    if (entries.length > MOST_ENTRIES) return path;
    for (const [key, inner] of entries) {
      const found = visit(inner, [...path, key]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  if (!isJsonObject(object)) return undefined;
  const { status: _written, ...judged } = object;
  return visit(judged, []);
}
