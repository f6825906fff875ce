import { setTimeout as delay } from "node:timers/promises";
import { speakersReady } from "../e2e/support/speaker-pod.ts";
import { macOf } from "../e2e/support/steps.ts";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { type Counters, countersOf, grown } from "./grown-counters.ts";
import { calm } from "./machine-load.ts";
import { ManyHeld, sizesFrom } from "./many-held.ts";
import { measureMemory } from "./memory.ts";
import { monotonicMs } from "./monotonic.ts";
import { quantiles } from "./quantiles.ts";
import { type Row, tableText } from "./table.ts";
import type { Turn, TurnReport } from "./turn-messages.ts";
import { TurnWatch } from "./turn-watch.ts";

/** Questions a second while nothing happens: they tell when the node was last heard. */
const CALM = 1000;
/** Questions a second afterwards, as long as none is asked more often than the asker does. */
const QUICK = 8000;
const CALM_MS = 1000;
/** An address that nobody answers for after so long is never answered again. */
const GIVEN_UP_MS = 60_000;
/** Names of such addresses that are printed, and of those that were answered last. */
const NAMED = 20;
const LAST = 5;

/** Addresses of the reference: any number of them, all on a client whose kernel answers for a whole prefix at once. */
const REFERENCE_ROUTE = ["local", "10.202.0.0/16", "dev", "lo"];

const HEAD: Row = ["ms", "first", "p50", "p99", "last", "n"];

/** How long the addresses of a node that dies are gone when there are thousands of them. */
export async function benchMany(lab: Lab): Promise<void> {
  const sizes = sizesFrom("FAIRLEAD_BENCH_VIPS", [1000, 10_000], 3);
  for (const size of sizes) {
    console.log(`\n${size} virtual IPs: preparing`);
    console.log(tableText("MiB, no virtual IP", await measureMemory(lab)));
    const held = await ManyHeld.prepare(lab);
    try {
      await held.create(size, { proxied: false });
      console.log(tableText(`with ${size} virtual IPs`, await measureMemory(lab)));
      await measure(lab, size, held);
    } finally {
      await held.remove();
    }
  }
}

/** Has the node that holds most die while its addresses are asked for; it is back when this resolves. */
async function measure(lab: Lab, size: number, held: ManyHeld): Promise<void> {
  const [[node, addresses] = ["", []]] = [...held.byNode()].sort(([, a], [, b]) => b.length - a.length);
  const load = await calm();
  const reference = await appear(lab, addresses.length);
  const watch = await TurnWatch.begin(lab, addresses, macOf(lab, node), CALM);
  try {
    await watch.held(addresses.length);
    await delay(CALM_MS);
    watch.pace(QUICK);
    const others = lab.nodeNames.filter((one) => one !== node);
    const before = await Promise.all(others.map((one) => countersOf(lab, one)));
    const struckMs = monotonicMs();
    await lab.kill(node);
    try {
      await watch.turned(addresses.length, GIVEN_UP_MS);
      const report = await watch.stop();
      const title = `${node} dies with ${addresses.length} of ${size} virtual IPs: until another MAC answers`;
      console.log(tableText(title, [HEAD, ...turnRows(report), ...referenceRows(reference)]));
      tellCircumstances(report, reference, struckMs);
      console.log(`  ${load}`);
      tellLeft(report);
      for (const [i, one] of others.entries()) await tellGrown(lab, one, before[i] ?? new Map());
    } finally {
      await revive(lab, node);
    }
  } finally {
    await watch.stop();
  }
}

async function revive(lab: Lab, node: string): Promise<void> {
  await lab.start(node);
  await lab.nodesReady();
  await speakersReady(lab);
  await installationReady(lab);
}

