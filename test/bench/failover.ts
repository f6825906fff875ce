import { setTimeout as delay } from "node:timers/promises";
import { DUAL_STACK } from "../e2e/support/held.ts";
import { NODE_FAULTS, type NodeFault } from "../e2e/support/node-faults.ts";
import { advertisement, type Manifest, pool, service, web } from "../e2e/support/objects.ts";
import { adopted, listOf } from "../e2e/support/placed.ts";
import { speakersReady } from "../e2e/support/speaker-pod.ts";
import { addressed, announcer, apply, page, virtualIPNameOf } from "../e2e/support/steps.ts";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { askSpaced } from "./answer-series.ts";
import { failOver, type Outage } from "./failover-run.ts";
import { clear } from "./ground.ts";
import { machineLoad } from "./machine-load.ts";
import { quantiles } from "./quantiles.ts";
import { type Row, tableText } from "./table.ts";

/** How often each fault is tried. */
const RUNS = Number(process.env.FAIRLEAD_BENCH_RUNS ?? 20);
/** For how long a node that is back is left alone, so that it is known to be a stand-in. */
const REST_MS = 3000;
const KERNEL_ROUNDS = 1000;

const FAMILIES = ["IPv4", "IPv6"] as const;
const HEAD: Row = [
  ...["ms", "API server", "family", "answered p50", "p99", "max"],
  ...["reached p50", "p99", "max", "n"],
];

/** The addresses that change hands, between the first two nodes, and those that stay, on the third one with all pods. */
interface Ground {
  readonly lab: Lab;
  readonly vips: readonly string[];
  readonly steady: readonly string[];
}

/** How long an address is gone when its node dies, stands still or loses its cable, with and without the API server. */
export async function benchFailover(lab: Lab): Promise<void> {
  const ground = await prepareGround(lab);
  const rows: Row[] = [];
  const steady: Outage[] = [];
  try {
    console.log(`  ${machineLoad()}; ${RUNS} runs each`);
    await kernelReplies(lab);
    for (const fault of NODE_FAULTS)
      for (const api of ["up", "away"] as const) {
        const seen = await (api === "up" ? withApi(ground, fault) : withoutApi(ground, fault));
        steady.push(...seen.steady);
        rows.push(...rowsOf(`node ${fault.what}`, api, seen.moved));
      }
    rows.push(...rowsOf("nothing happens, another node", "up and away", steady));
    console.log(tableText("until another MAC answers, and from one connection to the next", [HEAD, ...rows]));
  } finally {
    await clear(lab);
  }
}

interface Seen {
  readonly moved: Outage[];
  readonly steady: Outage[];
}

async function withApi(ground: Ground, fault: NodeFault): Promise<Seen> {
  const { lab, vips } = ground;
  const seen: Seen = { moved: [], steady: [] };
  for (let run = 0; run < RUNS; run++) {
    const [owner = "", standIn = ""] = await listOf(lab, vips[0] ?? "");
    await once(ground, fault, { owner, standIn }, seen);
    for (const vip of vips) await adopted(lab, vip, standIn);
    await fault.undo(lab, owner);
    await settled(lab);
  }
  return seen;
}

/** The API server is away for each blow, and in between too unless the node needs it to come back. */
async function withoutApi(ground: Ground, fault: NodeFault): Promise<Seen> {
  const { lab, vips } = ground;
  const seen: Seen = { moved: [], steady: [] };
  let [owner = "", standIn = ""] = await listOf(lab, vips[0] ?? "");
  await lab.stopApiServer();
  try {
    for (let run = 0; run < RUNS; run++) {
      await once(ground, fault, { owner, standIn }, seen);
      if (!fault.returnsAlone) await lab.startApiServer();
      await fault.undo(lab, owner);
      if (!fault.returnsAlone) {
        await settled(lab);
        await lab.stopApiServer();
      }
      await delay(REST_MS);
      [owner, standIn] = [standIn, owner];
    }
  } finally {
    if (!(await lab.api.isReady())) await lab.startApiServer();
  }
  await settled(lab);
  for (const vip of vips) await adopted(lab, vip, owner);
  return seen;
}

