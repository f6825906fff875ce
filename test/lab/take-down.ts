import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Cgroups } from "./cgroups.ts";
import { disconnect } from "./network.ts";
import { LABS, labPaths, NAMESPACES } from "./paths.ts";
import { namespaceOf } from "./plan.ts";
import { labGroup } from "./processes.ts";
import { readState } from "./state.ts";

/**
 * Takes a lab down from whatever state it is in: processes by their cgroup, then namespaces, groups and files by the
 * lab's name. It needs no intact record, so it also cleans up after a process that was killed half-way.
 */
export async function takeDown(name: string, cgroups: Cgroups): Promise<void> {
  await takeDownOnce(name, cgroups);
  // A command that an interrupted bring-up had under way may have made something meanwhile.
  for (let attempt = 0; attempt < 20 && leftovers(name, cgroups).length > 0; attempt++) {
    await delay(50);
    await takeDownOnce(name, cgroups);
  }
}

async function takeDownOnce(name: string, cgroups: Cgroups): Promise<void> {
  await cgroups.kill(labGroup(name));
  await Promise.all(namespacesOf(name).map(disconnect));
  await cgroups.remove(labGroup(name));
  await removeFiles(labPaths(name).root);
  removeEmptyParents(cgroups);
}

/** Names of namespaces end in the member's name, which tells lab `a` from lab `a-b`. */
function namespacesOf(name: string): readonly string[] {
  const prefix = namespaceOf(name, "");
  const member = /^(switch|router|control-plane|(node|client|outside)-\d+)$/;
  return listFolder(NAMESPACES).filter(
    (file) => file.startsWith(prefix) && member.test(file.slice(prefix.length)),
  );
}

async function removeFiles(root: string): Promise<void> {
  for (let attempt = 0; existsSync(root); attempt++) {
    try {
      rmSync(root, { recursive: true, force: true });
    } catch (cause) {
      // The last mounts of a killed machine go away a moment after its last process.
      if (attempt >= 100) throw cause;
      await delay(20);
    }
  }
}

/** The folders that all labs share go with the last lab. */
function removeEmptyParents(cgroups: Cgroups): void {
  try {
    rmdirSync(LABS);
  } catch {
    // Another lab is there.
  }
  cgroups.removeIfEmpty(labGroup(""));
}

function listFolder(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** What is left on this machine of a lab, in words; empty after a clean take-down. */
export function leftovers(name: string, cgroups: Cgroups): readonly string[] {
  const group = labGroup(name);
  const root = labPaths(name).root;
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return [
    ...cgroups.folders(group).map((folder) => `cgroup ${folder}`),
    ...cgroups.processes(group).map((pid) => `process ${pid} in ${group}`),
    ...processesUsing(root).map((pid) => `process ${pid} uses ${root}`),
    ...namespacesOf(name).map((namespace) => `network namespace ${namespace}`),
    ...mounts.filter((line) => line.includes(`${root}/`)).map((line) => `mount ${line}`),
    ...(existsSync(root) ? [`folder ${root}`] : []),
    ...(readState(name) === undefined ? [] : [`state of lab ${name}`]),
  ];
}

/** Processes whose mount namespace holds something of a folder. */
function processesUsing(root: string): readonly number[] {
  const pids = listFolder("/proc").filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  return pids.filter((pid) => mentions(join("/proc", pid, "mountinfo"), `${root}/`)).map(Number);
}

function mentions(file: string, text: string): boolean {
  try {
    return readFileSync(file, "utf8").includes(text);
  } catch {
    return false;
  }
}
