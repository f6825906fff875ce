import { setTimeout as delay } from "node:timers/promises";
import { settled } from "../e2e/support/audit.ts";
import { pool, service, TEST_LABEL } from "../e2e/support/objects.ts";
import { address, merge, paths } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import { Crowd } from "./crowd.ts";
import { clear, prepare } from "./ground.ts";
import { machineLoad } from "./machine-load.ts";
import { monotonicMs } from "./monotonic.ts";
import { REFERENCE } from "./reference.ts";
import { ShownAddresses } from "./shown-addresses.ts";
import { type Row, tableText } from "./table.ts";
import { Wire } from "./wire.ts";

const SERVICES = 5_000;
/** At which shares of the burst something is changed: each time an address that is asked for, and a label that admits to a pool. */
const AT = [0.3, 0.4, 0.5, 0.6, 0.7];
const ROUND = { deadlineMs: 300_000, everyMs: 5 };

const POOL = "fairlead.dev/address-pool";
const ADDRESSES = "fairlead.dev/loadBalancerIPs";
const asking = (i: number): string => `asks-${i}`;
const labeled = (i: number): string => `label-${i}`;

const HEAD: Row = ["changed when", "what", "status shows it", "is answered", "by then", REFERENCE.head];

/**
 * Changes Services that have long had an address in the middle of a burst of new ones, and prints how long after the API server took
 * the change the status shows the new address and the wire answers for it, in seconds.
 */
export async function benchUrgent(lab: Lab): Promise<void> {
  await establish(lab);
  const answers = new Map<string, number>();
  const wire = await Wire.open(lab, ({ address, atMs }) => answers.set(address, atMs));
  const shown = new ShownAddresses(lab, TEST_LABEL);
  const crowd = await Crowd.open(lab, "urgent");
  const load = machineLoad();
  try {
    const beganMs = monotonicMs();
    const measured = changes({ lab, crowd, wire, shown, answers });
    const [rows] = await Promise.all([measured, crowd.create(SERVICES), crowd.answered()]);
    const seconds = ((monotonicMs() - beganMs) / 1000).toFixed(1);
    console.log(tableText(`changes in the middle of a burst of ${SERVICES}, seconds`, [HEAD, ...rows]));
    console.log(`\n  all ${SERVICES} were addressed and answered after ${seconds} s; ${load}`);
    await Promise.all([crowd.remove(), crowd.silent()]);
  } finally {
    await Promise.all([wire.close(), shown.close(), crowd.close()]);
    await clear(lab);
  }
}

/** Services that have an address; half of them ask for a pool that does not admit them yet, and keep what they have. */
async function establish(lab: Lab): Promise<void> {
  const gold = pool("gold", {
    addresses: ["10.201.0.0/24"],
    autoAssign: false,
    serviceAllocation: { serviceSelectors: [{ matchLabels: { tier: "gold" } }] },
  });
  await prepare(lab, { more: [gold, ...AT.flatMap((_, i) => [service(asking(i)), service(labeled(i))])] });
  for (const [i] of AT.entries()) {
    await address(lab, asking(i));
    await address(lab, labeled(i));
    await merge(lab, paths.service(labeled(i)), { metadata: { annotations: { [POOL]: "gold" } } });
  }
  await settled(lab);
}

interface Ground {
  readonly lab: Lab;
  readonly crowd: Crowd;
  readonly wire: Wire;
  readonly shown: ShownAddresses;
  /** When addresses were answered. */
  readonly answers: ReadonlyMap<string, number>;
}

interface Change {
  readonly what: string;
  readonly service: string;
  readonly metadata: object;
  readonly satisfied: (address: string) => boolean;
}

/** What is changed at one time. The addresses asked for are at the pool's end, which a burst does not reach. */
function changesAt(i: number): readonly Change[] {
  const asked = `10.200.31.${100 + i}`;
  return [
    {
      what: "annotation: another address",
      service: asking(i),
      metadata: { annotations: { [ADDRESSES]: asked } },
      satisfied: (shown) => shown === asked,
    },
    {
      what: "label: admitted to a pool",
      service: labeled(i),
      metadata: { labels: { tier: "gold" } },
      satisfied: (shown) => shown.startsWith("10.201."),
    },
  ];
}

async function changes(ground: Ground): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [i, share] of AT.entries()) {
    while (ground.crowd.count("addressedMs") < share * SERVICES) await delay(ROUND.everyMs);
    rows.push(...(await Promise.all(changesAt(i).map((change) => carriedOut(ground, change)))));
  }
  return rows;
}

async function carriedOut(ground: Ground, change: Change): Promise<Row> {
  const { lab, crowd, wire, shown } = ground;
  const before = crowd.count("addressedMs");
  await merge(lab, paths.service(change.service), { metadata: change.metadata });
  const acceptedMs = monotonicMs();
  const told = await lab.waitFor(
    `${change.service} has what it asks for`,
    (see) => {
      const now = shown.of(change.service);
      see(now);
      return now !== undefined && change.satisfied(now.address) && now;
    },
    ROUND,
  );
  wire.ask(told.address, "answered");
  const answeredMs = await lab.waitFor(
    `${told.address} is answered`,
    () => ground.answers.get(told.address),
    ROUND,
  );
  const seconds = (ms: number): string => ((ms - acceptedMs) / 1000).toFixed(2);
  const [shows, answers] = [seconds(told.atMs), seconds(answeredMs)];
  console.log(`  ${change.what}: shown after ${shows} s, answered after ${answers} s`);
  const after = `${crowd.count("addressedMs")} had`;
  return [`${before} had an address`, change.what, shows, answers, after, REFERENCE.urgent];
}
