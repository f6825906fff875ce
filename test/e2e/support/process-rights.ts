import { readFileSync } from "node:fs";

/** What the kernel lets a process do; see proc(5) and capabilities(7). */
export interface ProcessRights {
  readonly user: number;
  readonly group: number;
  /** Sets of capabilities as the kernel prints them, in hexadecimal. */
  readonly effective: string;
  readonly permitted: string;
  readonly inheritable: string;
  readonly bounding: string;
  readonly ambient: string;
  readonly noNewPrivileges: boolean;
  /** 2: only the system calls that a filter lets through. */
  readonly seccompMode: number;
  /** Whether the root file system is mounted read-only. */
  readonly rootReadOnly: boolean;
  /** Where it can write, apart from the kernel's own file systems. */
  readonly writableMounts: readonly string[];
}

/** CAP_NET_RAW alone, in the kernel's notation. */
export const NET_RAW = (1n << 13n).toString(16).padStart(16, "0");
/** No capability. */
export const NOTHING = "0".repeat(16);

/** @param pid the host's number of the process */
export function processRights(pid: number): ProcessRights {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
  const mounts = readFileSync(`/proc/${pid}/mounts`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const root = mounts.find(([, folder]) => folder === "/");
  return {
    user: Number(field("Uid")),
    group: Number(field("Gid")),
    effective: field("CapEff"),
    permitted: field("CapPrm"),
    inheritable: field("CapInh"),
    bounding: field("CapBnd"),
    ambient: field("CapAmb"),
    noNewPrivileges: field("NoNewPrivs") === "1",
    seccompMode: Number(field("Seccomp")),
    rootReadOnly: root?.[3]?.split(",").includes("ro") ?? false,
    writableMounts: mounts
      .filter(([, folder = "", , options = ""]) => options.split(",").includes("rw") && !KERNEL.test(folder))
      .map(([, folder = ""]) => folder),
  };
}

/** Kubernetes mounts these into every container. */
const KERNEL = /^\/(proc|sys|dev)(\/|$)/;
