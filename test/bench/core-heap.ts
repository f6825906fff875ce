import { type BenchPool, CoreWorld, POOLS } from "./core-world.ts";

/** Prints the bytes of heap for each of so many held addresses: `node --expose-gc core-heap.ts POOL COUNT`. */

const [, , name = "wide", count = "1000"] = process.argv;
const pool: BenchPool | undefined = POOLS.find((one) => one.name === name);
if (pool === undefined) throw new Error(`no pool ${name}`);
const core = new CoreWorld();
// The first few of anything cost more: compiled code, shapes of objects.
core.fill(pool, 100);
const before = heapUsed();
core.fill(pool, Number(count));
// The list of holders is the benchmark's own; the names in it are the ledger's.
core.holders(pool).length = 0;
console.log(Math.round((heapUsed() - before) / Number(count)));

function heapUsed(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
