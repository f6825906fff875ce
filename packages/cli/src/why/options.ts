import type { Argv } from "yargs";

/** The arguments of `fairlead why`. */
export function whyOptions(command: Argv) {
  return command
    .usage(
      "$0 why SERVICE|ADDRESS [-n NAMESPACE] [-o json]\n\nSays who answers for a Service, or for one address, or why nobody does: what controller and speakers have said of it, the cause first.",
    )
    .positional("what", {
      type: "string",
      demandOption: true,
      describe: "The Service, as NAME or NAMESPACE/NAME, or an address in any spelling",
    })
    .option("namespace", { alias: "n", type: "string", default: "default", describe: "Of the Service" })
    .option("output", {
      alias: "o",
      choices: ["text", "json"] as const,
      default: "text" as const,
      describe: "How the result is written",
    })
    .option("kubeconfig", { type: "string", describe: "The kubeconfig; without it, as kubectl finds it" })
    .option("context", { type: "string", describe: "The context in it; without it, the current one" })
    .check(({ what }) => what !== "" || "name a Service or an address")
    .example("$0 why web -n shop", "Why a Service is not reached")
    .example("$0 why 192.0.2.10", "Who answers for an address")
    .epilogue(
      "Needs the rights to get services and to list virtualips.fairlead.dev and speakers.fairlead.dev. Exit status: 0 it is answered, 2 it is not (see why), 1 it cannot be looked at, 64 the command line is wrong.",
    );
}
