import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

/**
 * Compiles the addon with `cc` alone. `node scripts/build.ts` writes build/fairlead_linux.node; `--asan` writes
 * build/asan/fairlead_linux.node with AddressSanitizer and UndefinedBehaviorSanitizer in it. Up to date is not built again.
 */

const FOLDER = resolve(import.meta.dirname, "..");
const SOURCE = join(FOLDER, "addon/fairlead_linux.c");
const COMMON = ["-shared", "-fPIC", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow"];
const RELEASE = ["-O2", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-Wl,-z,relro,-z,now"];
const SANITIZE = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"];

/** How to build: `asan` adds the sanitizers. */
export interface BuildOptions {
  readonly asan?: boolean;
}

/** Builds the addon when its source, flags, compiler or Node.js have changed. @returns its path. @throws Error with the cure. */
export function buildAddon(options: BuildOptions = {}): { readonly path: string; readonly built: boolean } {
  const path = join(FOLDER, options.asan ? "build/asan/fairlead_linux.node" : "build/fairlead_linux.node");
  const node = nodeHeaders();
  const flags = [...COMMON, ...(options.asan ? SANITIZE : RELEASE)];
  const key = createHash("sha256")
    .update(readFileSync(SOURCE))
    .update(JSON.stringify([flags, node.version, compilerVersion()]))
    .digest("hex");
  const keyFile = `${path}.key`;
  if (existsSync(path) && existsSync(keyFile) && readFileSync(keyFile, "utf8") === key)
    return { path, built: false };
  mkdirSync(dirname(path), { recursive: true });
  // A running program may have the old file mapped: never write into it.
  const part = `${path}.${process.pid}.part`;
  const run = spawnSync("cc", [...flags, "-isystem", node.headers, "-o", part, SOURCE], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`cc could not compile ${relative(FOLDER, SOURCE)}:\n${run.stderr}`);
  renameSync(part, path);
  writeFileSync(keyFile, key);
  return { path, built: true };
}

function compilerVersion(): string {
  const run = spawnSync("cc", ["--version"], { encoding: "utf8" });
  if (run.status === 0) return run.stdout;
  throw new Error("The C compiler cc is missing; install it (on Debian: apt-get install gcc libc6-dev).");
}

/** The headers that come with the pinned Node.js. */
function nodeHeaders(): { readonly headers: string; readonly version: string } {
  const name = `node-linux-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const version: unknown = JSON.parse(readFileSync(manifest, "utf8")).version;
    return { headers: join(dirname(manifest), "include/node"), version: String(version) };
  } catch (cause) {
    throw new Error(`The npm package ${name} is missing; run "npm ci" on x86_64 or arm64.`, { cause });
  }
}

if (import.meta.main) {
  try {
    const { path, built } = buildAddon({ asan: process.argv.includes("--asan") });
    console.log(`addon: ${built ? "built" : "up to date:"} ${relative(process.cwd(), path)}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
