import { NAMESPACE } from "../../install/fairlead.ts";
import { installationReady, installedPods, leaderPod, programOf } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/fairlead-controller`;
const ROLLOUT = ["-n", NAMESPACE, "rollout", "status", "deployment/fairlead-controller", "--timeout=90s"];

/** Has the controllers run with these arguments and no others, and waits until all of them do. */
export async function controllerArguments(lab: Lab, ...args: readonly string[]): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: "controller", args }] } } } };
  const contentType = "application/strategic-merge-patch+json";
  const { status, text } = await lab.api.send("PATCH", DEPLOYMENT, { body, contentType });
  if (status !== 200) throw new Error(`PATCH ${DEPLOYMENT}: ${status} ${text.slice(0, 500)}`);
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

/** Waits until another pod than this one leads. */
export function otherLeader(lab: Lab, than: string): Promise<string> {
  return lab.waitFor(`another one than ${than} leads`, async (see) => {
    const name = await leaderPod(lab);
    see(name);
    return name !== than && name;
  });
}

/** A signal that was sent to a pod's program. */
export interface Signaled {
  readonly pod: string;
  /** The host's number of the process. */
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Ends the program of the pod that leads. */
export async function signalLeader(lab: Lab, signal: "SIGKILL" | "SIGTERM"): Promise<Signaled> {
  const pod = await leader(lab);
  const pid = await programOf(lab, pod);
  process.kill(pid, signal);
  return { pod, pid, atMs: Date.now() };
}

/** Deletes a pod at once; a new one comes in its place. A program that crashed twice is kept waiting by kubelet. */
export async function replacePod(lab: Lab, pod: string): Promise<void> {
  await lab.kubectl([
    ...["-n", NAMESPACE, "delete", "pod", pod],
    ...["--grace-period=0", "--force", "--wait=false"],
  ]);
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
