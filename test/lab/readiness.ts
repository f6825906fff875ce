import type { LabContext } from "./context.ts";
import { diagnose } from "./diagnostics.ts";
import { Hopeless, type Probe, type WaitOptions, waitFor } from "./wait.ts";

/** Waits for a condition of the lab; on failure the error tells where the logs of that moment are. */
export function waitInLab<T>(
  context: LabContext,
  description: string,
  probe: Probe<T>,
  options: WaitOptions = {},
): Promise<T> {
  return waitFor(description, probe, { diagnose: (what) => diagnose(context, what), ...options });
}

/** Waits until the API server serves. */
export async function waitForApiServer(context: LabContext, deadlineMs = 60_000): Promise<void> {
  const probe: Probe<true> = async () => {
    if (await context.api.isReady()) return true;
    const stopped = ["etcd", "kube-apiserver"].filter((component) => !context.controlPlane.runs(component));
    if (stopped.length > 0) throw new Hopeless(`${stopped.join(" and ")} ended`);
    return undefined;
  };
  await waitInLab(context, "the API server is ready", probe, { deadlineMs, everyMs: 50 });
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** The names of the nodes that the API server holds for Ready. */
export async function readyNodes(context: LabContext): Promise<readonly string[]> {
  const { items } = await context.api.get<NodeList>("/api/v1/nodes");
  return items
    .filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    )
    .map(({ metadata }) => metadata.name);
}

/** Waits until all of these nodes are Ready. */
export async function nodesReady(
  context: LabContext,
  names: readonly string[],
  deadlineMs = 90_000,
): Promise<void> {
  const probe: Probe<true> = async (see) => {
    const ready = await readyNodes(context);
    see(`Ready: ${ready.join(", ") || "none"}`);
    return names.every((name) => ready.includes(name)) ? true : undefined;
  };
  await waitInLab(context, `nodes Ready: ${names.join(", ")}`, probe, { deadlineMs });
}

/** Waits until kube-proxy on the node has written its rules. */
export async function proxyWorks(context: LabContext, node: string): Promise<void> {
  const machine = context.machine(node);
  const argv = ["curl", "-sf", "-m", "2", "http://127.0.0.1:10256/healthz"];
  const probe: Probe<true> = async (see) => {
    const { code, stdout } = await machine.exec(argv, { accept: [0, 7, 22, 28] });
    see(`curl exit code ${code} ${stdout}`);
    return code === 0 ? true : undefined;
  };
  await waitInLab(context, `kube-proxy on ${node} has written its rules`, probe);
}

/** Waits until pods can be created in a namespace. */
export async function waitForServiceAccount(context: LabContext, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await waitInLab(context, `namespace ${namespace} has its service account`, async (see) => {
    const { status } = await context.api.send("GET", path);
    see(status);
    return status === 200;
  });
}
