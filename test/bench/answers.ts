import { macOf } from "../e2e/support/steps.ts";
import { installedPods, programOf } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { askSpaced, flood, type Question } from "./answer-series.ts";
import { calm } from "./machine-load.ts";
import { ManyHeld, sizesFrom } from "./many-held.ts";
import { cpuSecondsOf } from "./processes.ts";
import { quantiles } from "./quantiles.ts";
import { type Row, tableText } from "./table.ts";

/** Services created and deleted while questions are asked. */
const BURST = 1000;

const ROUNDS = 3000;
/** While Services come and go: it is over before more rounds are. */
const BUSY_ROUNDS = 1000;
const GAP_MS = 1;
const FLOOD_MS = 3000;
const AT_ONCE = 64;

const SPACED_HEAD: Row = ["µs", "answered by", "p50", "p90", "p99", "max", "p50 ratio", "lost", "n"];
const FLOOD_HEAD: Row = [
  ...["flood", "answered by", "answers/s", "ratio"],
  ...["its speaker's CPU", "the other speakers' CPU", "questions/s"],
];

/** A virtual IP, and the address that the kernel of its node answers for. */
interface Pair {
  readonly what: string;
  readonly node: string;
  readonly kernel: Question;
  readonly speaker: Question;
}

/** How fast ARP requests and neighbor solicitations are answered, with few virtual IPs and with many, quiet and while more come and go. */
export async function benchAnswers(lab: Lab): Promise<void> {
  const sizes = sizesFrom("FAIRLEAD_BENCH_ANSWERS", [2, 1000, 10_000], 2);
  const held = await ManyHeld.prepare(lab);
  let pairs: readonly Pair[] = [];
  try {
    for (const size of sizes) {
      await held.create(size, { proxied: false });
      pairs = pairsOf(lab, held);
      console.log(`\n${size} virtual IPs; ${await calm()}`);
      await measureSpaced(lab, `questions ${GAP_MS} ms apart, ${size} virtual IPs`, pairs, ROUNDS);
      await measureFlood(lab, `as many questions as are answered, ${size} virtual IPs`, pairs);
    }
    const most = (sizes.at(-1) ?? 0) + BURST;
    await Promise.all([
      held.create(most, { proxied: true }),
      measureSpaced(lab, `while ${BURST} more are created`, pairs, BUSY_ROUNDS),
    ]);
    await Promise.all([
      held.shrink(most - BURST),
      measureSpaced(lab, `while ${BURST} are deleted`, pairs, BUSY_ROUNDS),
    ]);
  } finally {
    await held.remove();
  }
}

/** One address of each family, asked for by a frame to all and by one to its node. */
function pairsOf(lab: Lab, held: ManyHeld): readonly Pair[] {
  return [false, true].flatMap((isIPv6) => {
    for (const [node, addresses] of held.byNode()) {
      const address = addresses.find((one) => one.includes(":") === isIPv6);
      if (address === undefined) continue;
      const [cable] = lab.member(node).cables;
      const own = (isIPv6 ? cable?.ipv6 : cable?.ipv4) ?? "";
      const mac = macOf(lab, node);
      const what = isIPv6 ? "neighbor solicitation" : "ARP request";
      return [
        {
          what: `${what}, ${isIPv6 ? "multicast" : "broadcast"}`,
          ...{ node, kernel: { address: own }, speaker: { address } },
        },
        {
          what: `${what}, unicast`,
          ...{ node, kernel: { address: own, mac }, speaker: { address, mac } },
        },
      ];
    }
    return [];
  });
}

async function measureSpaced(lab: Lab, title: string, pairs: readonly Pair[], rounds: number): Promise<void> {
  const questions = pairs.flatMap(({ kernel, speaker }) => [kernel, speaker]);
  const answers = await askSpaced(lab, questions, { rounds, gapMs: GAP_MS });
  const rows = pairs.flatMap(({ what }, i): readonly Row[] => {
    const medians: number[] = [];
    return ["kernel", "speaker"].map((who, j) => {
      const { times = [], lost = 0 } = answers[2 * i + j] ?? {};
      const { p50, p90, p99, count } = quantiles(times);
      medians.push(p50);
      const ratio = j === 0 ? "" : (p50 / (medians[0] ?? p50)).toFixed(1);
      const figures = [p50, p90, p99, Math.max(...times)].map((us) => us.toFixed(0));
      return [what, who, ...figures, ratio, String(lost), String(count)];
    });
  });
  console.log(tableText(title, [SPACED_HEAD, ...rows]));
}

async function measureFlood(lab: Lab, title: string, pairs: readonly Pair[]): Promise<void> {
  const speakers = await programsOf(lab);
  const rows: Row[] = [];
  for (const { what, node, kernel, speaker } of pairs) {
    let reference = 0;
    for (const [who, question] of Object.entries({ kernel, speaker })) {
      const before = speakers.map(({ pid }) => cpuSecondsOf(pid));
      const [seen] = await flood(lab, [question], { forMs: FLOOD_MS, atOnce: AT_ONCE });
      if (seen === undefined) continue;
      const { sent, answered, tookMs } = seen;
      const used = speakers.map(({ pid }, i) => cpuSecondsOf(pid) - (before[i] ?? 0));
      const own = used.filter((_, i) => speakers[i]?.node === node);
      const others = used.filter((_, i) => speakers[i]?.node !== node);
      const perSecond = (answered / tookMs) * 1000;
      if (who === "kernel") reference = perSecond;
      rows.push([
        ...[what, who, perSecond.toFixed(0), who === "kernel" ? "" : (perSecond / reference).toFixed(2)],
        ...[perQuestion(own, sent), perQuestion(others, sent)],
        ((sent / tookMs) * 1000).toFixed(0),
      ]);
    }
  }
  console.log(tableText(title, [FLOOD_HEAD, ...rows]));
}

/** CPU of these processes together, for each question. */
function perQuestion(seconds: readonly number[], questions: number): string {
  const all = seconds.reduce((sum, one) => sum + one, 0);
  return `${((all * 1e6) / questions).toFixed(2)} µs`;
}

async function programsOf(lab: Lab): Promise<readonly { readonly node: string; readonly pid: number }[]> {
  const pods = await installedPods(lab, "speaker");
  return Promise.all(pods.map(async ({ name, node }) => ({ node, pid: await programOf(lab, name) })));
}
