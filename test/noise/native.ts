import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { ip, NAMESPACES_UNAVAILABLE } from "@fairlead/linux/testing/namespace.ts";
import { build } from "esbuild";
import { buildAddon } from "../../packages/linux/scripts/build.ts";
import { runSanitized } from "../../packages/linux/scripts/sanitized.ts";

/**
 * Sends noise through real sockets: on an addon built with the sanitizers, then, where there is valgrind, on the one that is shipped.
 *
 *     node test/noise/native.ts [frames] [frames under valgrind]
 */
const [frames = "200000", framesUnderValgrind = "5000"] = process.argv.slice(2);
const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "test/noise/native-program.ts");
const namespace = `flx-noise-${process.pid}`;
const LAUNCHER = ["ip", "netns", "exec", namespace];

if (NAMESPACES_UNAVAILABLE !== undefined) console.log(NAMESPACES_UNAVAILABLE);
else {
  ip("netns", "add", namespace);
  try {
    prepare();
    const indexes = [indexOf("left0"), indexOf("right0")];
    const sanitized = runSanitized([{ argv: [PROGRAM, frames, ...indexes], cwd: ROOT, launcher: LAUNCHER }]);
    const checked = await runUnderValgrind([framesUnderValgrind, ...indexes]);
    process.exitCode = sanitized && checked ? 0 : 1;
  } finally {
    ip("netns", "delete", namespace);
  }
}

/** @returns whether there was no report, or no valgrind */
async function runUnderValgrind(args: readonly string[]): Promise<boolean> {
  if (spawnSync("valgrind", ["--version"]).status !== 0) {
    console.log("skipped: valgrind is not installed");
    return true;
  }
  // What V8 compiles is nothing that valgrind could judge, and without it there is no WebAssembly, which TypeScript's types are taken off with.
  const outfile = join(ROOT, "build/noise/native-program.mjs");
  await build({
    entryPoints: [PROGRAM],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
  });
  const valgrind = ["valgrind", "--quiet", "--error-exitcode=9", "--smc-check=all-non-file"];
  const [program = "ip", ...launched] = [
    ...LAUNCHER,
    ...valgrind,
    process.execPath,
    "--jitless",
    outfile,
    ...args,
  ];
  const env = { ...process.env, FAIRLEAD_LINUX_ADDON: buildAddon().path };
  console.log("under valgrind");
  return spawnSync(program, launched, { cwd: ROOT, stdio: "inherit", env }).status === 0;
}

/** One cable whose ends are both here; IPv6 makes no addresses, so that it is silent. */
function prepare(): void {
  const here = ["-n", namespace];
  ip(...here, "link", "add", "left0", "type", "veth", "peer", "name", "right0");
  for (const [name, mac] of [
    ["left0", "02:00:00:00:00:02"],
    ["right0", "02:00:00:00:00:0a"],
  ] as const) {
    ip(...here, "link", "set", name, "address", mac, "addrgenmode", "none");
    ip(...here, "link", "set", name, "up");
  }
  ip(...here, "address", "add", "192.0.2.1/24", "dev", "left0");
}

function indexOf(name: string): string {
  return ip("-n", namespace, "-oneline", "link", "show", name).split(":")[0] ?? "";
}
