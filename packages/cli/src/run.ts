import { VERSION } from "@fairlead/runtime/version.ts";
import yargs, { type Argv } from "yargs";
import { ExitStatus } from "./exit-status.ts";
import { runDrain } from "./move/drain.ts";
import { runMove } from "./move/move.ts";
import { drainOptions, moveOptions } from "./move/options.ts";
import { runPlan } from "./plan/command.ts";
import type { Surroundings } from "./surroundings.ts";
import { runValidate } from "./validate/command.ts";
import { whyOptions } from "./why/options.ts";
import { runWhy } from "./why/why.ts";

const NO_FILE = "name at least one file with -f";
const FILES = {
  alias: "f",
  type: "string",
  // An option that is a list by itself takes no "-" for a value.
  coerce: (given: string | readonly string[]): readonly string[] => [given].flat(),
  demandOption: NO_FILE,
  describe: 'A file of YAML or JSON; "-" is the standard input. May be given several times.',
} as const;

/** Runs the program. @param argv the arguments after its name */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<ExitStatus> {
  const { program, out, err } = surroundings;
  let status: ExitStatus | undefined;
  let shown = "";
  const parser = yargs()
    .scriptName(program)
    .usage(
      "$0 COMMAND\n\nChecks what Fairlead is to be given, before it is given to the cluster, moves addresses, and says why one is not answered.",
    )
    .version(VERSION)
    .wrap(100)
    .strict()
    .exitProcess(false)
    .demandCommand(1, "name a command")
    .epilogue(`${program} COMMAND --help tells more about a command.`)
    .fail((message, error) => {
      // Of a missing option, yargs tells its name first and then what we say of it.
      throw message ? new UsageError(message.split("\n").at(-1)) : error;
    })
    .command(
      "validate",
      "Check files of pools, advertisements and Services: what is wrong, where, and what to write instead",
      validateOptions,
      async ({ filename, output }) => {
        status = await runValidate({ paths: filename, output }, surroundings);
      },
    )
    .command(
      "plan",
      "Say which Services would get other addresses if the pools of files were applied, and why",
      planOptions,
      async ({ filename, ...options }) => {
        status = await runPlan({ paths: filename, ...options }, surroundings);
      },
    )
    .command("move <vip>", "Have one address answered for by another node", moveOptions, async (options) => {
      status = await runMove(options, surroundings);
    })
    .command("drain <node>", "Take all addresses off a node", drainOptions, async (options) => {
      status = await runDrain(options, surroundings);
    })
    .command(
      "why <what>",
      "Say who answers for a Service or an address, or why nobody does",
      whyOptions,
      async (options) => {
        status = await runWhy(options, surroundings);
      },
    );
  try {
    await parser.parse([...argv], {}, (_error, _argv, text) => {
      shown = text;
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${program}: ${error.message}; see ${program} --help\n`);
    return ExitStatus.Usage;
  }
  if (shown !== "") out(`${shown}\n`);
  return status ?? ExitStatus.Fine;
}

/** The command line cannot be understood. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

function validateOptions(command: Argv) {
  return command
    .usage(
      "$0 validate -f FILE [-f FILE]... [-o json]\n\nChecks IPAddressPools, L2Advertisements, VirtualIPs and Services of type LoadBalancer, without a cluster: what is wrong, in which line, what to write instead, and what address lists cover. Other kinds are skipped.",
    )
    .option("filename", FILES)
    .check(({ filename }) => !filename.includes("") || NO_FILE)
    .option("output", {
      alias: "o",
      choices: ["text", "json"] as const,
      default: "text" as const,
      describe: "How the result is written",
    })
    .example("$0 validate -f pools.yaml", "Check one file")
    .example("helm template . | $0 validate -f -", "Check what a chart makes")
    .epilogue(
      "Exit status: 0 nothing is wrong, 1 something is wrong, 64 the command line is wrong, 66 a file cannot be read.",
    );
}

function planOptions(command: Argv) {
  return command
    .usage(
      "$0 plan -f FILE [-f FILE]... [--prune] [-o json]\n\nReads the cluster and says which Services would get, lose or change addresses if the IPAddressPools of the files were applied, once everything that waits for a grace to pass has happened. Nothing is written.",
    )
    .option("filename", FILES)
    .check(({ filename }) => !filename.includes("") || NO_FILE)
    .option("output", {
      alias: "o",
      choices: ["table", "json"] as const,
      default: "table" as const,
      describe: "How the result is written",
    })
    .option("prune", {
      type: "boolean",
      default: false,
      describe: "Take pools that the files do not have for deleted",
    })
    .option("kubeconfig", { type: "string", describe: "The kubeconfig; without it, as kubectl finds it" })
    .option("context", { type: "string", describe: "The context in it; without it, the current one" })
    .option("load-balancer-class", {
      type: "string",
      describe: "The controller's option of this name, if it has it",
    })
    .option("also-classless", {
      type: "boolean",
      default: false,
      describe: "The controller's option of this name, if it has it",
    })
    .example("$0 plan -f pools.yaml", "What if these pools were applied?")
    .example("$0 plan --prune -f pools.yaml", "What if there were no other pools?")
    .epilogue(
      "Exit status: 0 no address would change, 2 a Service would get, lose or change an address, 1 a file has errors (see validate) or the cluster cannot be read, 64 the command line is wrong, 66 a file cannot be read.",
    );
}
