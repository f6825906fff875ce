import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import { SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Node } from "@fairlead/api/core/node.ts";
import type { Lab } from "../../lab/lab.ts";
import { web } from "./objects.ts";
import { rolledOut } from "./served.ts";
import { address, apply, touch, urlOf } from "./steps.ts";

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
/** Pods that are made only to see that Kubernetes makes them. */
const PROOF = "made-again";

/**
 * Waits until Kubernetes serves a Service on every node again: after an outage of the API server its own controllers and the kube-proxies
 * take up to a minute to come back, each on its own, and what follows in a test is not about them. The Service is touched each time, and
 * a Deployment is made and removed.
 */
export async function servedAgain(lab: Lab, name: string): Promise<void> {
  await apply(lab, web(PROOF, { replicas: 1 }));
  await rolledOut(lab, PROOF);
  await lab.kubectl(["delete", "deployment", PROOF]);
  const ip = await address(lab, name);
  const port = await lab.kubectl(["get", "service", name, "-o", "jsonpath={.spec.ports[0].nodePort}"]);
  const nodes = JSON.parse(await lab.kubectl(["get", "nodes", "-o", "json"])).items as readonly Node[];
  const through = nodes.flatMap(({ status }) =>
    (status?.addresses ?? [])
      .filter(({ type, address: own }) => type === "InternalIP" && !own.includes(":"))
      .map(({ address: own }) => `http://${own}:${port}/`),
  );
  for (const url of [urlOf(ip), ...through])
    await lab.waitFor(
      `a page from ${url}`,
      async (see) => {
        const attempt = await lab.fetch("client-1", url);
        see(attempt);
        if (attempt.ok) return true;
        await touch(lab, name);
        return false;
      },
      { deadlineMs: 120_000, everyMs: 1000 },
    );
}

/** Waits until Kubernetes says that a Service has no endpoint; it is touched each time until then. */
export async function unserved(lab: Lab, name: string): Promise<void> {
  await lab.waitFor(
    `Kubernetes says that ${name} has no endpoint`,
    async (see) => {
      const items = await slicesOf(lab, name);
      see(items);
      if (items.length > 0 && items.every(({ endpoints }) => (endpoints ?? []).length === 0)) return true;
      await touch(lab, name);
      return false;
    },
    { deadlineMs: 120_000, everyMs: 1000 },
  );
}

/** The EndpointSlices of a Service in `default`. */
export async function slicesOf(lab: Lab, name: string): Promise<readonly EndpointSlice[]> {
  const selector = encodeURIComponent(`${SERVICE_NAME_LABEL}=${name}`);
  return (await lab.api.get<{ items: readonly EndpointSlice[] }>(`${SLICES}?labelSelector=${selector}`))
    .items;
}
