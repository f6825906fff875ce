import { ensurePackages } from "../test/lab/packages.ts";

/** Sees to it that there is a C compiler: installs Debian's when run as root, else says in one sentence what is missing. */

const COMPILER = [
  { name: "gcc", provides: "cc" },
  { name: "libc6-dev", provides: "/usr/include/stdio.h" },
];

await ensurePackages(COMPILER, console.log).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
