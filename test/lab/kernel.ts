import { existsSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { run } from "./command.ts";

/** A kernel module, and the path by which its presence is known. */
const MODULES: readonly { readonly name: string; readonly provides: string }[] = [
  { name: "br_netfilter", provides: "/proc/sys/net/bridge" },
  { name: "overlay", provides: "/sys/module/overlay" },
];

/** Each containerd, kubelet and kube-proxy takes a few; a kernel's usual 128 is soon used up. */
const INOTIFY = { file: "/proc/sys/fs/inotify/max_user_instances", least: 1024 } as const;

/** The type that statfs(2) tells of overlayfs, which cannot lie on itself. */
const OVERLAYFS = 0x794c7630;

/** Loads the modules that programs in a namespace cannot load, and raises the one limit that several nodes exceed. */
export async function prepareKernel(report: (line: string) => void): Promise<void> {
  for (const { name, provides } of MODULES) {
    if (!existsSync(provides)) await run(["modprobe", name], { accept: [0, 1] }).catch(() => {});
  }
  const instances = Number(readFileSync(INOTIFY.file, "utf8"));
  if (instances >= INOTIFY.least) return;
  report(`raising fs.inotify.max_user_instances of this machine from ${instances} to ${INOTIFY.least}`);
  writeFileSync(INOTIFY.file, String(INOTIFY.least));
}

/** Where containerd puts images' files: layers over each other if the machine's file system allows it. */
export function snapshotter(): "overlayfs" | "native" {
  return statfsSync("/var/lib").type === OVERLAYFS ? "native" : "overlayfs";
}
