import { type EndpointSlice, endpointSlices, SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import { Administrator } from "../../bench/administrator.ts";
import { inParallel } from "../../bench/in-parallel.ts";
import type { Lab } from "../../lab/lab.ts";
import { TEST_LABEL } from "./objects.ts";
import type { ServiceHistory } from "./service-history.ts";
import { virtualIPs } from "./steps.ts";

/** A Service of a burst. Those with an odd number at the end of their name are of IPv6. */
export interface Member {
  readonly namespace: string;
  readonly name: string;
  /** The web pods that serve it. Absent: it has no selector, so that Kubernetes' own controllers have less to do. */
  readonly app?: string;
  /** An EndpointSlice, made before it, says that something serves it. */
  readonly served?: true;
  /** No kube-proxy makes rules for it, which takes most of the lab's processor time where there are thousands. */
  readonly proxied?: false;
}

/** What it names works for a Service instead of kube-proxy (KEP-2447). */
const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";

/** `count` Services of `default`. */
export function members(prefix: string, count: number, app?: string): readonly Member[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ namespace: "default", name: `${prefix}-${i}` },
    ...(app !== undefined && { app }),
  }));
}

/** `namespace/name`. */
export function keyOf({ namespace, name }: Member): string {
  return `${namespace}/${name}`;
}

/** Creates and deletes Services as fast as the API server takes them. */
export class Burst {
  readonly #administrator: Administrator;
  #created: Member[] = [];

  constructor(lab: Lab) {
    this.#administrator = new Administrator(lab);
  }

  /** Those that have been created and not been deleted. */
  get created(): readonly Member[] {
    return this.#created;
  }

  /** Creates them by so many writers, each with a connection of its own, in the order in which they are given. */
  create(wanted: readonly Member[], writers: number): Promise<void> {
    return inParallel(wanted, writers, async (member) => {
      if (member.served) await this.#administrator.client.create(endpointSlices, endpointsOf(member));
      await this.#administrator.client.create(services, manifestOf(member));
      this.#created.push(member);
    });
  }

  /** Deletes all of them, or those. */
  async remove(doomed: readonly Member[] = this.#created): Promise<void> {
    const gone = new Set(doomed);
    this.#created = this.#created.filter((one) => !gone.has(one));
    await inParallel(doomed, 20, async ({ namespace, name }) => {
      await this.#administrator.client.delete(services, { namespace, name });
    });
  }

  close(): void {
    this.#administrator.close();
  }
}

/** How many of them have shown an address. */
export function addressedCount(history: ServiceHistory, of: readonly Member[]): number {
  return of.filter((member) => history.addresses(keyOf(member)).some((state) => state !== "")).length;
}

/**
 * What is wrong with the addresses of Services that ought to have one each: none, more than one in the course of time, one
 * that another has or had, or a VirtualIP that says otherwise. Empty: all is well.
 */
export async function faultsOf(
  lab: Lab,
  history: ServiceHistory,
  of: readonly Member[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  const holders = new Map<string, string>();
  for (const key of of.map(keyOf)) {
    const had = history.addresses(key).filter((state) => state !== "");
    if (had.length !== 1) faults.push(`${key} has had ${had.length} addresses: ${had.join(", ")}`);
    for (const ip of had) {
      if (holders.has(ip)) faults.push(`${ip} was shown by ${holders.get(ip)} and ${key}`);
      holders.set(ip, key);
    }
  }
  const records = await virtualIPs(lab);
  for (const { spec } of records) {
    if (holders.get(spec.address) !== spec.services.join())
      faults.push(
        `the VirtualIP of ${spec.address} names [${spec.services}], ${holders.get(spec.address)} shows it`,
      );
    holders.delete(spec.address);
  }
  faults.push(...[...holders].map(([ip, key]) => `${ip} of ${key} has no VirtualIP`));
  return faults;
}

/** What nobody asks is never reached: an address that is only for documentation will do. */
function endpointsOf(member: Member): EndpointSlice {
  const { namespace, name } = member;
  const isV6 = isIPv6(name);
  return {
    metadata: { namespace, name, labels: { [SERVICE_NAME_LABEL]: name, ...proxyLabelOf(member) } },
    addressType: isV6 ? "IPv6" : "IPv4",
    endpoints: [{ addresses: [isV6 ? "2001:db8:ffff::1" : "203.0.113.1"], conditions: { ready: true } }],
  };
}

function isIPv6(name: string): boolean {
  return /[13579]$/.test(name);
}

function proxyLabelOf({ proxied }: Member): Readonly<Record<string, string>> {
  return proxied === false ? { [PROXY_NAME_LABEL]: "none" } : {};
}

function manifestOf(member: Member): Service {
  const { namespace, name, app } = member;
  const spec: object = {
    type: "LoadBalancer",
    allocateLoadBalancerNodePorts: false,
    ipFamilies: [isIPv6(name) ? "IPv6" : "IPv4"],
    ...(app !== undefined && { selector: { app } }),
    ports: [{ port: 80, targetPort: 8080 }],
  };
  const labels = { [TEST_LABEL]: "true", ...proxyLabelOf(member) };
  return { metadata: { namespace, name, labels }, spec };
}
