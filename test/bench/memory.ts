import { readFileSync } from "node:fs";
import { settled } from "../e2e/support/audit.ts";
import { NAMESPACE } from "../install/fairlead.ts";
import type { Lab } from "../lab/lab.ts";
import { Crowd } from "./crowd.ts";
import { clear, prepare } from "./ground.ts";
import { type Row, tableText } from "./table.ts";

/** Memory of a pod's processes, in KiB. */
export interface Memory {
  /** Everything mapped and present, the Node.js binary's own pages included. */
  readonly rssKiB: number;
  /** What is charged to the pod whatever happens: heap and stacks. */
  readonly anonymousKiB: number;
}

/** What the processes of a pod `namespace/name` use (proc(5), smaps_rollup). */
export async function memoryOf(lab: Lab, pod: string): Promise<Memory> {
  let [rssKiB, anonymousKiB] = [0, 0];
  for (const process of await lab.podProcesses(pod)) {
    if (!readFileSync(`/proc/${process}/cmdline`, "utf8").startsWith("/usr/bin/node")) continue;
    const text = readFileSync(`/proc/${process}/smaps_rollup`, "utf8");
    rssKiB += field(text, "Rss");
    anonymousKiB += field(text, "Anonymous");
  }
  return { rssKiB, anonymousKiB };
}

const SERVICES = 1_000;

/** What the pods use before, with and after many Services. */
export async function benchMemory(lab: Lab): Promise<void> {
  await prepare(lab);
  const crowd = await Crowd.open(lab, "memory");
  try {
    console.log(tableText("MiB, no Service", await measureMemory(lab)));
    await Promise.all([crowd.create(SERVICES), crowd.answered()]);
    await settled(lab);
    console.log(tableText(`with ${SERVICES} Services`, await measureMemory(lab)));
    await Promise.all([crowd.remove(), crowd.silent()]);
    await settled(lab);
    console.log(tableText("after they were deleted", await measureMemory(lab)));
  } finally {
    await crowd.close();
    await clear(lab);
  }
}

/** RSS and anonymous memory of every pod of Fairlead, in MiB. */
export async function measureMemory(lab: Lab): Promise<readonly Row[]> {
  const names = await lab.kubectl(["-n", NAMESPACE, "get", "pods", "-o", "name", "--sort-by=.metadata.name"]);
  const rows: Row[] = [["pod", "RSS", "anonymous"]];
  for (const line of names.trim().split("\n")) {
    const pod = line.replace("pod/", "");
    const { rssKiB, anonymousKiB } = await memoryOf(lab, `${NAMESPACE}/${pod}`);
    rows.push([pod, (rssKiB / 1024).toFixed(0), (anonymousKiB / 1024).toFixed(0)]);
  }
  return rows;
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}
