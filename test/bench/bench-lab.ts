import { installFairlead } from "../install/fairlead.ts";
import { installationReady } from "../install/pods.ts";
import { Lab } from "../lab/lab.ts";

/** Brings up three nodes and two clients with Fairlead on them. The lab goes down with this process. */
export async function benchLab(): Promise<Lab> {
  const lab = await Lab.up({
    name: process.env.FAIRLEAD_BENCH_LAB ?? "bench",
    nodes: 3,
    clients: 2,
    ifExists: "replace",
    report: console.log,
  });
  await installFairlead(lab);
  await installationReady(lab);
  return lab;
}
