import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Cgroups, signal } from "./cgroups.ts";
import { labPaths, NAMESPACES } from "./paths.ts";
import type { Member } from "./plan.ts";

/** The group that holds all labs. */
export const LABS_GROUP = "/fairlead-lab";

/** The group that holds everything of one lab. */
export function labGroup(lab: string): string {
  return `${LABS_GROUP}/${lab}`;
}

/** The group of one member: all that runs on it, pods included. */
export function memberGroup(lab: string, member: string): string {
  return `${labGroup(lab)}/${member}`;
}

/** The group of one program of a member. */
export function unitGroup(lab: string, member: string, unit: string): string {
  return `${memberGroup(lab, member)}/system/${unit}`;
}

/** The file that a program of a member writes its output to. */
export function logFile(lab: string, member: string, unit: string): string {
  return join(labPaths(lab).logs, `${member}.${unit}.log`);
}

const JOIN = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 > "$1"; shift; n=$((n-1)); done; exec "$@"';

/** The command that runs `argv` inside the group. The group must exist. */
export function inGroup(cgroups: Cgroups, group: string, argv: readonly string[]): readonly string[] {
  const files = cgroups.joinFiles(group);
  return ["/bin/sh", "-ec", JOIN, "sh", String(files.length), ...files, ...argv];
}

/** The command that runs `argv` in the member's network namespace, all else being the host's. */
export function inNetwork(member: Member, argv: readonly string[]): readonly string[] {
  return ["nsenter", `--net=${join(NAMESPACES, member.namespace)}`, "--", ...argv];
}

/** The command that runs `argv` on a machine: in its network, mounts, processes and host name. */
export function inMachine(initPid: number, argv: readonly string[]): readonly string[] {
  return ["nsenter", "-t", String(initPid), "-n", "-m", "-p", "-u", "--", ...argv];
}

/** Starts a program in a group, with its output in a log file; it outlives this process. Returns when it is in the group. */
export async function startInGroup(
  cgroups: Cgroups,
  group: string,
  argv: readonly string[],
  options: { log: string; environment: NodeJS.ProcessEnv },
): Promise<void> {
  cgroups.ensure(group);
  const [program = "", ...rest] = inGroup(cgroups, group, argv);
  const output = openSync(options.log, "a");
  const child = spawn(program, rest, {
    detached: true,
    cwd: "/",
    env: options.environment,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("spawn", resolve);
  });
  while (child.exitCode === null && cgroups.processes(group).length === 0) await delay(1);
}

/** Ends all of a group: asked first, killed after `patienceMs`. */
export async function endGroup(cgroups: Cgroups, group: string, patienceMs: number): Promise<void> {
  if (patienceMs > 0) for (const pid of cgroups.processes(group)) signal(pid, "SIGTERM");
  const endMs = performance.now() + patienceMs;
  while (cgroups.processes(group).length > 0 && performance.now() < endMs) await delay(10);
  await cgroups.kill(group);
}
