import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import type { LabContext } from "./context.ts";
import { CONTROL_PLANE_COMPONENTS } from "./control-plane.ts";
import { NODE_COMPONENTS } from "./node.ts";
import { labPaths } from "./paths.ts";

/** Where diagnoses stay after the lab is gone: `build/lab` in the repository. */
const FOLDER = join(import.meta.dirname, "..", "..", "build", "lab");

/** The programs that should run and do not, as `member/program`. */
export function stoppedPrograms(context: LabContext): readonly string[] {
  const { dead } = context.state;
  const expected = [
    { machine: context.controlPlane, components: CONTROL_PLANE_COMPONENTS },
    ...context.nodes
      .filter(({ name }) => !dead.includes(name))
      .map(({ name }) => ({ machine: context.machine(name), components: NODE_COMPONENTS })),
  ];
  return expected.flatMap(({ machine, components }) =>
    components
      .filter((component) => !machine.runs(component))
      .map((component) => `${machine.member.name}/${component}`),
  );
}

/** The last lines of each log, newest program output last. */
function logTails(context: LabContext, lines: number): string {
  const { logs } = labPaths(context.name);
  const files = readdirSync(logs).filter((file) => file.endsWith(".log"));
  return files
    .sort()
    .map((file) => `==== ${file}\n${tailOf(readFileSync(join(logs, file), "utf8"), lines)}`)
    .join("\n\n");
}

function tailOf(text: string, lines: number): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

async function clusterView(context: LabContext): Promise<string> {
  const kubectl = [
    join(context.state.programs, "kubectl"),
    "--kubeconfig",
    labPaths(context.name).adminKubeconfig,
  ];
  const views = [
    ["get", "nodes,svc,endpointslices", "-A", "-o", "wide"],
    ["get", "pods", "-A", "-o", "wide"],
    ["get", "vip,ipaddresspools,l2advertisements,speakers", "-o", "yaml"],
    ["get", "events", "-A", "--sort-by=.lastTimestamp"],
  ];
  const outputs = await Promise.all(
    views.map(async (view) => {
      const argv = [
        ...kubectl,
        "--request-timeout=3s",
        "--cache-dir",
        join(labPaths(context.name).root, "kubectl-cache"),
        ...view,
      ];
      const { stdout, stderr } = await run(argv, { accept: [0, 1], deadlineMs: 10_000 });
      return `$ kubectl ${view.join(" ")}\n${tailOf(stdout, 200)}\n${tailOf(stderr, 10)}`;
    }),
  );
  return outputs.join("\n\n");
}

async function podLogs(context: LabContext): Promise<string> {
  const found = context.nodes.flatMap(({ name }) => {
    const folder = join(labPaths(context.name).root, "machines", name, "log", "pods");
    return listFiles(folder).map((file) => ({ title: `${name} ${file.slice(folder.length + 1)}`, file }));
  });
  return found
    .map(({ title, file }) => `==== pod ${title}\n${tailOf(readFileSync(file, "utf8"), 60)}`)
    .join("\n\n");
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

/** Writes what is to be known about the lab now to a file that outlives it, and returns the file's name. */
export async function dumpDiagnostics(context: LabContext, why: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${context.name}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.txt`);
  const parts = [
    `${why}\n`,
    `not running: ${stoppedPrograms(context).join(", ") || "nothing that should"}`,
    await clusterView(context).catch((thrown: unknown) => `no view of the cluster: ${String(thrown)}`),
    await podLogs(context).catch((thrown: unknown) => `no logs of pods: ${String(thrown)}`),
    logTails(context, 80),
  ];
  writeFileSync(file, `${parts.join("\n\n")}\n`);
  return file;
}

/** A few lines for an error message: what does not run, the ends of the most telling logs, and where the rest is. */
export async function diagnose(context: LabContext, why: string): Promise<string> {
  const file = await dumpDiagnostics(context, why);
  const stopped = stoppedPrograms(context);
  const { logs } = labPaths(context.name);
  const tails = stopped.slice(0, 3).map((unit) => {
    const log = join(logs, `${unit.replace("/", ".")}.log`);
    return `  ${unit} ended: ${listFiles(logs).includes(log) ? tailOf(readFileSync(log, "utf8"), 3) : "it wrote nothing"}`;
  });
  return [...tails, `logs and objects of that moment: ${file}`].join("\n");
}
