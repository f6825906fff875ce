import type { Condition } from "@fairlead/api/condition.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { readWebAnswer, type WebAnswer } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";
import type { WaitOptions } from "../../lab/wait.ts";
import { type Manifest, TEST_LABEL } from "./objects.ts";

/** An object with conditions in its status. */
export interface WithConditions extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** When a test last touched an object. */
const TOUCHED = "fairlead-e2e/touched";
const OURS = "/apis/fairlead.dev/v1beta1";

/** URL paths of single objects. */
export const paths = {
  service: (name: string, namespace = "default") => `/api/v1/namespaces/${namespace}/services/${name}`,
  pool: (name: string) => `${OURS}/ipaddresspools/${name}`,
  advertisement: (name: string) => `${OURS}/l2advertisements/${name}`,
  virtualIP: (name: string) => `${OURS}/virtualips/${name}`,
  speaker: (name: string) => `${OURS}/speakers/${name}`,
} as const;

const OF_TESTS = ["-l", TEST_LABEL, "--ignore-not-found"];

/** Applies manifests in one go, in this order. */
export async function apply(lab: Lab, ...manifests: readonly Manifest[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: manifests };
  await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(list) });
}

/** Changes an object as administrator by a merge patch (RFC 7386). @throws Error if it is refused */
export async function merge(lab: Lab, path: string, change: object): Promise<void> {
  const contentType = "application/merge-patch+json";
  const { status, text } = await lab.api.send("PATCH", path, { body: change, contentType });
  if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${text.slice(0, 500)}`);
}

/** Removes everything the tests created and waits until no address is held. */
export async function reset(lab: Lab): Promise<void> {
  await removeServices(lab);
  await lab.kubectl(["delete", "l2advertisements,ipaddresspools", ...OF_TESTS]);
  await noneHeld(lab);
}

/**
 * Deletes all Services and Deployments that a test made, and waits until they are gone. Their ReplicaSets and Pods are told to go, too: a
 * garbage collector that was away while a Deployment went and another one of its name came never collects them.
 */
export async function removeServices(lab: Lab): Promise<void> {
  await lab.kubectl(["delete", "services,deployments,replicasets", "-A", ...OF_TESTS]);
  await lab.kubectl(["delete", "pods", "-A", ...OF_TESTS, "--wait=false"]);
}

/** Waits until no address is held, not even for a Service that may come back. */
export async function noneHeld(lab: Lab, options: WaitOptions = {}): Promise<void> {
  await lab.waitFor(
    "no VirtualIP is left",
    async (see) => {
      const held = (await virtualIPs(lab)).map(({ metadata }) => metadata.name);
      see(held);
      return held.length === 0;
    },
    options,
  );
}

export async function virtualIPs(lab: Lab): Promise<readonly VirtualIP[]> {
  return (await lab.api.get<{ items: readonly VirtualIP[] }>(`${OURS}/virtualips`)).items;
}

export async function speakers(lab: Lab): Promise<readonly Speaker[]> {
  return (await lab.api.get<{ items: readonly Speaker[] }>(`${OURS}/speakers`)).items;
}

/** The addresses in a Service's status. */
export function addressesOf(service: Service): readonly string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}

/** Waits until a Service has `count` addresses and returns them. */
export function addressed(
  lab: Lab,
  name: string,
  count = 1,
  namespace = "default",
): Promise<readonly string[]> {
  return lab.waitFor(`Service ${namespace}/${name} has ${count} address(es)`, async (see) => {
    const service = await lab.api.get<Service>(paths.service(name, namespace));
    see(service.status);
    const addresses = addressesOf(service);
    return addresses.length === count && addresses;
  });
}

/** The one address that a Service gets. */
export async function address(lab: Lab, name: string, namespace = "default"): Promise<string> {
  return (await addressed(lab, name, 1, namespace))[0] ?? "";
}

/** Waits until an object's condition has this status (and reason), and returns the condition. */
export function condition(
  lab: Lab,
  path: string,
  wanted: { readonly type: string; readonly status: string; readonly reason?: string },
): Promise<Condition> {
  return lab.waitFor(`${path} has ${JSON.stringify(wanted)}`, async (see) => {
    const object = await lab.api.get<WithConditions>(path);
    const found = object.status?.conditions?.find(({ type }) => type === wanted.type);
    see(object.status?.conditions ?? "no conditions");
    const holds = found?.status === wanted.status && (wanted.reason ?? found.reason) === found.reason;
    return holds && found;
  });
}

/** Waits until an address is announced and returns the node that says so. */
export function announcer(lab: Lab, name: string, not?: string): Promise<string> {
  const which = not === undefined ? "a node" : `a node other than ${not}`;
  return lab.waitFor(`${which} announces ${name}`, async (see) => {
    const { status } = await lab.api.get<VirtualIP>(paths.virtualIP(name));
    see(status);
    const nodes = (status?.announcers ?? []).map(({ node }) => node);
    return nodes.length === 1 && nodes[0] !== not && nodes[0];
  });
}

/** What a client asks for at a port of an address. @param port 80 unless told */
export function urlOf(ip: string, port = 80): string {
  const host = ip.includes(":") ? `[${ip}]` : ip;
  return port === 80 ? `http://${host}/` : `http://${host}:${port}/`;
}

/** Waits for a page from an address: kube-proxy may learn of it later than the speaker. */
export async function page(lab: Lab, client: string, ip: string): Promise<void> {
  await lab.waitFor(`a page from ${ip} on ${client}`, async (see) => {
    const attempt = await lab.fetch(client, urlOf(ip));
    see(attempt);
    return attempt.ok && attempt.status === 200;
  });
}

/** Waits for a web pod's answer by UDP: kube-proxy may learn of a Service by UDP later than of others. Each attempt is from another port. */
export async function datagram(lab: Lab, client: string, ip: string): Promise<WebAnswer> {
  const answer = await lab.waitFor(`an answer by UDP from ${ip} to ${client}`, async (see) => {
    const attempt = await lab.udpAsk(client, ip, 80);
    see(attempt);
    return attempt.ok && attempt;
  });
  return readWebAnswer(answer.body);
}

/** The name of the VirtualIP of an address as text. */
export function virtualIPNameOf(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return virtualIPName(parsed.value);
}

/** The MAC of a node's interface on the LAN. */
export function macOf(lab: Lab, node: string): string {
  return lab.member(node).cables[0]?.mac ?? "";
}

/** The EndpointSlice controller, when its own view is late ("informer cache is out of date"), lets a Service lie for minutes otherwise. */
export async function touch(lab: Lab, name: string): Promise<void> {
  await merge(lab, paths.service(name), {
    metadata: { annotations: { [TOUCHED]: new Date().toISOString() } },
  });
}
