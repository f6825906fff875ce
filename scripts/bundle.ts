import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** The programs of the image: name of the bundle and the file it starts from. */
const PROGRAMS = {
  controller: "packages/controller/src/main.ts",
  speaker: "packages/speaker/src/main.ts",
  wire: "packages/speaker/src/wire-main.ts",
} as const;

/** CommonJS libraries inside an ES module bundle still call `require`. */
const REQUIRE =
  'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';

/** Bundles each program of the image into one `.mjs` file in `directory`, with its source map beside it. */
export async function bundle(root: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(PROGRAMS).map(([out, entry]) => ({ out, in: join(root, entry) })),
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    sourcemap: "external",
    legalComments: "none",
    keepNames: true,
    banner: { js: REQUIRE },
    logLevel: "warning",
  });
}
