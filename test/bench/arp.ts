import { service } from "../e2e/support/objects.ts";
import { address, announcer } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import { askArp } from "./arp-series.ts";
import { Crowd } from "./crowd.ts";
import { clear, prepare } from "./ground.ts";
import { quantiles } from "./quantiles.ts";
import { type Row, tableText } from "./table.ts";

const ROUNDS = 3000;
const GAP_MS = 1;

/** Services beside the first one. */
const OTHERS = 999;

/** How fast requests are answered with one virtual IP and with many. */
export async function benchArp(lab: Lab): Promise<void> {
  await prepare(lab, { more: [service("one")] });
  const crowd = await Crowd.open(lab, "arp");
  try {
    const ip = await address(lab, "one");
    const node = await announcer(lab, ip);
    const measured = async (): Promise<readonly Row[]> => await measureArp(lab, ip, node);
    console.log(tableText(`µs, requests ${GAP_MS} ms apart, 1 virtual IP`, await measured()));
    await Promise.all([crowd.create(OTHERS), crowd.answered()]);
    console.log(tableText(`with ${OTHERS + 1} virtual IPs`, await measured()));
    await Promise.all([crowd.remove(), crowd.silent()]);
  } finally {
    await crowd.close();
    await clear(lab);
  }
}

/**
 * The time from an ARP request to its reply, in µs, as a client on the LAN sees it: for a virtual IP, answered by the
 * speaker, and for the same node's own address, answered by its kernel, asked for in turn in the same run.
 *
 * @param virtualIP an announced IPv4 address
 * @param node the node that announces it
 */
async function measureArp(lab: Lab, virtualIP: string, node: string): Promise<readonly Row[]> {
  const own = lab.member(node).cables[0]?.ipv4 ?? "";
  const rows: Row[] = [["request", "answered by", "p50", "p99", "ratio p50", "lost", "n"]];
  for (const form of ["broadcast", "unicast"] as const) {
    const series = await askArp(lab, { rounds: ROUNDS, gapMs: GAP_MS, form, addresses: [own, virtualIP] });
    const kernel = quantiles(series[own]?.times ?? []);
    const speaker = quantiles(series[virtualIP]?.times ?? []);
    const row = (name: string, one: typeof kernel, lost: number, ratio: string): Row => [
      form,
      name,
      one.p50.toFixed(0),
      one.p99.toFixed(0),
      ratio,
      String(lost),
      String(one.count),
    ];
    rows.push(row("kernel", kernel, series[own]?.lost ?? 0, ""));
    rows.push(row("speaker", speaker, series[virtualIP]?.lost ?? 0, (speaker.p50 / kernel.p50).toFixed(1)));
  }
  return rows;
}
