import type { Service } from "@fairlead/api/core/service.ts";
import { readWebAnswer } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";
import { service, type WebOptions, web } from "./objects.ts";
import { addressed, announcer, apply, paths, touch, urlOf, virtualIPNameOf } from "./steps.ts";

/** So many looks in vain are some seconds. */
const TOUCHED_EVERY = 30;

/** Makes web pods and waits until they are ready. */
export async function serve(lab: Lab, name: string, options: WebOptions): Promise<void> {
  await apply(lab, web(name, { ...options, probed: options.ending === undefined }));
  await rolledOut(lab, name);
}

/** Waits until all pods of a Deployment are of its newest kind and ready. */
export async function rolledOut(lab: Lab, name: string): Promise<void> {
  const argv = ["rollout", "status", `deployment/${name}`, "--timeout=170s"];
  await lab.kubectl(argv, { deadlineMs: 180_000 });
}

/** Makes a Service of both families, and waits until it is answered. @returns its addresses, IPv4 first */
export async function served(
  lab: Lab,
  name: string,
  app: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<readonly [string, string]> {
  await apply(lab, service(name, { app, spec }));
  const vips = await pairOf(lab, name);
  for (const vip of vips) {
    await nodeOf(lab, vip);
    await proxied(lab, name, vip);
  }
  return vips;
}

interface WithNodePorts {
  readonly spec: Service["spec"] & { readonly ports: readonly { readonly nodePort?: number }[] };
}

/**
 * Waits until the kube-proxy of every node serves an address of a Service as it is now. What a client sends to a node before that is taken for a
 * connection to nowhere, and conntrack does so for two minutes more with what comes from the same port.
 *
 * The node port is asked first, which no Service before had. After an outage of the API server the address may be served by the rules of a
 * deleted Service, until kube-proxy hears of it: then by nobody, for the second that it leaves between two changes of its rules.
 *
 * @param backend the node on which the pods are to be by then; any if undefined
 */
export async function proxied(lab: Lab, name: string, vip: string, backend?: string): Promise<void> {
  const { spec } = await lab.api.get<Service & WithNodePorts>(paths.service(name));
  let looks = 0;
  for (const node of lab.nodeNames) {
    const [cable] = lab.member(node).cables;
    const own = vip.includes(":") ? cable?.ipv6 : cable?.ipv4;
    for (const url of [urlOf(own ?? "", spec.ports[0]?.nodePort), urlOf(vip)])
      await lab.waitFor(
        `a page from ${url} on ${node}${backend === undefined ? "" : `, from a pod on ${backend}`}`,
        async (see) => {
          const attempt = await lab.fetch(node, url);
          see(attempt);
          if (attempt.ok && (backend === undefined || readWebAnswer(attempt.body).node === backend))
            return true;
          looks++;
          if (looks % TOUCHED_EVERY === 0) await touch(lab, name);
          return false;
        },
        { deadlineMs: 120_000 },
      );
    // What tests before had sent there in vain must not be taken up. 1: there is nothing of that.
    const family = vip.includes(":") ? "ipv6" : "ipv4";
    await lab.exec(node, ["conntrack", "-D", "-f", family, "-d", vip], { accept: [0, 1] });
  }
}

/** The addresses of a Service of both families, IPv4 first. */
export async function pairOf(lab: Lab, name: string): Promise<readonly [string, string]> {
  const [ipv4 = "", ipv6 = ""] = await addressed(lab, name, 2);
  return [ipv4, ipv6];
}

/** Waits until an address is announced and returns the node that says so. @param not another than this one */
export function nodeOf(lab: Lab, vip: string, not?: string): Promise<string> {
  return announcer(lab, virtualIPNameOf(vip), not);
}

/** The names of the pods with these labels, on one node or on all. */
export async function podNames(lab: Lab, labels: string, node?: string): Promise<readonly string[]> {
  const on = node === undefined ? [] : ["--field-selector", `spec.nodeName=${node}`];
  const output = ["-o", "jsonpath={.items[*].metadata.name}"];
  const names = await lab.kubectl(["get", "pods", "-l", labels, ...on, ...output]);
  return names.split(" ").filter((name) => name !== "");
}
