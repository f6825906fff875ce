import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { VERSION } from "@fairlead/runtime/version.ts";
import { ensurePackages } from "../test/lab/packages.ts";
import { bundle } from "./bundle.ts";

/** Builds the OCI image without a daemon: `build/fairlead.tar`, an OCI archive that `ctr images import` and others take. */

const root = resolve(import.meta.dirname, "..");
const work = join(root, "build", "image");
const archive = join(root, "build", "fairlead.tar");
const NAME = `fairlead.dev/fairlead:${VERSION}`;
/** What the build needs of Debian. */
const PACKAGES = [
  { name: "umoci", provides: "umoci" },
  { name: "binutils", provides: "strip" },
];
/** All files carry one date, so that the same sources make the same image. */
const DATE = new Date("2026-01-01T00:00:00Z");

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});

async function main(): Promise<void> {
  await ensurePackages(PACKAGES, console.log);
  const began = performance.now();
  const rootfs = join(work, "rootfs");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(rootfs, "app"), { recursive: true });
  await bundle(root, join(work, "bundles"));
  for (const name of readdirSync(join(work, "bundles"))) {
    if (name.endsWith(".mjs")) copyFileSync(join(work, "bundles", name), join(rootfs, "app", name));
  }
  copyFileSync(
    join(root, "packages/linux/build/fairlead_linux.node"),
    join(rootfs, "app/fairlead_linux.node"),
  );
  installNode(rootfs);
  writeFileSync(join(rootfs, "etc/passwd"), "root:x:0:0:root:/:/\nfairlead:x:65532:65532:fairlead:/:/\n");
  writeFileSync(join(rootfs, "etc/group"), "root:x:0:\nfairlead:x:65532:\n");
  const key = digestOf(rootfs);
  if (existsSync(archive) && existsSync(`${archive}.key`) && readFileSync(`${archive}.key`, "utf8") === key) {
    console.log(`image: ${NAME} is up to date`);
    return;
  }
  pack(rootfs);
  writeFileSync(`${archive}.key`, key);
  const megabytes = (statSync(archive).size / 1e6).toFixed(0);
  console.log(
    `image: ${NAME} in build/fairlead.tar, ${megabytes} MB, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
}

/** The pinned Node.js, stripped of symbols, and the shared libraries that it is linked against. */
function installNode(rootfs: string): void {
  const node = join(rootfs, "usr/bin/node");
  for (const folder of ["usr/bin", "etc", "tmp"]) mkdirSync(join(rootfs, folder), { recursive: true });
  const cached = join(root, "build", `node-${process.version}`);
  if (!existsSync(cached)) {
    execFileSync("strip", ["-o", `${cached}.part`, process.execPath]);
    execFileSync("mv", [`${cached}.part`, cached]);
  }
  copyFileSync(cached, node);
  chmodSync(node, 0o755);
  const linked = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  for (const [, library] of linked.matchAll(/(\/\S+) \(0x/g)) {
    if (library === undefined) continue;
    const target = join(rootfs, library);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(library, target);
    chmodSync(target, 0o755);
  }
}

/** One layer, the configuration, and an archive named so that containerd knows the image by its full name. */
function pack(rootfs: string): void {
  const layout = join(work, "layout");
  const image = `${layout}:${VERSION}`;
  const umoci = (...args: string[]): void => {
    execFileSync("umoci", args, { stdio: ["ignore", "ignore", "inherit"] });
  };
  umoci("init", "--layout", layout);
  umoci("new", "--image", image);
  umoci("insert", "--image", image, rootfs, "/");
  umoci(
    "config",
    "--image",
    image,
    "--config.entrypoint",
    "/usr/bin/node",
    "--config.workingdir",
    "/app",
    "--created",
    DATE.toISOString(),
  );
  umoci("gc", "--layout", layout);
  const indexFile = join(layout, "index.json");
  const index = JSON.parse(readFileSync(indexFile, "utf8"));
  index.manifests[0].annotations["io.containerd.image.name"] = NAME;
  writeFileSync(indexFile, JSON.stringify(index));
  execFileSync("tar", [
    "--sort=name",
    "--owner=0",
    "--group=0",
    `--mtime=@${DATE.getTime() / 1000}`,
    "-cf",
    `${archive}.part`,
    "-C",
    layout,
    ".",
  ]);
  execFileSync("mv", [`${archive}.part`, archive]);
}

/** A digest of every file below the folder, by path, mode and content; sets all dates alike on the way. */
function digestOf(folder: string): string {
  const hash = createHash("sha256");
  const visit = (path: string): void => {
    const status = statSync(path);
    hash.update(`${path.slice(folder.length)} ${status.mode}\n`);
    if (status.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(readFileSync(path));
    utimesSync(path, DATE, DATE);
  };
  visit(folder);
  return `${basename(folder)} ${hash.digest("hex")}\n`;
}
