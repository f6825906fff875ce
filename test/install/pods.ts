import { readFileSync } from "node:fs";
import type { Lab } from "../lab/lab.ts";
import { NAMESPACE } from "./fairlead.ts";

/** One of the two programs. */
export type Component = "controller" | "speaker";

/** A pod of Fairlead, as far as tests ask. */
export interface InstalledPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ip: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** How often its container was started again. */
  readonly restarts: number;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

/** The pods of one program, or of both. */
export async function installedPods(lab: Lab, component?: Component): Promise<readonly InstalledPod[]> {
  const labels = ["app.kubernetes.io/name=fairlead"];
  if (component !== undefined) labels.push(`app.kubernetes.io/component=${component}`);
  const path = `${PODS}?labelSelector=${encodeURIComponent(labels.join(","))}`;
  const { items } = await lab.api.get<{ items: readonly Pod[] }>(path);
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    uid: metadata.uid,
    node: spec.nodeName ?? "",
    ip: status?.podIP ?? "",
    ready: status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    terminating: metadata.deletionTimestamp !== undefined,
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
  }));
}

/** Waits until two controllers and a speaker on each node are ready, and no other pod is left. */
export function installationReady(lab: Lab): Promise<true> {
  return lab.waitFor(
    "two controllers and a speaker on each node are ready",
    async (see) => {
      const pods = await installedPods(lab);
      see(pods);
      const well = pods.every(({ ready, terminating }) => ready && !terminating);
      return well && pods.length === 2 + lab.nodeNames.length;
    },
    { deadlineMs: 180_000 },
  );
}

/** A line of a program's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly time: string; readonly event: string };

/** What a pod has logged from a time on; empty if it has no container yet. @param sinceMs milliseconds since 1970 */
export async function logOf(lab: Lab, pod: string, sinceMs = 0): Promise<readonly LogLine[]> {
  const { status, text } = await lab.api.send("GET", `${PODS}/${pod}/log`);
  if (status !== 200) return [];
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as LogLine).filter(({ time }) => Date.parse(time) >= sinceMs);
}

/** The pod that leads, by the Lease; undefined if none does. */
export async function leaderPod(lab: Lab): Promise<string | undefined> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/fairlead-controller`;
  const lease = await lab.api.get<{ spec?: { holderIdentity?: string } }>(path);
  return lease.spec?.holderIdentity || undefined;
}

/** The host's number of the process that is the pod's program. @throws Error if it does not run */
export async function programOf(lab: Lab, pod: string): Promise<number> {
  for (const process of await lab.podProcesses(`${NAMESPACE}/${pod}`)) {
    if (readFileSync(`/proc/${process}/cmdline`, "utf8").startsWith("/usr/bin/node\0")) return process;
  }
  throw new Error(`${pod} runs no program`);
}
