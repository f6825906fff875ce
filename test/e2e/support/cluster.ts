import { installFairlead } from "../../install/fairlead.ts";
import { Lab } from "../../lab/lab.ts";

/** The cluster that most end-to-end tests share: three nodes, two clients, one client behind the router. */
const NAME = process.env.FAIRLEAD_E2E_LAB ?? "e2e";

let shared: Promise<Lab> | undefined;

/**
 * The shared cluster with Fairlead installed, brought up at the first call. With `FAIRLEAD_E2E_KEEP` set it outlives
 * the process and is used again by the next one.
 */
export function cluster(): Promise<Lab> {
  shared ??= start();
  return shared;
}

/** Takes the shared cluster down, unless it is to be kept. */
export async function releaseCluster(): Promise<void> {
  const lab = await shared?.catch(() => undefined);
  shared = undefined;
  if (process.env.FAIRLEAD_E2E_KEEP === undefined) await lab?.down();
}

async function start(): Promise<Lab> {
  const keep = process.env.FAIRLEAD_E2E_KEEP !== undefined;
  if (keep) {
    const kept = attached();
    if (kept !== undefined) return kept;
  }
  const lab = await Lab.up({
    name: NAME,
    nodes: 3,
    clients: 2,
    outsideClients: 1,
    lifetime: keep ? "detached" : "process",
    ifExists: "replace",
    report: (line) => console.log(`    ${line}`),
  });
  await installFairlead(lab);
  console.log("    Fairlead is installed");
  return lab;
}

function attached(): Lab | undefined {
  try {
    return Lab.attach(NAME);
  } catch {
    return undefined;
  }
}
