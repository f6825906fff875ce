import { ANNOTATION_PREFIXES, SERVICE_ANNOTATIONS } from "@fairlead/api/annotations.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import { nearest } from "@fairlead/api/nearest.ts";
import { unknownAnnotations } from "@fairlead/controller/allocation/annotations.ts";
import { type AddressRequest, readRequest } from "@fairlead/controller/allocation/request.ts";
import type { Finding } from "../finding.ts";
import type { SchemaChecker } from "../schema/check.ts";
import { misspelledServiceFields } from "../schema/kubernetes-fields.ts";
import type { LocatedObject } from "../source/located-object.ts";
import type { Path } from "../source/path.ts";
import { renderFirst } from "../source/templates.ts";
import { judgeMetadata } from "./metadata.ts";
import { asService } from "./service.ts";

const ANNOTATIONS: Path = ["metadata", "annotations"];

/** What a Service of a file asks for, and what is wrong with that. */
export interface JudgedService {
  /** Undefined if it cannot be told: a placeholder was left in, or it asks for nothing of us. */
  readonly request: AddressRequest | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Judges what a Service asks for. Undefined if it is neither of type LoadBalancer nor asks for anything, so that it is
 * none of our business.
 */
export function judgeService(object: LocatedObject, checker: SchemaChecker): JudgedService | undefined {
  const { service, faults } = asService(object);
  const keys = askingKeys(service);
  const type = object.at(["spec", "type"]);
  if (type !== "LoadBalancer") {
    const [key] = keys;
    if (key === undefined) return undefined;
    const message = `the Service asks for an address and is not of type LoadBalancer, so that it gets none; write type: LoadBalancer under spec, or remove the annotation`;
    return { request: undefined, findings: [object.finding("note", [...ANNOTATIONS, key], message, "key")] };
  }
  const template = object.template([
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["spec"],
    ...keys.map((key) => [...ANNOTATIONS, key]),
  ]);
  if (template !== undefined) {
    const finding = object.finding("error", [], renderFirst(template));
    return { request: undefined, findings: [{ ...finding, ...template.position }] };
  }
  const misspelled = misspelledServiceFields(object.value);
  const findings = [
    ...judgeMetadata(object, checker),
    ...[...misspelled, ...faults].map(({ path, part, message }) =>
      object.finding("error", path, message, part),
    ),
    ...strayPrefixes(object, service),
  ];
  const request = readRequest(service);
  return { request, findings: [...findings, ...requestFindings(object, service, request)] };
}

/** The annotations by which it asks for something. */
function askingKeys({ metadata: { annotations = {} } }: Service): readonly string[] {
  return Object.keys(annotations).filter((key) =>
    ANNOTATION_PREFIXES.some(
      (prefix) => key.startsWith(prefix) && SERVICE_ANNOTATIONS.includes(key.slice(prefix.length)),
    ),
  );
}

function requestFindings(
  object: LocatedObject,
  service: Service,
  { refusal, notes }: AddressRequest,
): readonly Finding[] {
  const unknown = unknownAnnotations(service.metadata.annotations ?? {});
  const told = (severity: Finding["severity"], message: string): Finding => {
    const path = fieldIn(message, service);
    return object.finding(severity, path, message, unknown.includes(message) ? "key" : "value");
  };
  return [
    ...(refusal === undefined ? [] : [told("error", refusal.message)]),
    ...notes.map((note) => told(unknown.includes(note) ? "error" : "note", note)),
  ];
}

/** The field that a message about a request begins with or names. */
function fieldIn(message: string, { metadata: { annotations = {} } }: Service): Path {
  const keys = Object.keys(annotations).filter((key) => message.includes(`annotation ${key}`));
  const [longest] = keys.sort((a, b) => b.length - a.length);
  if (longest !== undefined) return [...ANNOTATIONS, longest];
  if (message.includes("spec.loadBalancerIP")) return ["spec", "loadBalancerIP"];
  return message.includes("clusterIP") ? ["spec", "clusterIP"] : ["spec"];
}

/** Annotations that we would read if their prefix were right. */
function strayPrefixes(object: LocatedObject, { metadata }: Service): readonly Finding[] {
  return Object.keys(metadata.annotations ?? {}).flatMap((key) => {
    const slash = key.indexOf("/") + 1;
    const prefix = key.slice(0, slash);
    const name = key.slice(slash);
    if (ANNOTATION_PREFIXES.some((one) => one === prefix) || !SERVICE_ANNOTATIONS.includes(name)) return [];
    const meant = nearest(prefix, ANNOTATION_PREFIXES) ?? (slash === 0 ? ANNOTATION_PREFIXES[0] : undefined);
    if (meant === undefined) return [];
    const message = `annotation ${key} means nothing to Fairlead; did you mean ${meant}${name}?`;
    return [object.finding("error", [...ANNOTATIONS, key], message, "key")];
  });
}
