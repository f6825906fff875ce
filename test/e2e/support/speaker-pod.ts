import { setTimeout as delay } from "node:timers/promises";
import { NAMESPACE } from "../../install/fairlead.ts";
import { type InstalledPod, installedPods, programOf } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

/** A node that has started gets nothing new for so long; and a moment. */
const SETTLED_MS = 11_000;

/** The speaker's pod on a node. @throws Error if there is none, or two */
export async function speakerOn(lab: Lab, node: string): Promise<InstalledPod> {
  const [pod, other] = (await installedPods(lab, "speaker")).filter((one) => one.node === node);
  if (pod === undefined || other !== undefined) throw new Error(`${node} has not one speaker`);
  return pod;
}

/** Sends a signal to the speaker's program on a node. */
export async function signalSpeaker(lab: Lab, node: string, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  process.kill(await programOf(lab, (await speakerOn(lab, node)).name), signal);
}

/** Deletes the speaker's pod on a node; another one comes in its place. */
export async function deleteSpeaker(lab: Lab, node: string): Promise<void> {
  await deletePod(lab, (await speakerOn(lab, node)).name);
}

/** Deletes a pod of Fairlead, if it is still there, as a rollout does. */
export async function deletePod(lab: Lab, name: string): Promise<void> {
  await lab.kubectl(["-n", NAMESPACE, "delete", "pod", name, "--wait=false", "--ignore-not-found"]);
}

/** Ends all speakers one after the other and waits until new ones run, as an upgrade does. */
export async function restartSpeakers(lab: Lab): Promise<void> {
  const what = "daemonset/fairlead-speaker";
  await lab.kubectl(["-n", NAMESPACE, "rollout", "restart", what]);
  await lab.kubectl(["-n", NAMESPACE, "rollout", "status", what, "--timeout=360s"], { deadlineMs: 370_000 });
}

/** Waits until another process than before is the speaker on a node and is ready. */
export async function speakerBack(lab: Lab, before: InstalledPod): Promise<void> {
  await lab.waitFor(
    `another speaker is ready on ${before.node}`,
    async (see) => {
      const pods = (await installedPods(lab, "speaker")).filter(({ node }) => node === before.node);
      see(pods);
      const [pod, other] = pods;
      const isOther = pod !== undefined && (pod.uid !== before.uid || pod.restarts > before.restarts);
      return other === undefined && isOther && pod.ready;
    },
    { deadlineMs: 360_000 },
  );
}

/** Waits until the speakers of all nodes say by themselves that they are ready: what the API says of them may be from before. */
export async function speakersReady(lab: Lab): Promise<void> {
  for (const node of lab.nodeNames)
    await lab.waitFor(
      `the speaker on ${node} is ready`,
      async (see) => {
        const answer = await lab.fetch(node, "http://127.0.0.1:7952/readyz");
        see(answer);
        return answer.ok && answer.status === 200;
      },
      { deadlineMs: 120_000, everyMs: 500 },
    );
}

/** Waits until all nodes have been there for a while, so that none is passed over. */
export async function nodesSettled(lab: Lab): Promise<void> {
  await lab.nodesReady();
  await speakersReady(lab);
  await delay(SETTLED_MS);
}
