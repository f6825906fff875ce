import { setTimeout as delay } from "node:timers/promises";
import { settled } from "../e2e/support/audit.ts";
import { service } from "../e2e/support/objects.ts";
import { address, announcer, macOf, virtualIPs } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import type { Frame } from "../lab/pcap.ts";
import { Crowd } from "./crowd.ts";
import { clear, prepare } from "./ground.ts";
import { type Row, tableText } from "./table.ts";

/** Where speakers talk to each other. */
const PORT = 7950;
const MEASURED_MS = 20_000;
/** Services beside the first one. */
const OTHERS = 99;

/** What speakers say to each other while nothing happens, with one virtual IP and with many. */
export async function benchIdle(lab: Lab): Promise<void> {
  await prepare(lab, { more: [service("one")] });
  const crowd = await Crowd.open(lab, "idle");
  try {
    await announcer(lab, await address(lab, "one"));
    await settled(lab);
    console.log(tableText("messages between speakers, 1 virtual IP", await measureIdle(lab)));
    await Promise.all([crowd.create(OTHERS), crowd.answered()]);
    await settled(lab);
    console.log(tableText(`with ${OTHERS + 1} virtual IPs`, await measureIdle(lab)));
    console.log(
      "\n  the protocol's simulation has 24.6 a second each way, 155 bytes each, with three nodes, however many addresses there are",
    );
    await Promise.all([crowd.remove(), crowd.silent()]);
  } finally {
    await crowd.close();
    await clear(lab);
  }
}

/** Messages a second that leave and reach each node, and what they weigh, by the frames at its interface. */
async function measureIdle(lab: Lab): Promise<readonly Row[]> {
  const held = await virtualIPs(lab);
  const captures = await Promise.all(lab.nodeNames.map((node) => lab.capture(node, `udp port ${PORT}`)));
  await delay(MEASURED_MS);
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
  const seconds = MEASURED_MS / 1000;
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
