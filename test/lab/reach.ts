import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { AgentOrder } from "./agent.ts";
import type { AskOptions, Attempt, Question } from "./attempt.ts";
import { type CommandOptions, type CommandResult, run } from "./command.ts";
import type { LabContext } from "./context.ts";
import { inGroup, inNetwork, unitGroup } from "./processes.ts";

const AGENT = join(import.meta.dirname, "agent.ts");

/** The command that runs `argv` in a member's network, in the member's cgroup. */
export function onMember(context: LabContext, name: string, argv: readonly string[]): readonly string[] {
  const group = unitGroup(context.name, name, "exec");
  context.cgroups.ensure(group);
  return inGroup(context.cgroups, group, inNetwork(context.member(name), argv));
}

/** Runs a command on a member: on a machine in all its namespaces, elsewhere in the network alone. */
export function exec(
  context: LabContext,
  name: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { role } = context.member(name);
  if (role === "node" || role === "control-plane") return context.machine(name).exec(argv, options);
  return run(onMember(context, name, argv), options);
}

/** A running command; what it says as an error goes where ours goes. */
export type Spawned = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a command in a member's network, in the member's cgroup. */
export function spawnOn(context: LabContext, name: string, argv: readonly string[]): Spawned {
  const [program = "", ...rest] = onMember(context, name, argv);
  return spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
}

/** Asks once from a member's network. No answer is a value, not an error. */
export async function ask(
  context: LabContext,
  from: string,
  question: Question,
  options: AskOptions = {},
): Promise<Attempt> {
  const deadlineMs = (options.timeoutMs ?? 2000) + 20_000;
  const { stdout } = await run(agent(context, from, { question, options }), { deadlineMs });
  return JSON.parse(stdout) as Attempt;
}

function agent(context: LabContext, from: string, order: AgentOrder): readonly string[] {
  return onMember(context, from, [process.execPath, "--no-warnings", AGENT, JSON.stringify(order)]);
}

/** Asks at a fixed pace until stopped. */
export class Probing {
  readonly #child: ChildProcess;
  readonly #attempts: Attempt[] = [];
  readonly #ended: Promise<void>;
  readonly started: Promise<void>;

  constructor(
    context: LabContext,
    from: string,
    question: Question,
    options: AskOptions & { everyMs: number },
  ) {
    const { everyMs, ...rest } = options;
    const [program = "", ...argv] = agent(context, from, { question, options: rest, everyMs });
    const child = spawn(program, argv, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => this.#attempts.push(JSON.parse(line) as Attempt));
    this.started = new Promise((resolve, reject) => {
      lines.once("line", () => resolve());
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`the prober on ${from} ended with ${code}`)));
    });
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    this.started.catch(() => {});
  }

  /** The attempts that have an outcome so far, in the order of their ends. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** Asks no more, waits for the last answers, and returns all attempts in the order of their starts. */
  async stop(): Promise<readonly Attempt[]> {
    this.#child.stdin?.end();
    await this.#ended;
    return this.#attempts.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  }
}
