import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chooseHierarchies, ensureIn, type Mount, readMounts, weighIn } from "./cgroup-hierarchies.ts";

/**
 * The kernel's control groups under one root, in version 1 (one hierarchy per controller) or 2. A path here is
 * relative to the hierarchies, such as `/fairlead-lab/demo/node-1`. Whatever the lab starts is put in a group, so
 * that it is found again by membership and never by a name or a number that may belong to somebody else by then.
 */
export class Cgroups {
  /** The hierarchies that count. */
  readonly #mounts: readonly Mount[];
  /** Where groups may be: beside version 1, runc makes some in version 2 too. */
  readonly #everywhere: readonly Mount[];

  constructor(everywhere: readonly Mount[] = readMounts(readFileSync("/proc/mounts", "utf8"))) {
    const mounts = chooseHierarchies(everywhere);
    this.#mounts = mounts;
    this.#everywhere = everywhere;
    if (mounts.length === 0)
      throw new Error("no cgroup hierarchy is mounted; mount cgroup2 on /sys/fs/cgroup");
  }

  /** Makes the group in every hierarchy. */
  ensure(path: string): void {
    for (const mount of this.#mounts) ensureIn(mount, path);
  }

  /** Sets what the group gets of the processors beside its siblings, which have 1. */
  weigh(path: string, weight: number): void {
    for (const mount of this.#mounts) weighIn(mount, path, weight);
  }

  /** The files to which a process writes `0` to join the group. */
  joinFiles(path: string): readonly string[] {
    return this.#mounts.map((mount) => join(mount.folder, path, "cgroup.procs"));
  }

  /** The processes in the group and below it. */
  processes(path: string): readonly number[] {
    const found = new Set<number>();
    for (const folder of this.#foldersBelow(path)) {
      for (const pid of readPids(join(folder, "cgroup.procs"))) found.add(pid);
    }
    return [...found];
  }

  /** Stops the group and all below it from running at all, until {@link thaw}. */
  async freeze(path: string): Promise<void> {
    await this.#setFrozen(path, true);
  }

  /** Lets a frozen group run on. */
  async thaw(path: string): Promise<void> {
    await this.#setFrozen(path, false);
  }

  /** Kills everything in the group and below it, frozen or not, and returns when nothing is left of it. */
  async kill(path: string): Promise<void> {
    const endMs = performance.now() + 10_000;
    for (;;) {
      const pids = this.processes(path);
      if (pids.length === 0) return;
      for (const pid of pids) signal(pid, "SIGKILL");
      this.#thawAllBelow(path);
      if (performance.now() > endMs) {
        throw new Error(`processes ${pids.join(", ")} in ${path} do not die`);
      }
      await delay(5);
    }
  }

  /** Removes the group and all below it; nothing may run in them. */
  async remove(path: string): Promise<void> {
    const endMs = performance.now() + 5000;
    for (;;) {
      const left = this.#foldersBelow(path).filter((folder) => !tryRemove(folder));
      if (left.length === 0) return;
      if (performance.now() > endMs) throw new Error(`cannot remove the cgroups ${left.join(", ")}`);
      await delay(20);
    }
  }

  /** Removes the group if nothing is below it. */
  removeIfEmpty(path: string): void {
    for (const mount of this.#everywhere) tryRemove(join(mount.folder, path));
  }

  /** The group's folders that exist, deepest first. */
  folders(path: string): readonly string[] {
    return this.#foldersBelow(path);
  }

  #foldersBelow(path: string): string[] {
    return this.#everywhere.flatMap((mount) => walk(join(mount.folder, path)));
  }

  #freezer(): Mount {
    const mount = this.#mounts.find(
      ({ version, controllers }) => version === 2 || controllers.includes("freezer"),
    );
    if (mount === undefined)
      throw new Error("the freezer controller is not mounted; freezing is not to be had here");
    return mount;
  }

  async #setFrozen(path: string, frozen: boolean): Promise<void> {
    const mount = this.#freezer();
    const folder = join(mount.folder, path);
    const file = join(folder, mount.version === 2 ? "cgroup.freeze" : "freezer.state");
    writeFileSync(file, mount.version === 2 ? (frozen ? "1" : "0") : frozen ? "FROZEN" : "THAWED");
    const endMs = performance.now() + 5000;
    while (!isFrozen(mount, folder) === frozen) {
      if (performance.now() > endMs) throw new Error(`${folder} does not ${frozen ? "freeze" : "thaw"}`);
      await delay(1);
    }
  }

  #thawAllBelow(path: string): void {
    const mount = this.#freezer();
    for (const folder of walk(join(mount.folder, path)).reverse()) {
      const file = join(folder, mount.version === 2 ? "cgroup.freeze" : "freezer.state");
      if (existsSync(file)) writeFileSync(file, mount.version === 2 ? "0" : "THAWED");
    }
  }
}

function isFrozen(mount: Mount, folder: string): boolean {
  if (mount.version === 2) return /^frozen 1$/m.test(readFileSync(join(folder, "cgroup.events"), "utf8"));
  return readFileSync(join(folder, "freezer.state"), "utf8").trim() === "FROZEN";
}

function walk(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return [
      ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => walk(join(folder, name))),
      folder,
    ];
  } catch {
    return [];
  }
}

function readPids(file: string): number[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}

/** Signals a process that may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ESRCH")) throw cause;
  }
}
