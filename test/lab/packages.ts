import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { MissingTool } from "./build.ts";
import { run } from "./command.ts";

/** A Debian package, and the command or file by which its presence is known. */
export interface DebianPackage {
  readonly name: string;
  readonly provides: string;
}

/** What a lab needs. */
export const LAB_PACKAGES: readonly DebianPackage[] = [
  { name: "busybox-static", provides: "busybox" },
  { name: "conntrack", provides: "conntrack" },
  { name: "containernetworking-plugins", provides: "/usr/lib/cni/bridge" },
  { name: "curl", provides: "curl" },
  { name: "gcc", provides: "cc" },
  { name: "iproute2", provides: "ip" },
  { name: "iptables", provides: "iptables" },
  { name: "iputils-arping", provides: "arping" },
  { name: "iputils-ping", provides: "ping" },
  { name: "libc6-dev", provides: "/usr/include/stdio.h" },
  { name: "ndisc6", provides: "ndisc6" },
  { name: "nftables", provides: "nft" },
  { name: "openssl", provides: "openssl" },
  { name: "runc", provides: "runc" },
  { name: "tcpdump", provides: "tcpdump" },
  { name: "umoci", provides: "umoci" },
  { name: "util-linux", provides: "nsenter" },
];

const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const POLICY = "/usr/sbin/policy-rc.d";

/** Those of the packages that are not here. */
export function missingPackages(packages: readonly DebianPackage[]): readonly DebianPackage[] {
  return packages.filter(({ provides }) => !isPresent(provides));
}

function isPresent(provides: string): boolean {
  if (provides.startsWith("/")) return existsSync(provides);
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => isExecutable(join(folder, provides)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Installs what is missing, starting no service.
 *
 * @throws MissingTool naming the packages if this is not root on a Debian-like system.
 */
export async function ensurePackages(
  packages: readonly DebianPackage[],
  report: (line: string) => void,
): Promise<void> {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(" ");
  if (process.getuid?.() !== 0) {
    throw new MissingTool(
      `missing Debian packages: ${names}; install them with: sudo apt-get install ${names}`,
    );
  }
  if (!isPresent("apt-get")) {
    throw new MissingTool(`missing, under Debian's package names: ${names}; install what provides them here`);
  }
  report(`installing Debian packages: ${names}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "update", "-q"], { environment, deadlineMs: 300_000 });
  await withoutServices(() =>
    run(["apt-get", "install", "-q", "-y", "--no-install-recommends", ...missing.map(({ name }) => name)], {
      environment,
      deadlineMs: 900_000,
    }),
  );
}

/** Debian asks policy-rc.d before it starts a service of a new package; 101 forbids it. */
async function withoutServices(work: () => Promise<unknown>): Promise<void> {
  if (existsSync(POLICY)) {
    await work();
    return;
  }
  writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}
