import { spawn } from "node:child_process";

/** What a finished command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: NodeJS.ProcessEnv;
  readonly folder?: string;
  /** Killed after this. @default 60000 */
  readonly deadlineMs?: number;
  /** Exit codes that are no error. @default [0] */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal;
}

/** A command ended in a way that was not accepted. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly argv: readonly string[];
  readonly result: CommandResult;

  constructor(argv: readonly string[], result: CommandResult, why: string) {
    super(
      `${argv.join(" ").slice(0, 300)}: ${why}${tail(result.stderr === "" ? result.stdout : result.stderr)}`,
    );
    this.argv = argv;
    this.result = result;
  }
}

function tail(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : `: ${trimmed.slice(-1500)}`;
}

/** A user's PATH may lack the folders of administrators' programs. */
function withSystemPath(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...environment,
    PATH: `${environment.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`,
  };
}

/** Runs a command to its end. @throws CommandError if its exit code is not accepted, it cannot start or it takes too long. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = "", ...rest] = argv;
  const deadlineMs = options.deadlineMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: ["pipe", "pipe", "pipe"],
      env: withSystemPath(options.environment ?? process.env),
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
      ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: "SIGKILL" as const }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let late = false;
    const result = (code: number): CommandResult => ({
      code,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, deadlineMs);
    child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => err.push(bytes));
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new CommandError(argv, result(-1), cause.message));
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      const ended = result(code ?? -1);
      if (late) return reject(new CommandError(argv, ended, `not finished after ${deadlineMs} ms`));
      if ((options.accept ?? [0]).includes(ended.code)) return resolve(ended);
      reject(new CommandError(argv, ended, killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`));
    });
  });
}
