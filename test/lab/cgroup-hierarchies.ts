import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One mounted hierarchy. */
export interface Mount {
  readonly version: 1 | 2;
  readonly folder: string;
  readonly controllers: readonly string[];
}

/** All mounted hierarchies, from the text of /proc/mounts. */
export function readMounts(text: string): readonly Mount[] {
  const seen = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [, folder = "", type, options = ""] = line.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") continue;
    seen.set(folder, { version: type === "cgroup" ? 1 : 2, folder, controllers: options.split(",") });
  }
  return [...seen.values()];
}

/** Those that kubelet uses: of version 1 if the memory controller is there, else the one of version 2. */
export function chooseHierarchies(mounts: readonly Mount[]): readonly Mount[] {
  const first = mounts.filter(({ version }) => version === 1);
  if (first.some(({ controllers }) => controllers.includes("memory"))) return first;
  return mounts.filter(({ version }) => version === 2);
}

/** Makes the folders from the top. One that a lab going down removes meanwhile is made again. */
export function ensureIn(mount: Mount, path: string): void {
  for (let attempt = 0; !tryEnsure(mount, path); attempt++) {
    if (attempt >= 10) throw new Error(`cannot make the cgroup ${path} in ${mount.folder}`);
  }
}

/**
 * Sets what a group gets of the processors beside its siblings when there is not enough for all: 1 is what every group has at first.
 * A hierarchy without the cpu controller is left alone.
 */
export function weighIn(mount: Mount, path: string, weight: number): void {
  const folder = join(mount.folder, path);
  const [file, usual] = mount.version === 1 ? ["cpu.shares", 1024] : ["cpu.weight", 100];
  if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(Math.round(usual * weight)));
}

function tryEnsure(mount: Mount, path: string): boolean {
  let folder = mount.folder;
  try {
    for (const part of path.split("/").filter((name) => name !== "")) {
      if (mount.version === 2) delegateControllers(folder);
      folder = join(folder, part);
      if (!existsSync(folder)) mkdirSync(folder);
      if (mount.controllers.includes("cpuset")) copyCpuset(folder);
    }
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && /^(ENOENT|EEXIST|ENODEV)$/.test(String(cause.code))) {
      return false;
    }
    throw cause;
  }
}

/** A new cpuset of version 1 is empty, and no process may join it before it has processors and memory. */
function copyCpuset(folder: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readFileSync(join(folder, file), "utf8").trim() !== "") continue;
    writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file)));
  }
}

/** Version 2 gives a child only the controllers that its parent passes on; one that cannot be had is done without. */
function delegateControllers(folder: string): void {
  for (const controller of readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ")) {
    try {
      writeFileSync(join(folder, "cgroup.subtree_control"), `+${controller}`);
    } catch {
      // Not to be delegated here (a process sits in the group, or the kernel refuses it).
    }
  }
}
