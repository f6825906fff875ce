import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";

/** One line of a watch. */
export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** Nothing happened up to this version. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  /** The watch is over; `status` is a Status object, or should be. */
  | { readonly type: "ERROR"; readonly status: unknown };

/** Reads one line of a watch, or tells why it cannot be read. */
export function parseWatchEvent<T extends KubeObject>(line: string): Result<WatchEvent<T>, string> {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return err("the line is not JSON");
  }
  if (!isRecord(event)) return err("the line is no object");
  const { type, object } = event;
  switch (type) {
    case "ERROR":
      return ok({ type, status: object });
    case "BOOKMARK": {
      const version = isRecord(object) && isRecord(object.metadata) ? object.metadata.resourceVersion : "";
      return typeof version === "string" && version !== ""
        ? ok({ type, resourceVersion: version })
        : err("the bookmark has no resourceVersion");
    }
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return isKubeObject<T>(object)
        ? ok({ type, object })
        : err("the object has no name or no resourceVersion");
    default:
      return err("the event has an unknown type");
  }
}

/** Whether this is an object of the API: one with a name and a version. */
export function isKubeObject<T extends KubeObject>(value: unknown): value is T {
  if (!isRecord(value) || !isRecord(value.metadata)) return false;
  const { name, resourceVersion } = value.metadata;
  return (
    typeof name === "string" && name !== "" && typeof resourceVersion === "string" && resourceVersion !== ""
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
