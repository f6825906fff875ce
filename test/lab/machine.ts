import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Cgroups } from "./cgroups.ts";
import { type CommandOptions, type CommandResult, run } from "./command.ts";
import { machinePaths } from "./paths.ts";
import type { Member } from "./plan.ts";
import {
  endGroup,
  inGroup,
  inMachine,
  inNetwork,
  logFile,
  memberGroup,
  startInGroup,
  unitGroup,
} from "./processes.ts";

/** The lab's programs as a machine sees them. */
export const PROGRAMS = "/run/lab/bin";

const PATH = `${PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/**
 * Gives the machine its own /run, /var/lib, /var/log and /tmp, so that every program finds its usual paths and none
 * is shared. /var/lib comes last because the machine's folder lies below it. The number in /proc/self, read before
 * the machine's own /proc is mounted, is the one by which the host knows this process.
 */
const INIT = `
read -r pid rest < /proc/self/stat
mount --make-rprivate /
mount --bind "$2" "$1/run/lab/bin"
mount --rbind "$1/run" /run
mount --bind "$1/tmp" /tmp
mount --bind "$1/log" /var/log
mount --bind "$1/lib" /var/lib
mount -t proc proc /proc
echo "$3" > /proc/sys/kernel/hostname
mount --make-rshared /
echo "$pid"
exec /run/lab/bin/pause < /dev/null > /dev/null 2>&1`;

/** A busy API server takes the processors of its own machine. It must not take those of a node, whose speaker would be silent and be taken for dead. */
const CONTROL_PLANE_WEIGHT = 0.25;

/**
 * A member that runs programs of its own: a network, mount and process-number namespace held by one first process,
 * and a cgroup. Killing that process kills everything on the machine, as pulling the plug does.
 */
export class Machine {
  readonly member: Member;
  readonly #lab: string;
  readonly #cgroups: Cgroups;
  readonly #programs: string;

  constructor(options: { lab: string; member: Member; cgroups: Cgroups; programs: string }) {
    this.member = options.member;
    this.#lab = options.lab;
    this.#cgroups = options.cgroups;
    this.#programs = options.programs;
  }

  /** The machine's cgroup, the root of its kubelet's groups. */
  get group(): string {
    return memberGroup(this.#lab, this.member.name);
  }

  /** The group of one of its programs, which need not run. */
  groupOf(unit: string): string {
    return unitGroup(this.#lab, this.member.name, unit);
  }

  /** The number of its first process as the host counts, or undefined if the machine is off. */
  initPid(): number | undefined {
    return this.#cgroups.processes(this.groupOf("init")).find(isFirstOfItsNamespace);
  }

  /** Makes its folders, so that configuration can be written before {@link boot}. */
  prepare(): void {
    const { root, config } = machinePaths(this.#lab, this.member.name);
    for (const folder of ["log", "lib", "tmp", "run/netns"])
      mkdirSync(join(root, folder), { recursive: true });
    mkdirSync(join(config, "bin"), { recursive: true });
    chmodSync(join(root, "tmp"), 0o1777);
  }

  /** Starts the first process. The network namespace must exist. */
  async boot(): Promise<void> {
    this.prepare();
    const group = this.groupOf("init");
    this.#cgroups.ensure(group);
    if (this.member.role === "control-plane") this.#cgroups.weigh(this.group, CONTROL_PLANE_WEIGHT);
    const { root } = machinePaths(this.#lab, this.member.name);
    const script = ["/bin/sh", "-euc", INIT, "init", root, this.#programs, this.member.name];
    const argv = inNetwork(this.member, ["unshare", "--mount", "--pid", "--uts", "--fork", "--", ...script]);
    await firstLine(inGroup(this.#cgroups, group, argv));
  }

  /** Ends everything on it in one blow, and forgets what a power cycle forgets. */
  async powerOff(): Promise<void> {
    await this.#cgroups.kill(this.group);
    await this.#cgroups.remove(this.group);
    const { root } = machinePaths(this.#lab, this.member.name);
    for (const folder of ["run", "tmp"]) rmSync(join(root, folder), { recursive: true, force: true });
  }

  /** Starts one of its programs; its output goes to the log file of that name. */
  async start(unit: string, argv: readonly string[]): Promise<void> {
    await startInGroup(this.#cgroups, this.groupOf(unit), inMachine(this.#runningInit(), argv), {
      log: logFile(this.#lab, this.member.name, unit),
      environment: this.environment,
    });
  }

  /** Ends one of its programs: asked, and killed after `patienceMs`; 0 kills at once. */
  async stop(unit: string, patienceMs: number): Promise<void> {
    await endGroup(this.#cgroups, this.groupOf(unit), patienceMs);
  }

  /** Whether one of its programs runs. */
  runs(unit: string): boolean {
    return this.#cgroups.processes(this.groupOf(unit)).length > 0;
  }

  /** The command that runs `argv` on it, in its own group; run it in {@link environment}. */
  command(argv: readonly string[]): readonly string[] {
    const group = this.groupOf("exec");
    this.#cgroups.ensure(group);
    return inGroup(this.#cgroups, group, inMachine(this.#runningInit(), argv));
  }

  /** The environment of programs on it. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH, HOME: "/tmp", TMPDIR: "/tmp" };
  }

  /** Runs a command on it to its end. */
  async exec(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(this.command(argv), { folder: "/", environment: this.environment, ...options });
  }

  #runningInit(): number {
    const pid = this.initPid();
    if (pid === undefined) throw new Error(`${this.member.name} is off; start it first`);
    return pid;
  }
}

/** Whether a process is number 1 in a namespace that is not the host's own (proc(5), status, NSpid). */
function isFirstOfItsNamespace(pid: number): boolean {
  try {
    return /^NSpid:(\t\d+)+\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Starts a program that stays, and returns its first line of output. @throws Error with what it said if it ends first. */
export function firstLine(argv: readonly string[]): Promise<string> {
  const [program = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { detached: true, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    createInterface(child.stdout).once("line", (line) => {
      resolve(line);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    });
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${argv.join(" ")} ended with ${code}: ${said.trim()}`)));
  });
}
