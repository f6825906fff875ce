import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { installedPods, leaderPod, programOf } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import type { Row } from "./table.ts";

/** proc(5): user and system time are counted in clock ticks, 100 a second on every Linux. */
const TICKS = 100;

/** One program of Fairlead. */
interface Program {
  /** `controller (leads)`, `controller (waits)` or `speaker`. */
  readonly role: string;
  readonly pid: number;
  readonly cpuBefore: number;
}

/** CPU time and memory of Fairlead's processes, and of everything else on the machine, from `begin` on. */
export class Processes {
  readonly #programs: readonly Program[];
  readonly #machine = machineCpu();

  private constructor(programs: readonly Program[]) {
    this.#programs = programs;
  }

  static async begin(lab: Lab): Promise<Processes> {
    const leader = await leaderPod(lab);
    const programs: Program[] = [];
    for (const { name } of await installedPods(lab)) {
      const pid = await programOf(lab, name);
      const controller = name === leader ? "controller (leads)" : "controller (waits)";
      const role = name.startsWith("fairlead-speaker") ? "speaker" : controller;
      // proc(5): 5 makes the peak what it is now.
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
      programs.push({ role, pid, cpuBefore: cpuSecondsOf(pid) });
    }
    return new Processes(programs.sort((a, b) => (a.role < b.role ? -1 : 1)));
  }

  /** One row for each program: CPU seconds since the beginning and the greatest RSS. */
  rows(): readonly Row[] {
    return this.#programs.map(({ role, pid, cpuBefore }) => {
      const cpu = cpuSecondsOf(pid) - cpuBefore;
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return [role, `${cpu.toFixed(1)} s`, `${(Number(peak) / 1024).toFixed(0)} MiB`];
    });
  }

  /** Who used the machine's CPU, by the programs' names: `kube-apiserver 12.3, node 8.1`, in seconds. */
  machine(): string {
    const now = machineCpu();
    const used = [...now].map(([name, seconds]) => [name, seconds - (this.#machine.get(name) ?? 0)] as const);
    return used
      .filter(([, seconds]) => seconds >= 0.5)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 8)
      .map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`)
      .join(", ");
  }
}

/** User and system time of a process of the machine so far, in seconds, exact to 10 ms. */
export function cpuSecondsOf(pid: number): number {
  return cpuSeconds(statOf(pid));
}

function machineCpu(): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(Number(pid));
    const name = /\((.*)\)/s.exec(stat)?.[1] ?? "";
    seconds.set(name, (seconds.get(name) ?? 0) + cpuSeconds(stat));
  }
  return seconds;
}

/** Empty if there is no such process any more. */
function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** User and system time, the 14th and 15th field; the second one is a name in brackets that may hold anything. */
function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}
