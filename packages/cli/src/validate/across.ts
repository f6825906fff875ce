import { nearest } from "@fairlead/api/nearest.ts";
import { type Pool, poolContains } from "@fairlead/controller/allocation/pool.ts";
import { formatCover } from "@fairlead/controller/allocation/pools.ts";
import type { AddressRequest } from "@fairlead/controller/allocation/request.ts";
import type { Finding } from "../finding.ts";
import type { LocatedObject } from "../source/located-object.ts";
import type { Path } from "../source/path.ts";
import { placeOf } from "./overlaps.ts";

/** The pools of the files by name; undefined: it is there and cannot be read. */
export type KnownPools = ReadonlyMap<string, Pool | undefined>;

/** A Service of the files that asks for an address. */
export interface FileService {
  readonly object: LocatedObject;
  readonly request: AddressRequest;
}

/** Objects of which the files have more than one. */
export function repeatedObjects(objects: readonly LocatedObject[]): readonly Finding[] {
  const first = new Map<string, LocatedObject>();
  return objects.flatMap((object) => {
    const { kind, name, namespace, apiVersion = "" } = object;
    if (name === undefined) return [];
    const key = JSON.stringify([apiVersion.split("/", 1)[0], kind, namespace, name]);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, object);
      return [];
    }
    const message = `${kind} ${JSON.stringify(name)} is in ${placeOf(earlier)} already, and the later one would replace it; rename or remove one`;
    return [object.finding("error", ["metadata", "name"], message)];
  });
}

/** Pools that an advertisement names and that cannot be found in the files, or have nothing to advertise. */
export function unknownPools(object: LocatedObject, pools: KnownPools): readonly Finding[] {
  const path = ["spec", "ipAddressPools"];
  const names = object.at(path);
  if (!Array.isArray(names)) return [];
  return names.flatMap((name, i) => {
    const message = typeof name === "string" ? missingPool(name, pools) : undefined;
    return message === undefined ? [] : [object.finding("note", [...path, i], message)];
  });
}

/** What a Service asks for that the pools of the files cannot give. */
export function unmetRequests({ object, request }: FileService, pools: KnownPools): readonly Finding[] {
  const { pool: asked, addresses } = request;
  const findings: Finding[] = [];
  const missing = asked && missingPool(asked.value, pools);
  if (asked !== undefined && missing !== undefined) {
    findings.push(object.finding("note", pathOf(asked.field), missing));
  }
  const named = asked && pools.get(asked.value);
  for (const { value, field } of addresses) {
    if (named !== undefined && !poolContains(named, value)) {
      const message = `${value.text} is not in IPAddressPool ${JSON.stringify(named.name)} (${formatCover(named.cover)}), which ${asked?.field} asks for; remove one of the two`;
      findings.push(object.finding("error", pathOf(field), message));
    } else if (
      asked === undefined &&
      ![...pools.values()].some((pool) => pool === undefined || poolContains(pool, value))
    ) {
      const message = `${value.text} is in no IPAddressPool of these files; one in the cluster must have it`;
      findings.push(object.finding("note", pathOf(field), message));
    }
  }
  return findings;
}

/** @param field as requests name it: `annotation KEY` or `spec.loadBalancerIP` */
function pathOf(field: string): Path {
  const key = /^annotation (.*)$/.exec(field)?.[1];
  return key === undefined ? field.split(".") : ["metadata", "annotations", key];
}

function missingPool(name: string, pools: KnownPools): string | undefined {
  const named = `IPAddressPool ${JSON.stringify(name)}`;
  if (pools.has(name)) {
    return pools.get(name)?.cover.length === 0
      ? `${named} has no address; see what is said of it`
      : undefined;
  }
  const near = nearest(name, [...pools.keys()]);
  const cure =
    near === undefined ? "it must be in the cluster" : `it must be in the cluster; or did you mean ${near}?`;
  return `${named} is not in these files; ${cure}`;
}
