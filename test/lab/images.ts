import { spawn } from "node:child_process";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { run } from "./command.ts";
import type { LabContext } from "./context.ts";
import { snapshotter } from "./kernel.ts";
import type { Machine } from "./machine.ts";
import { machinePaths } from "./paths.ts";
import { waitInLab } from "./readiness.ts";

/** What an image to load is. */
export interface ImageSource {
  /** An OCI archive (tar), or a folder with an OCI layout. */
  readonly path: string;
  /** The full name, if the archive only knows tags: `fairlead.dev/fairlead` makes `fairlead.dev/fairlead:TAG`. */
  readonly name?: string;
}

/** Loads the pause image, which every pod needs, and the test image onto a node. */
export async function loadPodImages(context: LabContext, machine: Machine, images: string): Promise<void> {
  for (const file of ["pause.tar", "web.tar"])
    await importImage(context, machine, { path: join(images, file) });
}

/** Loads an image onto one node. @throws Error with containerd's words if it will not have it. */
export async function importImage(context: LabContext, machine: Machine, source: ImageSource): Promise<void> {
  const name = source.name === undefined ? [] : ["--base-name", source.name];
  const argv = [
    ...ctr(context, machine),
    "images",
    "import",
    "--local",
    "--snapshotter",
    snapshotter(),
    ...name,
    "-",
  ];
  const [program = "", ...rest] = argv;
  const input = statSync(source.path).isDirectory()
    ? spawn("tar", ["-C", source.path, "-cf", "-", "."], { stdio: ["ignore", "pipe", "inherit"] }).stdout
    : createReadStream(source.path);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        said += bytes.toString();
      });
    }
    child.on("error", reject);
    child.on("close", (code) => {
      input.destroy();
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${machine.member.name} does not take the image ${source.path}: ${said.trim().slice(-1000)}`,
          ),
        );
    });
    input.on("error", reject);
    child.stdin.on("error", () => {});
    input.pipe(child.stdin);
  });
}

/** The names of the images on a node. */
export async function imageNames(context: LabContext, machine: Machine): Promise<readonly string[]> {
  const { stdout } = await run([...ctr(context, machine), "images", "list", "-q"]);
  return stdout.split("\n").filter((line) => line !== "" && !line.startsWith("sha256:"));
}

/** Waits until a node's containerd takes connections. */
export async function waitForContainerd(context: LabContext, machine: Machine): Promise<void> {
  const socket = containerdSocket(context, machine);
  await waitInLab(context, `containerd on ${machine.member.name} answers`, () => connects(socket), {
    everyMs: 20,
  });
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path });
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function containerdSocket(context: LabContext, machine: Machine): string {
  return join(machinePaths(context.name, machine.member.name).run, "containerd", "containerd.sock");
}

function ctr(context: LabContext, machine: Machine): readonly string[] {
  return [join(context.state.programs, "ctr"), "-a", containerdSocket(context, machine), "-n", "k8s.io"];
}

/** The image names that an OCI layout's index announces. */
export function namesInLayout(folder: string): readonly string[] {
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
    manifests: readonly { annotations?: Readonly<Record<string, string>> }[];
  };
  return index.manifests.flatMap(({ annotations = {} }) => {
    const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
    return name === undefined ? [] : [name];
  });
}
