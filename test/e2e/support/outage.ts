import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import { SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Node } from "@fairlead/api/core/node.ts";
import type { Lab } from "../../lab/lab.ts";
import { address, merge, paths, urlOf } from "./steps.ts";

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const TOUCHED = "fairlead-e2e/touched";

/**
 * Waits until Kubernetes serves a Service on every node again: after an outage of the API server its own controllers and the kube-proxies
 * take up to a minute to come back, and what follows in a test is not about them. The Service is touched each time.
 */
export async function servedAgain(lab: Lab, name: string): Promise<void> {
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
  const selector = encodeURIComponent(`${SERVICE_NAME_LABEL}=${name}`);
  await lab.waitFor(
    `Kubernetes says that ${name} has no endpoint`,
    async (see) => {
      const { items } = await lab.api.get<{ items: readonly EndpointSlice[] }>(
        `${SLICES}?labelSelector=${selector}`,
      );
      see(items);
      if (items.length > 0 && items.every(({ endpoints }) => (endpoints ?? []).length === 0)) return true;
      await touch(lab, name);
      return false;
    },
    { deadlineMs: 120_000, everyMs: 1000 },
  );
}

/** The EndpointSlice controller, when its own view is late ("informer cache is out of date"), lets a Service lie for minutes otherwise. */
async function touch(lab: Lab, name: string): Promise<void> {
  await merge(lab, paths.service(name), {
    metadata: { annotations: { [TOUCHED]: new Date().toISOString() } },
  });
}
