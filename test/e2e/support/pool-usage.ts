import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { installedPods } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";
import { leader } from "./controllers.ts";
import { paths } from "./steps.ts";

const PARTS = ["used", "free", "reserved", "released", "excluded"] as const;

/** How many addresses of a pool there are of each part; of what is not named, none. */
export type Usage = Readonly<Partial<Record<(typeof PARTS)[number], bigint | number>>>;

/** Usages by the name of the pool. */
export type Usages = Readonly<Record<string, Usage>>;

/** Waits until the status of each pool counts its addresses of a family so, and its capacity is their sum. */
export async function usage(lab: Lab, family: "ipv4" | "ipv6", expected: Usages): Promise<void> {
  await lab.waitFor(`pools count their ${family} addresses`, async (see) => {
    const wrong: object[] = [];
    for (const [name, wanted] of Object.entries(inFull(expected))) {
      const { status } = await lab.api.get<IPAddressPool>(paths.pool(name));
      const told = { ...NOTHING, ...status?.[family] };
      if (JSON.stringify(told) !== JSON.stringify(wanted)) wrong.push({ name, told, wanted });
    }
    see(wrong);
    return wrong.length === 0;
  });
}

/** Waits until the metrics of the controller that leads give the same numbers. */
export async function measured(lab: Lab, family: "ipv4" | "ipv6", expected: Usages): Promise<void> {
  await lab.waitFor(`the metrics count the ${family} addresses of pools`, async (see) => {
    const shown = await poolGauges(lab);
    const wrong = Object.entries(inFull(expected)).flatMap(([name, wanted]) =>
      Object.entries(wanted).flatMap(([state, count]) => {
        const series = `${name} ${family} ${state}`;
        return shown.get(series) === Number(count) ? [] : [{ series, shown: shown.get(series), count }];
      }),
    );
    see(wrong);
    return wrong.length === 0;
  });
}

const NOTHING = { capacity: "0", ...Object.fromEntries(PARTS.map((part) => [part, "0"])) };

function inFull(usages: Usages): Readonly<Record<string, typeof NOTHING>> {
  return Object.fromEntries(
    Object.entries(usages).map(([name, each]) => {
      const counts = PARTS.map((part) => [part, BigInt(each[part] ?? 0)] as const);
      const capacity = counts.reduce((sum, [, count]) => sum + count, 0n);
      const texts = Object.fromEntries(counts.map(([part, count]) => [part, `${count}`]));
      return [name, { capacity: `${capacity}`, ...texts }];
    }),
  );
}

/** By `pool family state`. */
async function poolGauges(lab: Lab): Promise<ReadonlyMap<string, number>> {
  const leads = await leader(lab);
  const pod = (await installedPods(lab, "controller")).find(({ name }) => name === leads);
  const answer = await lab.fetch(pod?.node ?? "", `http://${pod?.ip}:7951/metrics`);
  if (!answer.ok) throw new Error(`no metrics of ${leads}: ${answer.reason}`);
  const gauges = new Map<string, number>();
  for (const [, labels = "", value] of answer.body.matchAll(
    /^fairlead_allocator_pool_addresses\{(.*)\} (\S+)$/gm,
  )) {
    const labelled = (label: string): string => new RegExp(`${label}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const key = `${labelled("pool")} ${labelled("family").toLowerCase()} ${labelled("state")}`;
    gauges.set(key, Number(value));
  }
  return gauges;
}
