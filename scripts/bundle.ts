import { chmod, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, build } from "esbuild";

/** The programs of the image: name of the bundle and the file it starts from. */
const PROGRAMS = {
  controller: "packages/controller/src/main.ts",
  speaker: "packages/speaker/src/main.ts",
  wire: "packages/speaker/src/wire-main.ts",
} as const;

/** CommonJS libraries inside an ES module bundle still call `require`. */
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** The command line tool, which people run with a Node.js of their own. */
const COMMAND = "packages/cli/src/main.ts";

const OPTIONS = {
  bundle: true,
  platform: "node",
  format: "esm",
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Bundles each program of the image into one `.mjs` file in `directory`, with its source map beside it. */
export async function bundle(root: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: Object.entries(PROGRAMS).map(([out, entry]) => ({ out, in: join(root, entry) })),
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    target: "node24",
    sourcemap: "external",
    banner: { js: REQUIRE },
  });
}

/** Bundles the command line tool into one executable file, for Node.js 22 or newer. */
export async function bundleCommand(root: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: [join(root, COMMAND)],
    outfile: file,
    target: "node22",
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  });
  await chmod(file, 0o755);
}
