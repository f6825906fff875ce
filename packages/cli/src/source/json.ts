/** Fields by name, as JSON has them. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value has fields. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at the end of a path, or undefined if there is none. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (Array.isArray(found)) found = typeof step === "number" ? found[step] : undefined;
    else if (isJsonObject(found) && Object.hasOwn(found, step)) found = found[step];
    else return undefined;
  }
  return found;
}

/** The text, or undefined if the value is none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
