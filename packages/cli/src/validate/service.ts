import type { Service, ServicePort } from "@fairlead/api/core/service.ts";
import { FAMILIES, type Family, parseAddress } from "@fairlead/net/address.ts";
import type { Fault } from "../schema/fault.ts";
import { isJsonObject, textOf } from "../source/json.ts";
import type { LocatedObject } from "../source/located-object.ts";
import { asKind, textsOf } from "./typed.ts";

/** A Service of a file, with the cluster IPs that it would get. */
export interface ReadService {
  readonly service: Service;
  /** Fields that do not hold what they should, and are left out. */
  readonly faults: readonly Fault[];
}

const POLICIES = ["SingleStack", "PreferDualStack", "RequireDualStack"] as const;
const TRAFFIC_POLICIES = ["Cluster", "Local"] as const;
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
/** Stands for the cluster IP that the API server will choose; only its family is read. */
const CLUSTER_IPS: Readonly<Record<Family, string>> = { IPv4: "192.0.2.1", IPv6: "2001:db8::1" };

/** Reads what of a Service allocation asks for. */
export function asService(object: LocatedObject): ReadService {
  const faults: Fault[] = [];
  const choice = <T extends string>(field: string, values: readonly T[]): T | undefined => {
    const value = object.at(["spec", field]);
    if (value === undefined || value === null) return undefined;
    const known = values.find((one) => one === value);
    const cure = `write ${values.join(" or ")}`;
    if (known === undefined) faults.push(wrong(field, value, cure));
    return known;
  };
  const ipFamilyPolicy = choice("ipFamilyPolicy", POLICIES);
  const externalTrafficPolicy = choice("externalTrafficPolicy", TRAFFIC_POLICIES);
  const loadBalancerIP = object.at(["spec", "loadBalancerIP"]);
  if (typeof loadBalancerIP !== "string" && loadBalancerIP !== undefined && loadBalancerIP !== null) {
    faults.push(wrong("loadBalancerIP", loadBalancerIP, "write an address, in quotes"));
  }
  const families = readFamilies(object, faults);
  const service: Service = {
    ...asKind<Service>(object),
    spec: {
      type: "LoadBalancer",
      clusterIPs: clusterIPsOf(object, families, ipFamilyPolicy),
      ports: portsOf(object.at(["spec", "ports"])),
      selector: textsOf(object.at(["spec", "selector"])),
      ...(typeof loadBalancerIP === "string" && { loadBalancerIP }),
      ...(ipFamilyPolicy !== undefined && { ipFamilyPolicy }),
      ...(externalTrafficPolicy !== undefined && { externalTrafficPolicy }),
    },
  };
  return { service, faults };
}

function wrong(field: string, value: unknown, cure: string): Fault {
  return { path: ["spec", field], part: "value", message: `${JSON.stringify(value)} is not right; ${cure}` };
}

function readFamilies(object: LocatedObject, faults: Fault[]): readonly Family[] {
  const value = object.at(["spec", "ipFamilies"]);
  if (value === undefined || value === null) return [];
  const families = Array.isArray(value) ? FAMILIES.filter((family) => value.includes(family)) : [];
  const all = Array.isArray(value) && value.every((one) => families.some((family) => family === one));
  if (!all) faults.push(wrong("ipFamilies", value, "write a list of IPv4 and IPv6"));
  return Array.isArray(value) && value[0] === "IPv6" ? [...families].reverse() : families;
}

/**
 * The cluster IPs of a dump; else those that the API server will choose. Which family a cluster without a word of it gives is
 * not in the file: it is taken to be the one that the Service asks an address of.
 */
function clusterIPsOf(
  object: LocatedObject,
  families: readonly Family[],
  policy: (typeof POLICIES)[number] | undefined,
): readonly string[] {
  const all = object.at(["spec", "clusterIPs"]);
  if (Array.isArray(all) && all.length > 0) return all.flatMap((one) => textOf(one) ?? []);
  const one = textOf(object.at(["spec", "clusterIP"])) ?? "";
  const dual = policy === "PreferDualStack" || policy === "RequireDualStack";
  if (one === "None" || (one !== "" && !dual)) return [one];
  const wanted = dual ? [...families, ...FAMILIES] : families.length > 0 ? families : [askedFamily(object)];
  return [...new Set(wanted)].map((family) => CLUSTER_IPS[family]);
}

function askedFamily(object: LocatedObject): Family {
  const texts = [
    textOf(object.at(["spec", "loadBalancerIP"])) ?? "",
    ...Object.values(textsOf(object.at(["metadata", "annotations"]))),
  ];
  for (const text of texts.flatMap((one) => one.split(","))) {
    const address = parseAddress(text);
    if (address.ok) return address.value.family;
  }
  return "IPv4";
}

function portsOf(value: unknown): readonly ServicePort[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).flatMap(({ port, protocol }) => {
    const known = PROTOCOLS.find((one) => one === protocol) ?? "TCP";
    return typeof port === "number" ? [{ port, protocol: known }] : [];
  });
}
