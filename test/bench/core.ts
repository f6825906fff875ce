import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { type BenchPool, CoreWorld, POOLS } from "./core-world.ts";
import { quantiles } from "./quantiles.ts";
import { type Row, tableText } from "./table.ts";

const HELD = [0, 1_000, 10_000, 100_000];
/** Addresses of the smallest pool, which is always full. */
const NARROW = 16;
const ROUNDS = 3_000;
const WARM_UP = 2_000;

const HEAD: Row = [
  ...["held", "pool", "allocations/s", "p50 µs", "p99 µs"],
  ...["releases/s", "p50 µs", "p99 µs", "heap bytes each"],
];

/**
 * What one allocation and one release cost in the pure core, a decision and the ledger, with so many addresses held: half of them of
 * a /8, half of a /64. In each round one of the pool's holders, any, lets go, and another Service takes an address.
 */
export function benchCore(): void {
  const random = seededRandom(1);
  for (const pool of POOLS) rounds(filled(200), pool, WARM_UP, random.next);
  const rows = HELD.flatMap((held) => {
    console.log(`  ${held} held`);
    const core = filled(held);
    return POOLS.map((pool) => rowOf(held, pool, rounds(core, pool, ROUNDS, random.next)));
  });
  console.log(tableText("core: deciding and keeping the ledger, one address each", [HEAD, ...rows]));
}

function filled(held: number): CoreWorld {
  const core = new CoreWorld();
  for (const pool of POOLS) core.fill(pool, pool.name === "narrow" ? NARROW : held / 2);
  return core;
}

interface Times {
  /** In µs. */
  readonly allocations: readonly number[];
  readonly releases: readonly number[];
}

function rounds(core: CoreWorld, pool: BenchPool, count: number, random: () => number): Times {
  const allocations: number[] = [];
  const releases: number[] = [];
  const holders = core.holders(pool);
  const none = holders.length === 0;
  if (none) core.fill(pool, 1);
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * holders.length);
    const leaving = holders[at] ?? "";
    const asking = core.next(pool);
    const began = process.hrtime.bigint();
    core.release(leaving);
    const free = process.hrtime.bigint();
    holders[at] = core.allocate(asking);
    const ended = process.hrtime.bigint();
    releases.push(Number(free - began) / 1000);
    allocations.push(Number(ended - free) / 1000);
  }
  if (none) for (const holder of holders.splice(0)) core.release(holder);
  return { allocations, releases };
}

function rowOf(held: number, pool: BenchPool, { allocations, releases }: Times): Row {
  const figures = (times: readonly number[]): Row => {
    const { p50, p99 } = quantiles(times);
    const total = times.reduce((sum, time) => sum + time, 0);
    return [((times.length / total) * 1e6).toFixed(0), p50.toFixed(1), p99.toFixed(1)];
  };
  const heap = pool.name === "narrow" || held === 0 ? "" : heapOf(pool, held);
  return [String(held), pool.prefix, ...figures(allocations), ...figures(releases), heap];
}

/** In a process of its own, since only there the collector can be told to run. */
function heapOf({ name }: BenchPool, count: number): string {
  const program = join(import.meta.dirname, "core-heap.ts");
  const argv = ["--no-warnings", "--expose-gc", program, name, String(count)];
  return execFileSync(process.execPath, argv, { encoding: "utf8" }).trim();
}
