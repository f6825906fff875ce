/**
 * A JSON schema as a structural schema, which has no `patternProperties`: a record's one pattern allows every key, so
 * that it becomes `additionalProperties`. What has a default is always there once it is read, but need not be written:
 * kubectl, which fills nothing in, must not miss it in a List.
 */
export function structural(schema: object, description?: string): object {
  const defaults = "properties" in schema ? withDefault(schema.properties) : [];
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === "patternProperties") return [["additionalProperties", structural(onlyValue(value))]];
    if (key === "properties") return [[key, mapValues(value)]];
    if (key === "items") return [[key, structural(value)]];
    if (key !== "required" || defaults.length === 0) return [[key, value]];
    const required = [value].flat().filter((name) => !defaults.includes(name));
    return required.length === 0 ? [] : [[key, required]];
  });
  return { ...(description === undefined ? {} : { description }), ...Object.fromEntries(entries) };
}

function withDefault(properties: unknown): readonly string[] {
  const entries = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  return entries.filter(([, schema]) => schema.default !== undefined).map(([name]) => name);
}

function mapValues(properties: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}

function onlyValue(patterns: Readonly<Record<string, object>>): object {
  const [only, ...others] = Object.values(patterns);
  if (only === undefined || others.length > 0) throw new Error("a record must allow every key");
  return only;
}
