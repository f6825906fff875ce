import { nearest } from "@fairlead/api/nearest.ts";
import { V1ObjectMeta } from "@kubernetes/client-node/dist/gen/models/V1ObjectMeta.js";
import { V1Service } from "@kubernetes/client-node/dist/gen/models/V1Service.js";
import { V1ServicePort } from "@kubernetes/client-node/dist/gen/models/V1ServicePort.js";
import { V1ServiceSpec } from "@kubernetes/client-node/dist/gen/models/V1ServiceSpec.js";
import { isJsonObject } from "../source/json.ts";
import type { Path } from "../source/path.ts";
import type { Fault } from "./fault.ts";

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string }[];
}

/** Fields of `metadata` that are misspelled. */
export function misspelledMetadata(metadata: unknown): readonly Fault[] {
  return misspelled(V1ObjectMeta, metadata, ["metadata"]);
}

/** Fields of a Service that are misspelled, those of its metadata left out. */
export function misspelledServiceFields(service: unknown): readonly Fault[] {
  if (!isJsonObject(service)) return [];
  const spec = isJsonObject(service.spec) ? service.spec : {};
  const ports: readonly unknown[] = Array.isArray(spec.ports) ? spec.ports : [];
  return [
    ...misspelled(V1Service, service, []),
    ...misspelled(V1ServiceSpec, spec, ["spec"]),
    ...ports.flatMap((port, i) => misspelled(V1ServicePort, port, ["spec", "ports", i])),
  ];
}

/** A cluster may know more fields than the client library: only those that resemble a known one are told. */
function misspelled(model: Model, value: unknown, path: Path): readonly Fault[] {
  if (!isJsonObject(value)) return [];
  const names = model.getAttributeTypeMap().map(({ baseName }) => baseName);
  const parent = path.length === 0 ? "the object" : path.filter((part) => typeof part === "string").join(".");
  return Object.keys(value).flatMap((key) => {
    if (names.includes(key)) return [];
    const meant = nearest(key, names);
    if (meant === undefined) return [];
    const absent = value[meant] === undefined && { meant: [...path, meant] };
    const message = `${JSON.stringify(key)} is no field of ${parent}; did you mean ${meant}?`;
    return [{ path: [...path, key], part: "key", message, ...absent } as const];
  });
}
