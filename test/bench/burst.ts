import { readFileSync, statSync } from "node:fs";
import type { Service } from "@fairlead/api/core/service.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { NAMESPACE } from "../install/fairlead.ts";
import type { Lab } from "../lab/lab.ts";
import type { Row } from "./table.ts";

/** How many requests are under way at once while the Services are created. */
const AT_ONCE = 20;

interface AuditLine {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
}

/**
 * Creates `count` Services at once and waits until each has an address and is announced. Prints how long that took and
 * how many requests Fairlead sent for it, counted in the API server's audit log.
 */
export async function measureBurst(lab: Lab, count: number): Promise<readonly Row[]> {
  const mark = statSync(lab.auditLog).size;
  const began = performance.now();
  const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  await createServices(lab, count);
  const rows: Row[] = [
    ["event", "figure"],
    [`the last of ${count} Services was created`, seconds()],
  ];
  await lab.waitFor(
    `${count} Services have an address`,
    async (see) => {
      const { items } = await lab.api.get<{ items: readonly Service[] }>(
        "/api/v1/namespaces/default/services",
      );
      const addressed = items.filter(
        ({ metadata, status }) =>
          metadata.labels?.burst === "true" && (status?.loadBalancer?.ingress ?? []).length > 0,
      ).length;
      see(`${addressed} have one`);
      return addressed === count;
    },
    { deadlineMs: 300_000, everyMs: 200 },
  );
  rows.push(["all have an address", seconds()]);
  await lab.waitFor(
    `${count} addresses are announced`,
    async (see) => {
      const { items } = await lab.api.get<{ items: readonly VirtualIP[] }>(
        "/apis/fairlead.dev/v1beta1/virtualips",
      );
      const announced = items.filter(
        ({ spec, status }) =>
          status?.state === "Announced" && spec.services.some((key) => key.startsWith("default/burst-")),
      ).length;
      see(`${announced} are`);
      return announced === count;
    },
    { deadlineMs: 300_000, everyMs: 200 },
  );
  rows.push(["all are announced", seconds()]);
  return [...rows, ...requestRows(lab, mark, count)];
}

/** Removes the Services of a burst and waits until no address of theirs is held. */
export async function removeBurst(lab: Lab): Promise<void> {
  await lab.kubectl(["delete", "services", "-n", "default", "-l", "burst=true"], { deadlineMs: 300_000 });
}

async function createServices(lab: Lab, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, i) => `burst-${i}`);
  const createNext = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const body = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, labels: { burst: "true" } },
        spec: {
          type: "LoadBalancer",
          allocateLoadBalancerNodePorts: false,
          selector: { app: "web" },
          ports: [{ port: 80, targetPort: 8080 }],
        },
      };
      const { status, text } = await lab.api.send("POST", "/api/v1/namespaces/default/services", {
        body,
        deadlineMs: 60_000,
      });
      if (status !== 201)
        throw new Error(`the API server refused a Service: ${status} ${text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, createNext));
}

function requestRows(lab: Lab, mark: number, count: number): readonly Row[] {
  const requests = new Map<string, number>();
  let total = 0;
  for (const line of readFileSync(lab.auditLog).subarray(mark).toString().split("\n")) {
    if (!line.includes(`system:serviceaccount:${NAMESPACE}:`)) continue;
    const { verb, objectRef } = JSON.parse(line) as AuditLine;
    if (objectRef?.resource === "leases") continue;
    const key = `${verb} ${objectRef?.resource}${objectRef?.subresource === undefined ? "" : `/${objectRef.subresource}`}`;
    requests.set(key, (requests.get(key) ?? 0) + 1);
    total += 1;
  }
  const rows = [...requests].sort(([, a], [, b]) => b - a).map(([key, n]): Row => [`  ${key}`, String(n)]);
  return [["requests of Fairlead, for each Service", (total / count).toFixed(2)], ...rows];
}
