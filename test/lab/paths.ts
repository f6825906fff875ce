import { homedir } from "node:os";
import { join } from "node:path";

const ROOT = "/var/lib/fairlead-lab";

/** Where `ip netns` keeps its handles. */
export const NAMESPACES = "/run/netns";

/** Where all labs of this machine keep their files. */
export const LABS = ROOT;

/** Files of one lab; all of them are gone when it is down. */
export interface LabPaths {
  readonly root: string;
  readonly state: string;
  readonly logs: string;
  readonly pki: string;
  /** For programs on the host. */
  readonly adminKubeconfig: string;
}

/** The files of the lab called `name`. */
export function labPaths(name: string): LabPaths {
  const root = join(ROOT, name);
  return {
    root,
    state: join(root, "lab.json"),
    logs: join(root, "logs"),
    pki: join(root, "pki"),
    adminKubeconfig: join(root, "admin.kubeconfig"),
  };
}

/** What a machine of the lab sees as its own `/run`, `/var/lib`, `/var/log` and `/tmp`, as the host sees it. */
export interface MachinePaths {
  readonly root: string;
  readonly run: string;
  /** Its configuration; `/run/lab` inside. */
  readonly config: string;
}

/** The folders of one machine. */
export function machinePaths(lab: string, member: string): MachinePaths {
  const root = join(ROOT, lab, "machines", member);
  return { root, run: join(root, "run"), config: join(root, "run", "lab") };
}

/** The cache for what takes long to build, outside the tree. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return (
    environment.FAIRLEAD_CACHE ??
    join(environment.XDG_CACHE_HOME ?? join(environment.HOME ?? homedir(), ".cache"), "fairlead")
  );
}
