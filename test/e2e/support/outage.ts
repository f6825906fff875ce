import type { Node } from "@fairlead/api/core/node.ts";
import type { Lab } from "../../lab/lab.ts";
import { address, merge, paths, urlOf } from "./steps.ts";

const TOUCHED = "fairlead-e2e/touched";

/**
 * Waits until Kubernetes serves a Service on every node again: after an outage of the API server its own controllers and the kube-proxies
 * take up to a minute to come back, and what follows in a test is not about them. The Service is touched each time: the EndpointSlice controller,
 * whose own watch may come back last ("informer cache is out of date"), gives up for minutes otherwise.
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
        await merge(lab, paths.service(name), {
          metadata: { annotations: { [TOUCHED]: new Date().toISOString() } },
        });
        return false;
      },
      { deadlineMs: 120_000, everyMs: 1000 },
    );
}
