import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";

/** Debian asks this program whether a package may start its services: none of ours may. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Sees to it that these Debian packages are installed: as root it installs what is missing and says so; otherwise, or
 * where there is no apt-get, it ends the program with one sentence that names them.
 */
export function debianPackages(names: readonly string[]): void {
  const missing = names.filter((name) => !installed(name));
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) {
    console.error(
      `These Debian packages are missing: ${list}. Install them (apt-get install ${list}) or run this as root.`,
    );
    process.exit(1);
  }
  console.log(`Debian packages: installing ${list}`);
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) {
    writeFileSync(POLICY, "#!/bin/sh\nexit 101\n");
    chmodSync(POLICY, 0o755);
  }
  try {
    apt("update");
    apt("install", "--yes", "--no-install-recommends", ...missing);
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}

function installed(name: string): boolean {
  const found = spawnSync("dpkg-query", ["--show", "--showformat=${Status}", name], { encoding: "utf8" });
  return found.status === 0 && found.stdout.startsWith("install ok installed");
}

function apt(...args: string[]): void {
  const run = spawnSync("apt-get", ["--quiet=2", ...args], {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (run.status === 0) return;
  console.error(`${run.stdout}${run.stderr}\napt-get ${args.join(" ")} failed; see above.`);
  process.exit(1);
}
