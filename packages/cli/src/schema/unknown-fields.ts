import { nearest } from "@fairlead/api/nearest.ts";
import { isJsonObject, type JsonObject } from "../source/json.ts";
import { type Path, pathText } from "../source/path.ts";
import type { Fault } from "./fault.ts";
import type { Schema } from "./schema.ts";

/** Fields that the schema does not know, each with the one that is probably meant. */
export function unknownFields(whole: Schema, value: unknown): readonly Fault[] {
  return unknownBelow(whole, whole, value, []);
}

function unknownBelow(whole: Schema, schema: Schema, value: unknown, path: Path): readonly Fault[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((one, i) => unknownBelow(whole, items, one, [...path, i]));
  }
  const { properties } = schema;
  if (!isJsonObject(value) || properties === undefined) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known !== undefined) return unknownBelow(whole, known, inner, [...path, key]);
    return [unknown(whole, properties, [...path, key], key, value)];
  });
}

function unknown(
  whole: Schema,
  properties: Readonly<Record<string, Schema>>,
  path: Path,
  key: string,
  siblings: JsonObject,
): Fault {
  const parent = path.slice(0, -1);
  const of = parent.length === 0 ? "the object" : pathText(parent);
  const { cure, meant } = cureOf(whole, Object.keys(properties), key);
  return {
    path,
    part: "key",
    message: `${JSON.stringify(key)} is no field of ${of}; ${cure}`,
    ...(meant !== undefined && siblings[meant] === undefined && { meant: [...parent, meant] }),
  };
}

function cureOf(
  whole: Schema,
  names: readonly string[],
  key: string,
): { readonly cure: string; readonly meant?: string } {
  const same = names.find((name) => plain(name) === plain(key));
  if (same !== undefined) return { cure: `write ${same}`, meant: same };
  const [elsewhere, ...more] = placesOf(whole, key, "");
  if (elsewhere !== undefined && more.length === 0) return { cure: `write it under ${elsewhere}` };
  const near = nearest(key, names);
  if (near !== undefined) return { cure: `did you mean ${near}?`, meant: near };
  return { cure: `remove it, or write one of ${names.join(", ")}` };
}

/** Where else in the schema there is a field of this name. */
function placesOf(schema: Schema, name: string, path: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    if (path === "" && key === "status") return [];
    const below = path === "" ? key : `${path}.${key}`;
    const here = key === name && path !== "" ? [path] : [];
    return [...here, ...placesOf(inner, name, below), ...placesOf(inner.items ?? {}, name, `${below}[]`)];
  });
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}
