import type { Lab } from "../lab/lab.ts";
import { benchAnswers } from "./answers.ts";
import { benchBurst } from "./burst.ts";
import { benchCore } from "./core.ts";
import { benchFailover } from "./failover.ts";
import { benchIdle } from "./idle.ts";
import { benchMany } from "./many.ts";
import { benchMemory } from "./memory.ts";
import { benchUrgent } from "./urgent.ts";

/** One subject that can be measured by its name. A benchmark leaves a lab as it found it. */
export type Benchmark = { readonly name: string; readonly about: string } & (
  | { readonly needs: "nothing"; readonly run: () => void | Promise<void> }
  | { readonly needs: "lab"; readonly run: (lab: Lab) => Promise<void> }
);

/** All of them, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "core",
    about: "allocations and releases a second in the pure core, and memory for each held address",
    needs: "nothing",
    run: benchCore,
  },
  {
    name: "memory",
    about: "memory of the pods without Services and with 1,000",
    needs: "lab",
    run: benchMemory,
  },
  {
    name: "answers",
    about:
      "from an ARP request or neighbor solicitation to its answer, and answers a second, beside the kernel's own; FAIRLEAD_BENCH_ANSWERS=2,1000,10000",
    needs: "lab",
    run: benchAnswers,
  },
  {
    name: "burst",
    about: "2,000 Services created at once, then deleted: until answered, until silent, and what it costs",
    needs: "lab",
    run: benchBurst,
  },
  {
    name: "urgent",
    about: "changes of Services that are there already, in the middle of 5,000 created at once",
    needs: "lab",
    run: benchUrgent,
  },
  {
    name: "failover",
    about: "until an address of a node that dies is answered and reached again; FAIRLEAD_BENCH_RUNS=20",
    needs: "lab",
    run: benchFailover,
  },
  {
    name: "many",
    about:
      "until the addresses of a node that dies are answered again, of thousands; FAIRLEAD_BENCH_VIPS=1000,10000",
    needs: "lab",
    run: benchMany,
  },
  {
    name: "idle",
    about:
      "messages between speakers, CPU and requests while nothing happens; FAIRLEAD_BENCH_IDLE=2,1000,10000",
    needs: "lab",
    run: benchIdle,
  },
];
