import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { PAUSE_IMAGE, WEB_IMAGE } from "./image-names.ts";

/** Nobody, so that the images run where pod security is restricted. */
const USER = "65534:65534";

/** Makes the images that the lab's pods need, as OCI archives `pause.tar` and `web.tar` in `output`. */
export async function buildPodImages(options: {
  programs: string;
  busybox: string;
  output: string;
}): Promise<void> {
  const { programs, busybox, output } = options;
  mkdirSync(output, { recursive: true });
  const root = (name: string): string => join(output, `${name}.root`);
  mkdirSync(root("pause"));
  copyFileSync(join(programs, "pause"), join(root("pause"), "pause"));
  await fillWebRoot(root("web"), join(programs, "web"), busybox);
  await Promise.all([
    archive({
      root: root("pause"),
      image: PAUSE_IMAGE,
      entrypoint: "/pause",
      file: join(output, "pause.tar"),
    }),
    archive({ root: root("web"), image: WEB_IMAGE, entrypoint: "/web", file: join(output, "web.tar") }),
  ]);
  for (const name of ["pause", "web"]) rmSync(root(name), { recursive: true });
}

async function fillWebRoot(root: string, web: string, busybox: string): Promise<void> {
  for (const folder of ["bin", "etc", "tmp"]) mkdirSync(join(root, folder), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  copyFileSync(web, join(root, "web"));
  copyFileSync(busybox, join(root, "bin", "busybox"));
  const { stdout } = await run([busybox, "--list"]);
  for (const name of stdout.split("\n").filter((line) => line !== "" && line !== "busybox")) {
    symlinkSync("busybox", join(root, "bin", name));
  }
  writeFileSync(join(root, "etc", "passwd"), "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
}

async function archive(options: {
  root: string;
  image: string;
  entrypoint: string;
  file: string;
}): Promise<void> {
  const layout = `${options.file}.layout`;
  const tagged = `${layout}:latest`;
  await run(["umoci", "init", "--layout", layout]);
  await run(["umoci", "new", "--image", tagged]);
  await run(["umoci", "insert", "--image", tagged, options.root, "/"]);
  const config = [
    "--config.entrypoint",
    options.entrypoint,
    "--config.user",
    USER,
    "--config.env",
    "PATH=/bin",
  ];
  await run(["umoci", "config", "--image", tagged, ...config]);
  await run(["umoci", "gc", "--layout", layout]);
  nameForContainerd(join(layout, "index.json"), options.image);
  await run(["tar", "-C", layout, "-cf", options.file, "."]);
  rmSync(layout, { recursive: true });
}

/** An OCI layout knows only tags; containerd takes the full name from this annotation. */
function nameForContainerd(file: string, image: string): void {
  const index = JSON.parse(readFileSync(file, "utf8")) as {
    manifests: { annotations?: Record<string, string> }[];
  };
  for (const manifest of index.manifests) {
    manifest.annotations = { ...manifest.annotations, "io.containerd.image.name": image };
  }
  writeFileSync(file, JSON.stringify(index));
}
