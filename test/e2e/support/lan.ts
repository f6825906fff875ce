import type { Lab } from "../../lab/lab.ts";
import { cluster } from "./cluster.ts";
import { advertisement, pool, web } from "./objects.ts";
import { pinnedWeb } from "./placed.ts";
import { rolledOut } from "./served.ts";
import { apply, reset } from "./steps.ts";

/** Ten addresses of each family on the nodes' segment. */
const RANGES = ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"];

/** The cluster with a pool `lan` that every node answers for, and nothing else of ours. */
export async function lan(): Promise<Lab> {
  const lab = await cluster();
  await reset(lab);
  await apply(lab, pool("lan", { addresses: RANGES }), advertisement("lan", {}));
  return lab;
}

/** As {@link lan}, with web pods on all nodes. */
export async function lanWithWeb(): Promise<Lab> {
  const lab = await lan();
  await apply(lab, web());
  await rolledOut(lab, "web");
  return lab;
}

/** As {@link lan}, with {@link pinnedWeb}. */
export async function lanWithPinnedWeb(): Promise<Lab> {
  const lab = await lan();
  await pinnedWeb(lab);
  return lab;
}
