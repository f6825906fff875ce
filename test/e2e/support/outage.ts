import type { Node } from "@fairlead/api/core/node.ts";
import type { Lab } from "../../lab/lab.ts";
import { address, urlOf } from "./steps.ts";

/**
 * Waits until Kubernetes serves a Service on every node again: after an outage of the API server its own controllers and the kube-proxies
 * take up to a minute to come back, and what follows in a test is not about them.
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
        return attempt.ok;
      },
      { deadlineMs: 120_000, everyMs: 1000 },
    );
}
