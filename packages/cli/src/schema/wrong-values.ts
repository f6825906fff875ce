import { nearest } from "@fairlead/api/nearest.ts";
import { isJsonObject, type JsonObject } from "../source/json.ts";
import { type Path, pathText } from "../source/path.ts";
import type { Fault } from "./fault.ts";
import type { Schema } from "./schema.ts";

/** Values whose type, size or choice the schema does not allow. A field that is null counts as absent. */
export function wrongValues(schema: Schema, value: unknown, path: Path = []): readonly Fault[] {
  const cure = cureOf(schema, value);
  if (cure !== undefined) {
    return [{ path, part: "value", message: `${shortened(value)} is not right; ${cure}` }];
  }
  if (Array.isArray(value)) return [...repeated(schema, value, path), ...wrongItems(schema, value, path)];
  if (!isJsonObject(value)) return [];
  return [...missing(schema, value, path), ...wrongFields(schema, value, path)];
}

function wrongItems({ items }: Schema, values: readonly unknown[], path: Path): readonly Fault[] {
  if (items === undefined) return [];
  return values.flatMap((one, i) => wrongValues(items, one, [...path, i]));
}

function wrongFields(
  { properties = {}, additionalProperties }: Schema,
  value: JsonObject,
  path: Path,
): readonly Fault[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const schema = (Object.hasOwn(properties, key) ? properties[key] : undefined) ?? additionalProperties;
    return schema === undefined || inner === null || inner === undefined
      ? []
      : wrongValues(schema, inner, [...path, key]);
  });
}

function missing(
  { required = [], properties = {} }: Schema,
  value: JsonObject,
  path: Path,
): readonly Fault[] {
  return required
    .filter((name) => (value[name] ?? properties[name]?.default ?? undefined) === undefined)
    .map((name) => {
      const field = [...path, name];
      return { path: field, part: "key", message: `is missing; ${wanted(properties[name] ?? {})}` };
    });
}

function repeated(schema: Schema, values: readonly unknown[], path: Path): readonly Fault[] {
  if (schema["x-kubernetes-list-type"] !== "set") return [];
  const seen = new Map<unknown, number>();
  return values.flatMap((value, i): readonly Fault[] => {
    const first = seen.get(value);
    if (first === undefined) {
      seen.set(value, i);
      return [];
    }
    const message = `${shortened(value)} is listed twice, first in ${pathText([...path, first])}; remove one`;
    return [{ path: [...path, i], part: "value", message }];
  });
}

/** What to write instead; undefined if the value itself is right, whatever is in it. */
function cureOf(schema: Schema, value: unknown): string | undefined {
  switch (schema.type) {
    case "object": {
      if (!isJsonObject(value)) return wanted(schema);
      const { maxProperties = Number.POSITIVE_INFINITY } = schema;
      return Object.keys(value).length > maxProperties ? `write at most ${maxProperties} fields` : undefined;
    }
    case "array": {
      if (!Array.isArray(value)) return wanted(schema);
      const { maxItems = Number.POSITIVE_INFINITY } = schema;
      return value.length > maxItems
        ? `write at most ${maxItems} entries; there are ${value.length}`
        : undefined;
    }
    case "string":
      return cureOfText(schema, value);
    case "integer":
    case "number": {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
      const fits = typeof value === "number" && value >= minimum && value <= maximum;
      return fits && (schema.type === "number" || Number.isInteger(value)) ? undefined : wanted(schema);
    }
    case "boolean":
      return typeof value === "boolean" ? undefined : wanted(schema);
    default:
      return undefined;
  }
}

function cureOfText(schema: Schema, value: unknown): string | undefined {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  if (typeof value === "number" || typeof value === "boolean") {
    return schema.enum === undefined ? "write text; put it in quotes" : wanted(schema);
  }
  if (typeof value !== "string") return wanted(schema);
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const near = nearest(value, schema.enum);
    return near === undefined ? wanted(schema) : `did you mean ${near}?`;
  }
  if (value.length > maxLength) return `write at most ${maxLength} characters; there are ${value.length}`;
  return value.length < minLength ? "write text that is not empty" : undefined;
}

function wanted(schema: Schema): string {
  if (schema.enum !== undefined) return `write ${schema.enum.join(" or ")}`;
  switch (schema.type) {
    case "object":
      return "write its fields below it";
    case "array":
      return "write a list";
    case "string":
      return "write text";
    case "integer":
    case "number":
      return `write a whole number${bounds(schema)}`;
    case "boolean":
      return "write true or false";
    default:
      return "write it";
  }
}

function bounds({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
