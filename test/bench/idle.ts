import { setTimeout as delay } from "node:timers/promises";
import { Audit } from "../e2e/support/audit.ts";
import { macOf, virtualIPs } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import type { Frame } from "../lab/pcap.ts";
import { calm } from "./machine-load.ts";
import { ManyHeld, sizesFrom } from "./many-held.ts";
import { Processes } from "./processes.ts";
import { requestRows } from "./requests.ts";
import { type Row, tableText } from "./table.ts";

/** Where speakers talk to each other. */
const PORT = 7950;
/** Frames are kept in memory meanwhile. */
const MESSAGES_MS = 20_000;
const MINUTE_MS = 60_000;

/** What Fairlead costs while nothing happens, with few virtual IPs and with many: messages between speakers, CPU, requests. */
export async function benchIdle(lab: Lab): Promise<void> {
  const sizes = sizesFrom("FAIRLEAD_BENCH_IDLE", [2, 1000, 10_000], 2);
  const held = await ManyHeld.prepare(lab);
  try {
    for (const size of sizes) {
      await held.create(size, { proxied: false });
      console.log(`\n${size} virtual IPs; ${await calm()}`);
      const [audit, processes] = [new Audit(lab), await Processes.begin(lab)];
      await delay(MINUTE_MS);
      const programs = processes.rows().map(([role = "", cpu = "", rss = ""]): Row => [role, cpu, rss]);
      const requests = requestRows(audit, size).map(([what = "", count = ""]): Row => [what, count]);
      console.log(tableText("in a minute", [["program", "CPU", "peak RSS"], ...programs]));
      console.log(tableText("", [["requests of Fairlead but for the Lease", "number"], ...requests]));
      console.log(tableText("messages between speakers", await measureMessages(lab)));
    }
    console.log(
      "\n  the protocol's simulation has 24.6 messages a second each way, 155 bytes each, with three nodes, however many addresses there are",
    );
  } finally {
    await held.remove();
  }
}

/** Messages a second that leave and reach each node, and what they weigh, by the frames at its interface. */
async function measureMessages(lab: Lab): Promise<readonly Row[]> {
  const held = await virtualIPs(lab);
  const captures = await Promise.all(lab.nodeNames.map((node) => lab.capture(node, `udp port ${PORT}`)));
  await delay(MESSAGES_MS);
  const rows: Row[] = [["node", "holds", "out/s", "in/s", "bytes a frame", "kbit/s out", "kbit/s in"]];
  for (const [i, node] of lab.nodeNames.entries()) {
    const frames = (await captures[i]?.stop()) ?? [];
    const mac = macOf(lab, node);
    const [out, into] = [true, false].map((own) =>
      frames.filter((frame) => (sourceOf(frame) === mac) === own),
    );
    const holds = held.filter(({ spec }) => spec.placement?.nodes[0] === node).length;
    rows.push([node, String(holds), ...ratesOf(out ?? [], into ?? [])]);
  }
  return rows;
}

function ratesOf(out: readonly Frame[], into: readonly Frame[]): readonly string[] {
  const seconds = MESSAGES_MS / 1000;
  const bytes = (frames: readonly Frame[]): number =>
    frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  const kilobits = (frames: readonly Frame[]): string => ((bytes(frames) * 8) / seconds / 1000).toFixed(1);
  const all = [...out, ...into];
  return [
    (out.length / seconds).toFixed(1),
    (into.length / seconds).toFixed(1),
    all.length === 0 ? "" : (bytes(all) / all.length).toFixed(0),
    kilobits(out),
    kilobits(into),
  ];
}

function sourceOf({ bytes }: Frame): string {
  return [...bytes.subarray(6, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
