import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** One program made by the Go compiler. */
export interface GoProgram {
  readonly name: string;
  /** The folder of its module below `tools/`. */
  readonly module: "kubernetes" | "etcd" | "containerd";
  readonly package: string;
  /** How long it takes on two cores with nothing compiled before, in the order of the list. */
  readonly seconds: number;
}

const containerd = "github.com/containerd/containerd/v2/cmd";
const kubernetes = "k8s.io/kubernetes/cmd";

/** All of them, in the order in which they are built: later ones share packages with earlier ones. */
export const GO_PROGRAMS: readonly GoProgram[] = [
  { name: "etcd", module: "etcd", package: "go.etcd.io/etcd/server/v3", seconds: 35 },
  { name: "containerd", module: "containerd", package: `${containerd}/containerd`, seconds: 45 },
  {
    name: "containerd-shim-runc-v2",
    module: "containerd",
    package: `${containerd}/containerd-shim-runc-v2`,
    seconds: 5,
  },
  { name: "ctr", module: "containerd", package: `${containerd}/ctr`, seconds: 5 },
  { name: "kube-apiserver", module: "kubernetes", package: `${kubernetes}/kube-apiserver`, seconds: 240 },
  {
    name: "kube-controller-manager",
    module: "kubernetes",
    package: `${kubernetes}/kube-controller-manager`,
    seconds: 75,
  },
  { name: "kube-scheduler", module: "kubernetes", package: `${kubernetes}/kube-scheduler`, seconds: 10 },
  { name: "kubelet", module: "kubernetes", package: `${kubernetes}/kubelet`, seconds: 18 },
  { name: "kube-proxy", module: "kubernetes", package: `${kubernetes}/kube-proxy`, seconds: 9 },
  { name: "kubectl", module: "kubernetes", package: `${kubernetes}/kubectl`, seconds: 16 },
];

/** The small programs in C, each `NAME/NAME.c`. */
export const C_PROGRAMS: readonly string[] = ["pause", "forward", "web"];

/** Options of the C compiler. */
export const C_FLAGS: readonly string[] = [
  "-std=gnu17",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-static",
  "-s",
  "-pthread",
];

/** The folder that holds the sources of the lab's parts. */
export const SOURCES = import.meta.dirname;

/** The arguments of `go` that build a program; `version` is what `kubectl version` shows. */
export function goArguments(program: GoProgram, output: string, version: string): readonly string[] {
  const stamp =
    program.module === "kubernetes" ? ` -X k8s.io/component-base/version.gitVersion=${version}` : "";
  const tags = program.module === "containerd" ? ["-tags", "no_btrfs no_zfs no_aufs no_devmapper"] : [];
  return ["build", "-trimpath", ...tags, "-ldflags", `-s -w${stamp}`, "-o", output, program.package];
}

/** The Kubernetes release that go.mod pins, such as `v1.37.2`. */
export function kubernetesVersion(sources: string = SOURCES): string {
  const text = readFileSync(join(sources, "tools", "kubernetes", "go.mod"), "utf8");
  const version = /^require k8s\.io\/kubernetes (v\S+)$/m.exec(text)?.[1];
  if (version === undefined) throw new Error("tools/kubernetes/go.mod requires no k8s.io/kubernetes");
  return version;
}

/** Names what the Go programs are made from: the same key, the same programs. */
export function toolsKey(sources: string = SOURCES): string {
  const hash = createHash("sha256");
  for (const module of ["kubernetes", "etcd", "containerd"]) {
    for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(sources, "tools", module, file)));
  }
  hash.update(JSON.stringify(GO_PROGRAMS.map((program) => goArguments(program, program.name, "version"))));
  return hash.update(process.arch).digest("hex").slice(0, 12);
}

/** Names what the C programs and the images are made from, the Go programs included. */
export function partsKey(busybox: string, sources: string = SOURCES): string {
  const hash = createHash("sha256").update(toolsKey(sources)).update(C_FLAGS.join(" "));
  for (const name of C_PROGRAMS) {
    for (const file of readdirSync(join(sources, name)).sort())
      hash.update(readFileSync(join(sources, name, file)));
  }
  hash.update(readFileSync(join(sources, "pod-images.ts")));
  return hash
    .update(String(statSync(busybox).size))
    .digest("hex")
    .slice(0, 12);
}
