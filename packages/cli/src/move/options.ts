import type { Argv } from "yargs";
import type { ClusterOptions } from "../attempt.ts";

/** Where something is to be moved, how it is told, and how long to follow it. */
export interface MovingOptions extends ClusterOptions {
  readonly output: "text" | "json";
  readonly waitSeconds: number;
}

const NO_ADDRESS = "name the address";
const NO_NODE = "name the node";

/** The arguments of `fairlead move`. */
export function moveOptions(command: Argv) {
  return withCommonOptions(command)
    .usage(
      "$0 move VIP --to NODE [-o json]\n\nHas one address answered for by another node. The controller moves it if that node may have it: the new node answers before the old one stops. If the node may not have it now, nothing moves; the address goes there as soon as it may, and the condition MovePending of its VirtualIP says why it waits. Of a Service that has two addresses, one IPv4 and one IPv6, each moves alone: run this for both.",
    )
    .positional("vip", { type: "string", demandOption: true, describe: "The address, in any spelling" })
    .option("to", { type: "string", demandOption: "name the node with --to", describe: "The node" })
    .check(({ to, vip }) => (vip === "" ? NO_ADDRESS : to !== "" || "name the node with --to"))
    .example("$0 move 192.0.2.10 --to node-b", "Move an address")
    .example(
      "kubectl annotate vip 192.0.2.10 fairlead.dev/move-to-",
      "Give up a move that has not happened yet",
    )
    .epilogue(
      "Needs the rights to get and patch virtualips.fairlead.dev. Exit status: 0 the node answers for the address, 2 it does not yet (see why), 1 it cannot be asked for, 64 the command line is wrong.",
    );
}

/** The arguments of `fairlead drain`. */
export function drainOptions(command: Argv) {
  return withCommonOptions(command)
    .usage(
      "$0 drain NODE [--undo] [-o json]\n\nTakes all addresses off a node, each to another node that may have it: that one answers before this one stops. An address that no other node may have stays until one may. Pods are left alone, and the node gets no address until --undo; addresses do not come back by themselves.",
    )
    .positional("node", { type: "string", demandOption: true, describe: "The node" })
    .option("undo", { type: "boolean", default: false, describe: "Let the node have addresses again" })
    .check(({ node }) => node !== "" || NO_NODE)
    .example("$0 drain node-a", "Before work on the node's network")
    .example("$0 drain node-a --undo", "After it")
    .epilogue(
      "Needs the rights to list virtualips.fairlead.dev and to patch speakers.fairlead.dev. Exit status: 0 no address is on the node (with --undo: it may have some again), 2 there still is one (see why), 1 it cannot be asked for, 64 the command line is wrong.",
    );
}

function withCommonOptions(command: Argv) {
  return command
    .option("output", {
      alias: "o",
      choices: ["text", "json"] as const,
      default: "text" as const,
      describe: "How the result is written",
    })
    .option("wait-seconds", {
      type: "number",
      default: 10,
      describe: "How long to follow what happens; 0: look once",
    })
    .option("kubeconfig", { type: "string", describe: "The kubeconfig; without it, as kubectl finds it" })
    .option("context", { type: "string", describe: "The context in it; without it, the current one" })
    .check(
      ({ "wait-seconds": seconds }) =>
        (seconds >= 0 && seconds <= 86_400) || "write --wait-seconds as a number from 0 to 86400",
    );
}
