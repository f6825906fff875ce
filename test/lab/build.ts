import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { CommandError, run } from "./command.ts";
import { withLock } from "./lock.ts";
import {
  C_FLAGS,
  C_PROGRAMS,
  GO_PROGRAMS,
  goArguments,
  kubernetesVersion,
  partsKey,
  SOURCES,
  toolsKey,
} from "./parts.ts";
import { cacheFolder } from "./paths.ts";
import { buildPodImages } from "./pod-images.ts";
import { Progress } from "./progress.ts";

/** What a lab is made of. */
export interface Parts {
  /** Folder of the programs. */
  readonly programs: string;
  /** Folder of the images' OCI archives, `pause.tar` and `web.tar`. */
  readonly images: string;
}

/** Something that cannot be installed here is missing; the message is one sentence with the cure. */
export class MissingTool extends Error {
  override readonly name = "MissingTool";
}

const BUSYBOX = "/bin/busybox";
const OLDEST_GO = [1, 26] as const;

/**
 * Builds what a lab is made of, once; afterwards it only looks. Any number of processes may ask at the same time.
 *
 * @throws MissingTool if there is no compiler.
 */
export async function ensureParts(report: (line: string) => void): Promise<Parts> {
  const cache = join(cacheFolder(), "lab");
  if (!existsSync(BUSYBOX)) throw new MissingTool("busybox is missing; install Debian's busybox-static");
  const folder = join(cache, `parts-${partsKey(BUSYBOX)}`);
  const parts = { programs: join(folder, "bin"), images: join(folder, "images") };
  if (existsSync(folder)) return parts;
  mkdirSync(cache, { recursive: true });
  const waiting = (pid: number): void => report(`waiting for process ${pid}, which builds the same`);
  await withLock(join(cache, "build.lock"), waiting, async () => {
    if (existsSync(folder)) return;
    const tools = await ensureTools(cache, report);
    await inNewFolder(folder, (temporary) => buildParts(tools, temporary, report));
  });
  return parts;
}

async function ensureTools(cache: string, report: (line: string) => void): Promise<string> {
  const folder = join(cache, `tools-${toolsKey()}`);
  if (existsSync(folder)) return folder;
  await requireGo();
  await inNewFolder(folder, (temporary) => buildTools(temporary, report));
  return folder;
}

/** Fills a folder that appears only when it is complete. What an interrupted attempt left is thrown away. */
async function inNewFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}.new`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  await fill(temporary);
  renameSync(temporary, folder);
}

async function buildTools(folder: string, report: (line: string) => void): Promise<void> {
  const pace = 2 / Math.min(cpus().length, 8);
  const steps = GO_PROGRAMS.map(({ name, seconds }) => ({ name, seconds: Math.ceil(seconds * pace) }));
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  report(
    `building Kubernetes ${kubernetesVersion()}, etcd and containerd once: about ${total} s from scratch`,
  );
  const progress = new Progress({
    steps,
    terminal: process.stderr.isTTY === true,
    write: (text) => process.stderr.write(text),
  });
  try {
    for (const program of GO_PROGRAMS) {
      progress.next();
      await run(["go", ...goArguments(program, join(folder, program.name), kubernetesVersion())], {
        folder: join(SOURCES, "tools", program.module),
        environment: {
          ...process.env,
          CGO_ENABLED: "0",
          GOTOOLCHAIN: "local",
          GOFLAGS: "-mod=readonly -buildvcs=false",
        },
        deadlineMs: 3_600_000,
      });
    }
  } finally {
    progress.stop();
  }
}

async function buildParts(tools: string, folder: string, report: (line: string) => void): Promise<void> {
  report("building the lab's own small programs and images: about 5 s");
  const programs = join(folder, "bin");
  mkdirSync(programs);
  for (const { name } of GO_PROGRAMS) linkSync(join(tools, name), join(programs, name));
  await Promise.all(
    C_PROGRAMS.map((name) => compile(join(SOURCES, name, `${name}.c`), join(programs, name))),
  );
  await buildPodImages({ programs, busybox: BUSYBOX, output: join(folder, "images") });
}

async function compile(source: string, output: string): Promise<void> {
  try {
    await run(["cc", ...C_FLAGS, "-o", output, source]);
  } catch (cause) {
    if (cause instanceof CommandError && cause.result.code === -1) {
      throw new MissingTool("a C compiler is missing; install Debian's gcc and libc6-dev", { cause });
    }
    throw cause;
  }
}

async function requireGo(): Promise<void> {
  const wanted = OLDEST_GO.join(".");
  const environment = { ...process.env, GOTOOLCHAIN: "local" };
  const version = await run(["go", "env", "GOVERSION"], { environment }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (version === undefined)
    throw new MissingTool(`Go is missing; install Go ${wanted} or later and put it in PATH`);
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    throw new MissingTool(`Go here is ${version}; install Go ${wanted} or later and put it first in PATH`);
  }
}
