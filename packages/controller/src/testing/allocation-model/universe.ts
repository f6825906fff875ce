import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Family } from "@fairlead/net/address.ts";
import { pool, service } from "../objects.ts";

/** The few addresses that there are, two of which end in .255 and .0. */
export const V4 = [252, 253, 254, 255, 256, 257, 258].map((n) => `192.0.${2 + (n >> 8)}.${n & 255}`);
export const V6 = [0, 1, 2, 3].map((n) => (n === 0 ? "2001:db8::" : `2001:db8::${n}`));
export const ADDRESSES: readonly string[] = [...V4, ...V6];
export const SERVICES = ["web/a", "web/b", "web/c", "db/a", "db/b"] as const;
export const POOLS = ["p", "q", "r"] as const;
export const NAMESPACES = ["web", "db"] as const;
export const TIERS = ["front", "back"] as const;

/** Places of addresses in the list of their family, both included. */
export interface Span {
  readonly family: Family;
  readonly from: number;
  readonly to: number;
}

/** A pool in the few words that matter. */
export interface PoolPlan {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly exclude: readonly Span[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  readonly disabled: boolean;
  readonly retain: boolean;
  readonly delayed: boolean;
  readonly quota: number | undefined;
  readonly inTurn: boolean;
  readonly sharing: "SameNamespace" | "AcrossNamespaces" | undefined;
  readonly renumber: boolean;
  readonly priority: number | undefined;
  /** Namespaces, tiers of namespaces and labels that it admits; empty: it does not ask for that. */
  readonly namespaces: readonly string[];
  readonly tiers: readonly string[];
  readonly apps: readonly string[];
  /** Deleted a moment ago. */
  readonly gone: boolean;
}

/** A Service in the few words that matter. */
export interface ServicePlan {
  readonly key: string;
  readonly families: readonly Family[];
  readonly policy: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  readonly asksPool: string | undefined;
  readonly asks: readonly string[];
  readonly shares: string | undefined;
  readonly legacy: boolean;
  readonly ports: readonly number[];
  readonly local: boolean;
  readonly app: string;
}

/** @returns the addresses of the span in order */
export function addressesOf({ family, from, to }: Span): readonly string[] {
  return (family === "IPv4" ? V4 : V6).slice(from, to + 1);
}

export function familyOf(text: string): Family {
  return text.includes(":") ? "IPv6" : "IPv4";
}

export function poolObject(plan: PoolPlan): IPAddressPool {
  const { namespaces, tiers, apps, priority, quota, sharing } = plan;
  const pinned = priority !== undefined || namespaces.length + tiers.length + apps.length > 0;
  const labels = (key: string, values: readonly string[]) =>
    values.map((value) => ({ matchLabels: { [key]: value } }));
  const serviceAllocation = {
    priority: priority ?? 0,
    namespaces,
    namespaceSelectors: labels("tier", tiers),
    serviceSelectors: labels("app", apps),
  };
  return pool(plan.name, plan.spans.map(textOf), {
    exclude: plan.exclude.map(textOf),
    autoAssign: plan.autoAssign,
    avoidBuggyIPs: plan.avoidBuggyIPs,
    disabled: plan.disabled,
    reclaimPolicy: plan.retain ? "Retain" : "Delete",
    releaseDelay: plan.delayed ? "10m" : "0s",
    selection: plan.inTurn ? "LeastRecentlyUsed" : "FirstFree",
    onInvalid: plan.renumber ? "Renumber" : "Keep",
    ...(quota !== undefined && { quota: { perNamespace: quota } }),
    ...(sharing !== undefined && { sharing }),
    ...(pinned && { serviceAllocation }),
  });
}

/** @param created serves as its age */
export function serviceObject(plan: ServicePlan, created: string): Service {
  const { key, families, policy, asksPool, asks, shares, legacy, ports, local, app } = plan;
  const annotations = {
    ...(asksPool !== undefined && { "fairlead.dev/address-pool": asksPool }),
    ...(asks.length > 0 && { "metallb.io/loadBalancerIPs": asks.join(",") }),
    ...(shares !== undefined && { [`${legacy ? "metallb.io" : "fairlead.dev"}/allow-shared-ip`]: shares }),
  };
  return service(key, {
    annotations,
    families,
    labels: { app },
    created,
    spec: {
      ipFamilyPolicy: policy,
      ports: ports.map((port) => ({ port, protocol: "TCP" })),
      selector: { app },
      externalTrafficPolicy: local ? "Local" : "Cluster",
    },
  });
}

function textOf(span: Span): string {
  const addresses = addressesOf(span);
  return `${addresses[0]}-${addresses.at(-1)}`;
}
