/**
 * A JSON schema as a structural schema, which has no `patternProperties`: a record's one pattern allows every key, so
 * that it becomes `additionalProperties`.
 */
export function structural(schema: object, description?: string): object {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === "patternProperties") return ["additionalProperties", structural(onlyValue(value))];
    if (key === "properties") return [key, mapValues(value)];
    if (key === "items") return [key, structural(value)];
    return [key, value];
  });
  return { ...(description === undefined ? {} : { description }), ...Object.fromEntries(entries) };
}

function mapValues(properties: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}

function onlyValue(patterns: Readonly<Record<string, object>>): object {
  const [only, ...others] = Object.values(patterns);
  if (only === undefined || others.length > 0) throw new Error("a record must allow every key");
  return only;
}