async function once(
  { lab, vips, steady }: Ground,
  fault: NodeFault,
  { owner, standIn }: { readonly owner: string; readonly standIn: string },
  seen: Seen,
): Promise<void> {
  const strike = (): Promise<unknown> => fault.strike(lab, owner);
  const outcome = await failOver(lab, { vips, owner, standIn, steady, strike });
  seen.moved.push(...outcome.moved);
  seen.steady.push(...outcome.steady);
  const texts = outcome.moved.map(
    ({ family, silentMs, unreachedMs }) => `${family} ${silentMs.toFixed(0)} / ${unreachedMs.toFixed(0)} ms`,
  );
  console.log(`  ${owner} ${fault.what}: ${texts.join(", ")}`);
}

async function settled(lab: Lab): Promise<void> {
  await lab.nodesReady();
  await speakersReady(lab);
  await installationReady(lab);
  await delay(REST_MS);
}

async function prepareGround(lab: Lab): Promise<Ground> {
  const [first = "", second = "", third = ""] = lab.nodeNames;
  await apply(
    lab,
    ...onNodes("moves", 200, [first, second]),
    ...onNodes("stays", 201, [third]),
    web("web", { node: third, probed: false }),
    ...["moves", "stays"].map((name) =>
      service(name, { annotations: { "fairlead.dev/address-pool": name }, spec: DUAL_STACK }),
    ),
  );
  await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const answered = async (name: string): Promise<readonly string[]> => {
    const vips = await addressed(lab, name, 2);
    for (const vip of vips) {
      await announcer(lab, virtualIPNameOf(vip));
      await page(lab, "client-1", vip);
    }
    return vips;
  };
  const ground = { lab, vips: await answered("moves"), steady: await answered("stays") };
  await settled(lab);
  return ground;
}

/** A pool of one address of each family that only these nodes may answer for. */
function onNodes(name: string, last: number, nodes: readonly string[]): readonly Manifest[] {
  const addresses = [`198.51.100.${last}/32`, `2001:db8:10::${last}/128`];
  const nodeSelectors = nodes.map((node) => ({ matchLabels: { "kubernetes.io/hostname": node } }));
  return [
    pool(name, { addresses, autoAssign: false }),
    advertisement(name, { ipAddressPools: [name], nodeSelectors }),
  ];
}

/** What of these times is the machine's and the network's own: a kernel's reply through the same switch. */
async function kernelReplies(lab: Lab): Promise<void> {
  const address = lab.member(lab.nodeNames.at(-1) ?? "").cables[0]?.ipv4 ?? "";
  const [seen] = await askSpaced(lab, [{ address }], { rounds: KERNEL_ROUNDS, gapMs: 1 });
  const { times = [], lost = 0 } = seen ?? {};
  const { p50, p99 } = quantiles(times);
  const figures = [p50, p99, Math.max(...times)].map((us) => us.toFixed(0));
  const rows: readonly Row[] = [
    ["µs", "p50", "p99", "max", "lost", "n"],
    ["a kernel's own ARP reply", ...figures, String(lost), String(times.length)],
  ];
  console.log(tableText("reference", rows));
}

function rowsOf(what: string, api: string, outages: readonly Outage[]): readonly Row[] {
  return FAMILIES.map((family) => {
    const own = outages.filter((one) => one.family === family);
    const figures = [own.map(({ silentMs }) => silentMs), own.map(({ unreachedMs }) => unreachedMs)];
    const texts = figures.flatMap((times) => {
      const { p50, p99 } = quantiles(times);
      return [p50, p99, Math.max(...times)].map((ms) => ms.toFixed(0));
    });
    return [what, api, family, ...texts, String(own.length)];
  });
}
