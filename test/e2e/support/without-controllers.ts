import { NAMESPACE } from "../../install/fairlead.ts";
import { installationReady, installedPods } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

const DEPLOYMENT = ["-n", NAMESPACE, "scale", "deployment/fairlead-controller"];

/** Does something while there is no controller, then has two of them start that know nothing but what they read. */
export async function withoutControllers(lab: Lab, run: () => Promise<void>): Promise<void> {
  await lab.kubectl([...DEPLOYMENT, "--replicas=0"]);
  try {
    await lab.waitFor(
      "no controller is left",
      async (see) => {
        const pods = await installedPods(lab, "controller");
        see(pods);
        return pods.length === 0;
      },
      { deadlineMs: 180_000 },
    );
    await run();
  } finally {
    await lab.kubectl([...DEPLOYMENT, "--replicas=2"]);
    await installationReady(lab);
  }
}
