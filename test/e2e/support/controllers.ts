import { NAMESPACE } from "../../install/fairlead.ts";
import { installationReady, installedPods, leaderPod, programOf } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/fairlead-controller`;
const ROLLOUT = ["-n", NAMESPACE, "rollout", "status", "deployment/fairlead-controller", "--timeout=90s"];

/** Has the controllers run with these arguments and no others, and waits until all of them do. */
export async function controllerArguments(lab: Lab, ...args: readonly string[]): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: "controller", args }] } } } };
  const contentType = "application/strategic-merge-patch+json";
  await accepted(lab, "PATCH", DEPLOYMENT, { body, contentType });
  await lab.kubectl(ROLLOUT, { deadlineMs: 100_000 });
  await installationReady(lab);
}

/** The pod that leads and runs. */
export function leader(lab: Lab): Promise<string> {
  return lab.waitFor("somebody leads", async (see) => {
    const name = await leaderPod(lab);
    const pods = await installedPods(lab, "controller");
    see({ name, pods });
    return pods.some((pod) => pod.name === name && !pod.terminating && pod.ready) && name;
  });
}

/** The node of the pod that leads. */
export async function leaderNode(lab: Lab): Promise<string | undefined> {
  const name = await leader(lab);
  return (await installedPods(lab, "controller")).find((pod) => pod.name === name)?.node;
}

/** Waits until another pod than this one leads. */
export function otherLeader(lab: Lab, than: string): Promise<string> {
  return lab.waitFor(`another one than ${than} leads`, async (see) => {
    const name = await leaderPod(lab);
    see(name);
    return name !== than && name;
  });
}

/** The program of a pod that was made to end. */
export interface Ended {
  readonly pod: string;
  /** The host's number of the process. */
  readonly pid: number;
  /** When it was about to be told, milliseconds since 1970. */
  readonly atMs: number;
}

/** Kills the program of the pod that leads; its container is started again. */
export async function killLeader(lab: Lab): Promise<Ended> {
  const pod = await leader(lab);
  const pid = await programOf(lab, pod);
  const atMs = Date.now();
  process.kill(pid, "SIGKILL");
  return { pod, pid, atMs };
}

/** Has the pod that leads deleted as a rollout does: its program is told to stop, and no other one begins in the same pod. */
export async function stopLeader(lab: Lab): Promise<Ended> {
  const pod = await leader(lab);
  const pid = await programOf(lab, pod);
  const atMs = Date.now();
  await accepted(lab, "DELETE", `/api/v1/namespaces/${NAMESPACE}/pods/${pod}`);
  return { pod, pid, atMs };
}

/** Deletes a pod at once; a new one comes in its place. A program that crashed twice is kept waiting by kubelet. */
export async function replacePod(lab: Lab, pod: string): Promise<void> {
  await accepted(lab, "DELETE", `/api/v1/namespaces/${NAMESPACE}/pods/${pod}?gracePeriodSeconds=0`);
}

/** Does something while no controller runs; too short for the lead to go. */
export async function whilePaused(lab: Lab, run: () => Promise<void>): Promise<void> {
  const pods = (await installedPods(lab, "controller")).map(({ name }) => `${NAMESPACE}/${name}`);
  for (const pod of pods) await lab.freezePod(pod);
  try {
    await run();
  } finally {
    for (const pod of pods) await lab.thawPod(pod);
  }
}

/** Sends a request as administrator. @throws Error if it is refused */
export async function accepted(
  lab: Lab,
  method: string,
  path: string,
  options: { body?: unknown; contentType?: string } = {},
): Promise<void> {
  const { status, text } = await lab.api.send(method, path, options);
  if (status !== 200 && status !== 201) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
}