/** A client's kernel begins to answer for as many addresses at one moment, which the same asker sees at the same pace. */
async function appear(lab: Lab, count: number): Promise<TurnReport> {
  const addresses = Array.from({ length: count }, (_, i) => `10.202.${i >> 8}.${i & 255}`);
  const watch = await TurnWatch.begin(lab, addresses, undefined, QUICK);
  try {
    await delay(CALM_MS);
    await lab.exec("client-2", ["ip", "route", "add", ...REFERENCE_ROUTE]);
    await watch.turned(count, GIVEN_UP_MS);
  } finally {
    // ip(8) ends with 2 if there is no such route.
    await lab.exec("client-2", ["ip", "route", "delete", ...REFERENCE_ROUTE], { accept: [0, 2] });
    await watch.stop();
  }
  return await watch.stop();
}

function turnRows({ turns, lastHeldMs = turns[0]?.answeredMs ?? 0 }: TurnReport): readonly Row[] {
  const answered = (of: readonly Turn[]): readonly number[] =>
    of.map(({ answeredMs }) => answeredMs - lastHeldMs);
  const isIPv6 = ({ address }: Turn): boolean => address.includes(":");
  return [
    row("answered, IPv4", answered(turns.filter((turn) => !isIPv6(turn)))),
    row("answered, IPv6", answered(turns.filter(isIPv6))),
    row("answered", answered(turns)),
    row(
      "told to all",
      turns.flatMap(({ toldMs }) => (toldMs === undefined ? [] : [toldMs - lastHeldMs])),
    ),
    row("  an answer after the last question in vain", inVain(turns)),
    row("  an answer after its question", replies(turns)),
  ];
}

/** All of these addresses are answered for from one moment on, so that later answers tell how late the asker is. */
function referenceRows({ turns }: TurnReport): readonly Row[] {
  const firstMs = turns[0]?.answeredMs ?? 0;
  return [
    row(
      "reference: a kernel answers for as many, at once",
      turns.map(({ answeredMs }) => answeredMs - firstMs),
    ),
    row("  an answer after the last question in vain", inVain(turns)),
    row("  an answer after its question", replies(turns)),
  ];
}

function inVain(turns: readonly Turn[]): readonly number[] {
  return turns.flatMap(({ answeredMs, inVainMs }) => (inVainMs === undefined ? [] : [answeredMs - inVainMs]));
}

function replies(turns: readonly Turn[]): readonly number[] {
  return turns.map(({ answeredMs, askedMs }) => answeredMs - askedMs);
}

function row(what: string, times: readonly number[]): Row {
  if (times.length === 0) return [what, "", "", "", "", "0"];
  const sorted = times.toSorted((a, b) => a - b);
  const { p50, p99, count } = quantiles(sorted);
  return [what, ...[sorted[0] ?? 0, p50, p99, sorted.at(-1) ?? 0].map((ms) => ms.toFixed(1)), String(count)];
}

function tellCircumstances(report: TurnReport, reference: TurnReport, struckMs: number): void {
  const { turns, lastHeldMs = struckMs } = report;
  const since = (ms: number): string => (ms - lastHeldMs).toFixed(0);
  const lateMs = (lastHeldMs - struckMs).toFixed(0);
  console.log(`\n  counted from the node's last answer, ${lateMs} ms after the blow was ordered`);
  for (const { address, answeredMs, toldMs } of turns.slice(-LAST)) {
    const told = toldMs === undefined ? "not told before" : `told to all at ${since(toldMs)} ms`;
    console.log(`  among the last: ${address} at ${since(answeredMs)} ms, ${told}`);
  }
  for (const [who, { sent, sentForMs, dropped }] of Object.entries({ asked: report, reference })) {
    const perSecond = ((sent / sentForMs) * 1000).toFixed(0);
    const asked = `${sent} questions in ${sentForMs.toFixed(0)} ms, ${perSecond} a second`;
    console.log(`  ${who}: ${asked}; ${dropped} frames were lost to the asker`);
  }
}

async function tellGrown(lab: Lab, node: string, before: Counters): Promise<void> {
  console.log(`  counted by the speaker on ${node}: ${grown(before, await countersOf(lab, node))}`);
}

function tellLeft({ left }: TurnReport): void {
  if (left.length === 0) return;
  console.log(
    `\n  ${left.length} are not answered ${GIVEN_UP_MS / 1000} s later: ${left.slice(0, NAMED).join(", ")}`,
  );
  process.exitCode = 1;
}
