import { globSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** One source file of a package and what it imports. */
export interface SourceFile {
  /** Path from the root, for example `packages/net/src/mac.ts`. */
  readonly path: string;
  /** The package's folder name. */
  readonly pkg: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written: `node:fs`, `@fairlead/net/mac.ts`, `winston`; relative ones as a path from the root. */
  readonly from: string;
  /** Whether only types are imported, so that nothing is left of it at run time. */
  readonly typeOnly: boolean;
}

/** The source files of all packages, tests and test support left out. */
export function sourceFiles(): readonly SourceFile[] {
  return globSync("packages/*/src/**/*.ts", { cwd: ROOT })
    .filter((path) => !path.endsWith(".test.ts") && !path.includes("/testing/"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, pkg: path.split("/")[1] ?? "", text, imports: importsOf(path, text) };
    });
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:[^;'"]*?\sfrom\s+)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

function importsOf(path: string, text: string): readonly Import[] {
  const absolute = (from: string): string =>
    from.startsWith(".") ? posix.join(posix.dirname(path), from) : from;
  const found = [...text.matchAll(STATEMENT)].map(([, type, from = ""]) => ({
    from: absolute(from),
    typeOnly: type !== undefined,
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, from = ""]) => ({
    from: absolute(from),
    typeOnly: false,
  }));
  return [...found, ...dynamic];
}
