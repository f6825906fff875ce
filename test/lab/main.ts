import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { errorText } from "@fairlead/runtime/log.ts";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { ensureParts, MissingTool } from "./build.ts";
import { LabContext } from "./context.ts";
import { Lab } from "./lab.ts";
import type { ProxyMode } from "./options.ts";
import { ensurePackages, LAB_PACKAGES } from "./packages.ts";
import { onMember } from "./reach.ts";
import { listLabs, readState } from "./state.ts";

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function up(options: {
  name: string;
  nodes: number;
  clients: number;
  outsideClients: number;
  proxyMode: ProxyMode;
  secondSegment: boolean;
  replace: boolean;
  image: string[];
}): Promise<void> {
  const { replace, image, ...rest } = options;
  const lab = await Lab.up({
    ...rest,
    lifetime: "detached",
    ifExists: replace ? "replace" : "fail",
    report: say,
  });
  for (const path of image) {
    await lab.loadImage(path);
    say(`${path} is on all nodes`);
  }
  say(`look around: node test/lab/main.ts kubectl --name ${lab.name} -- get nodes`);
  say(`kubeconfig: ${lab.kubeconfig}`);
}

async function down(name: string): Promise<void> {
  // Half a take-down helps nobody; it is over in a moment.
  process.on("SIGINT", () => {});
  const startMs = performance.now();
  await Lab.takeDown(name);
  const left = Lab.leftovers(name);
  if (left.length > 0) throw new Error(`lab ${name} leaves behind: ${left.join("; ")}`);
  say(`[${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s] lab ${name} is down`);
}

function list(): void {
  for (const name of listLabs()) {
    const state = readState(name);
    const what =
      state === undefined
        ? "broken"
        : `${state.phase}, ${state.nodeNumbers.length} nodes, since ${state.createdAt}`;
    process.stdout.write(`${name}  ${what}\n`);
  }
}

/** Runs a command in this terminal and ends with its exit code. */
function become(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): void {
  const [program = "", ...rest] = argv;
  const { status, error } = spawnSync(program, rest, { stdio: "inherit", env: environment });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}

function kubectl(name: string, args: readonly string[]): void {
  const lab = Lab.attach(name);
  become([join(lab.programs, "kubectl"), ...lab.kubectlOptions, ...args]);
}

function exec(name: string, member: string, argv: readonly string[]): void {
  const context = new LabContext(name);
  const { role } = context.member(member);
  if (role !== "node" && role !== "control-plane") {
    become(onMember(context, member, argv));
    return;
  }
  const machine = context.machine(member);
  become(machine.command(argv), machine.environment);
}

async function images(name: string): Promise<void> {
  const lab = Lab.attach(name);
  for (const node of lab.nodeNames) {
    for (const image of await lab.images(node)) process.stdout.write(`${node}  ${image}\n`);
  }
}

async function build(): Promise<void> {
  await ensurePackages(LAB_PACKAGES, say);
  const startMs = performance.now();
  const parts = await ensureParts(say);
  say(
    `the lab's parts are in ${parts.programs} and ${parts.images} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`,
  );
}

const name = { type: "string", default: "lab", describe: "the lab's name" } as const;
const member = {
  type: "string",
  demandOption: true,
  describe: "switch, router, control-plane, node-1, client-1...",
} as const;
const rest = (args: Record<string, unknown>): readonly string[] => (args["--"] ?? []) as readonly string[];

await yargs(hideBin(process.argv))
  .scriptName("lab")
  .usage("A real Kubernetes cluster in network namespaces of this machine.")
  .parserConfiguration({ "populate--": true })
  .command(
    "up [name]",
    "bring a lab up (and build its parts, the first time)",
    (y) =>
      y.options({
        name,
        nodes: { type: "number", default: 3 },
        clients: { type: "number", default: 1, describe: "machines on the nodes' segment" },
        outsideClients: { type: "number", default: 0, describe: "machines behind the router" },
        proxyMode: { choices: ["nftables", "iptables"] as const, default: "nftables" as const },
        secondSegment: {
          type: "boolean",
          default: false,
          describe: "a second interface on a second segment",
        },
        replace: { type: "boolean", default: false, describe: "take down a lab of that name first" },
        image: { type: "string", array: true, default: [], describe: "OCI archives to load onto all nodes" },
      }),
    (args) => up(args),
  )
  .command(
    "down [name]",
    "take a lab down, whatever state it is in",
    (y) => y.options({ name }),
    (args) => down(args.name),
  )
  .command("list", "the labs of this machine", {}, list)
  .command(
    "kubectl",
    "run kubectl: lab kubectl -- get pods",
    (y) => y.options({ name }),
    (args) => kubectl(args.name, rest(args)),
  )
  .command(
    "exec <member>",
    "run a command on a member: lab exec client-1 -- ip neigh",
    (y) => y.options({ name }).positional("member", member),
    (args) => exec(args.name, args.member, rest(args)),
  )
  .command(
    "images [name]",
    "the images on each node",
    (y) => y.options({ name }),
    (args) => images(args.name),
  )
  .command("build", "build what labs are made of, without bringing one up", {}, build)
  .demandCommand(1, "say what to do: up, down, list, kubectl, exec, images or build")
  .strict()
  .fail((message: string | null, error: Error | undefined, y) => {
    if (error === undefined) say(`${message ?? "wrong use"}\n`);
    else say(error instanceof MissingTool ? error.message : errorText(error));
    if (error === undefined) y.showHelp("error");
    process.exit(1);
  })
  .parseAsync();
