import { ADDRESSES_ANNOTATION, POOL_ANNOTATION, SHARING_ANNOTATION } from "@fairlead/api/annotations.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import { type Family, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { readAnnotation, unknownAnnotations } from "./annotations.ts";
import type { ServiceKey } from "./holdings.ts";
import type { Refusal } from "./reasons.ts";
import type { Terms } from "./sharing.ts";

/** What a Service asks for. */
export interface AddressRequest {
  readonly service: ServiceKey;
  readonly namespace: string;
  readonly labels: Labels;
  /** The families it can use, its first one first. */
  readonly families: readonly Family[];
  /** Whether every family must be had (`all`) or one is enough (`any`). */
  readonly need: "all" | "any";
  readonly pool: Asked<string> | undefined;
  /** At most one of each family. */
  readonly addresses: readonly Asked<IpAddress>[];
  /** Under which terms it shares an address with others; undefined: it does not. */
  readonly sharing: Terms | undefined;
  /** Why nothing can be given for what the Service says; what it has, it keeps. */
  readonly refusal: Refusal | undefined;
  /** What is not acted upon, or was decided between two statements: told beside the outcome. */
  readonly notes: readonly string[];
}

/** A wish and the field that states it. */
export interface Asked<T> {
  readonly value: T;
  /** For messages: `annotation fairlead.dev/address-pool` or `spec.loadBalancerIP`. */
  readonly field: string;
}

/** Reads what a Service of type LoadBalancer asks for. */
export function readRequest(service: Service): AddressRequest {
  const { namespace = "", name, annotations = {}, labels } = service.metadata;
  const notes: string[] = [];
  const pool = readAnnotation(annotations, POOL_ANNOTATION, notes);
  const addresses = readAddresses(service, notes);
  const sharing = readTerms(service, notes);
  notes.push(...unknownAnnotations(annotations));
  const { families, need, refusal } = readFamilies(service);
  return {
    service: `${namespace}/${name}`,
    namespace,
    labels,
    families,
    need,
    pool,
    addresses: addresses.ok ? addresses.value : [],
    sharing,
    refusal: refusal ?? (addresses.ok ? foreignFamily(addresses.value, families) : addresses.error),
    notes,
  };
}

/** Under which terms the Service shares an address; undefined without a sharing key. */
export function readTerms({ metadata, spec }: Service, notes: string[] = []): Terms | undefined {
  const { namespace = "", name, annotations = {} } = metadata;
  const key = readAnnotation(annotations, SHARING_ANNOTATION, notes);
  if (key === undefined) return undefined;
  const selector = Object.entries(spec.selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const local = spec.externalTrafficPolicy === "Local";
  return {
    service: `${namespace}/${name}`,
    namespace,
    key: key.value.slice(0, 1024),
    legacy: key.legacy,
    backend: local ? selector.map(([label, value]) => `${label}=${value}`).join(",") : "",
    ports: (spec.ports ?? []).map(({ protocol = "TCP", port }) => `${protocol}/${port}`).sort(),
  };
}

/**
 * The families come from the cluster IPs alone: kube-proxy serves an external address of a family only if there is a
 * cluster IP of that family.
 */
function readFamilies(service: Service): {
  families: readonly Family[];
  need: "all" | "any";
  refusal?: Refusal;
} {
  const { clusterIPs = [], ipFamilyPolicy: policy = "SingleStack" } = service.spec;
  const families: Family[] = [];
  for (const text of clusterIPs) {
    const address = parseAddress(text);
    if (address.ok && !families.includes(address.value.family)) families.push(address.value.family);
  }
  const first = families[0];
  if (first === undefined) {
    const refusal = {
      reason: "BadRequest",
      message: "the Service has no cluster IP; remove clusterIP: None",
    } as const;
    return { families, need: "all", refusal };
  }
  if (policy === "SingleStack") return { families: [first], need: "all" };
  if (policy === "PreferDualStack") return { families, need: "any" };
  if (families.length === 2) return { families, need: "all" };
  const message = `the Service requires two IP families and has only an ${first} cluster IP; set spec.ipFamilyPolicy to PreferDualStack or use a dual-stack cluster`;
  return { families, need: "all", refusal: { reason: "FamilyNotAvailable", message } };
}

function foreignFamily(
  addresses: readonly Asked<IpAddress>[],
  families: readonly Family[],
): Refusal | undefined {
  const foreign = addresses.find(({ value }) => !families.includes(value.family));
  if (foreign === undefined) return undefined;
  const { value, field } = foreign;
  return {
    reason: "FamilyNotAvailable",
    message: `${field} asks for ${value.text}, but the Service has no ${value.family} cluster IP; ask for an ${families.join(" or ")} address or change spec.ipFamilies`,
  };
}

function readAddresses(service: Service, notes: string[]): Result<readonly Asked<IpAddress>[], Refusal> {
  const annotation = readAnnotation(service.metadata.annotations ?? {}, ADDRESSES_ANNOTATION, notes);
  const fromAnnotation = annotation === undefined ? ok([]) : parseList(annotation);
  if (!fromAnnotation.ok) return fromAnnotation;
  const text = service.spec.loadBalancerIP ?? "";
  if (text.trim() === "") return fromAnnotation;
  const field = "spec.loadBalancerIP";
  const address = parseAddress(text);
  if (!address.ok) return err({ reason: "BadRequest", message: `${field}: ${address.error}` });
  if (annotation === undefined) return ok([{ value: address.value, field }]);
  if (fromAnnotation.value.some(({ value }) => value.text === address.value.text)) return fromAnnotation;
  return err({
    reason: "Contradiction",
    message: `${field} asks for ${address.value.text} and ${annotation.field} for ${JSON.stringify(annotation.value)}; remove one of the two`,
  });
}

function parseList(asked: Asked<string>): Result<readonly Asked<IpAddress>[], Refusal> {
  const { field } = asked;
  const addresses: Asked<IpAddress>[] = [];
  for (const part of asked.value.split(",")) {
    const address = parseAddress(part);
    if (!address.ok) return err({ reason: "BadRequest", message: `${field}: ${address.error}` });
    const { family, text } = address.value;
    const other = addresses.find(({ value }) => value.family === family);
    if (other !== undefined) {
      const message = `${field} asks for two ${family} addresses, ${other.value.text} and ${text}; name at most one of each family`;
      return err({ reason: "BadRequest", message });
    }
    addresses.push({ value: address.value, field });
  }
  return ok(addresses);
}
