import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { isJsonObject } from "../source/json.ts";
import type { LocatedObject } from "../source/located-object.ts";

/**
 * The object as the readers of packages/api take it. They believe nothing but `metadata`, as the API server checks that for
 * all kinds; here it is made right.
 */
export function asKind<T extends KubeObject>(object: LocatedObject): T {
  const { name = "", namespace } = object;
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: textsOf(object.at(["metadata", "labels"])),
    annotations: textsOf(object.at(["metadata", "annotations"])),
  };
  return { ...object.value, metadata } as unknown as T;
}

/** Those of the fields that hold text. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === "string" ? [[key, text] as const] : [])),
  );
}
