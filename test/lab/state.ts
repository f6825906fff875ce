import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { LabOptions } from "./options.ts";
import { LABS, labPaths } from "./paths.ts";

/** What the switch does to frames from one member to another. */
export interface Cut {
  readonly from: string;
  readonly to: string;
  /** 1 to 100. */
  readonly percent: number;
  /** Restricts the cut, in nft's words: `ether type arp`. */
  readonly match?: string;
}

/** A process, told apart from a later one with the same number by its start time. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** What is recorded of a lab so that another process can use it or take it down. */
export interface LabState {
  readonly version: 1;
  readonly phase: "starting" | "up";
  readonly owner: ProcessIdentity;
  readonly createdAt: string;
  /** What was asked for, without what only concerns the process that asked. */
  readonly options: Omit<LabOptions, "report">;
  /** Numbers of the nodes; they only grow. */
  readonly nodeNumbers: readonly number[];
  /** Nodes that were killed and not started again. */
  readonly dead: readonly string[];
  readonly cuts: readonly Cut[];
  /** The port on the host's 127.0.0.1 that leads to the API server. */
  readonly apiPort: number;
  /** Folder of the lab's programs. */
  readonly programs: string;
}

/** The recorded state of a lab, or undefined if there is none of that name. */
export function readState(name: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(labPaths(name).state, "utf8")) as LabState;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new Error(`cannot read the state of lab ${name}`, { cause });
  }
}

/** Records the state in one step: a reader sees the old or the new. */
export function writeState(name: string, state: LabState): void {
  const file = labPaths(name).state;
  writeFileSync(`${file}.new`, JSON.stringify(state, undefined, 2));
  renameSync(`${file}.new`, file);
}

/** The names of all labs that have left a trace on this machine. */
export function listLabs(): readonly string[] {
  try {
    return readdirSync(LABS).sort();
  } catch {
    return [];
  }
}

/** Who runs now. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTicksOf(identity.pid) === identity.startTicks;
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22); undefined if it is gone or a zombie. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}
