import type { OptionSpecs } from "@fairlead/runtime/options.ts";
import { LOG_LEVELS } from "@fairlead/runtime/winston-log.ts";

/** Interfaces that container networks make and on which no client asks. */
const EXCLUDED_BY_DEFAULT = [
  "cali*",
  "cbr*",
  "cilium_*",
  "cni*",
  "docker*",
  "dummy*",
  "flannel*",
  "kube-ipvs*",
  "lxc*",
  "nodelocaldns",
  "tunl*",
  "veth*",
  "virbr*",
].join(",");

/** The options of the speaker, as flags and as variables. */
export const SPEAKER_OPTIONS = {
  nodeName: {
    type: "string",
    required: true,
    variable: "NODE_NAME",
    describe: "the name of the Node that this speaker runs on",
  },
  podName: {
    type: "string",
    default: "speaker",
    variable: "POD_NAME",
    describe: "the name of the Pod, under which Events are written",
  },
  excludeInterfaces: {
    type: "string",
    default: EXCLUDED_BY_DEFAULT,
    describe: "names of interfaces that are never used, with commas between them; * stands for anything",
  },
  gratuitousRefreshSeconds: {
    type: "number",
    default: 60,
    least: 0,
    most: 86_400,
    describe: "after which each address is told to its segment again, give or take 20 %; 0 for never",
  },
  drainTimeoutMs: {
    type: "number",
    default: 2_000,
    least: 0,
    most: 60_000,
    describe: "how long to go on answering after SIGTERM until the addresses are placed elsewhere",
  },
  logLevel: { type: "string", default: "info", choices: LOG_LEVELS, describe: "what is logged" },
  metricsHost: {
    type: "string",
    default: "",
    describe: "the address to serve metrics and health on; empty for all",
  },
  metricsPort: {
    type: "number",
    default: 7952,
    least: 0,
    most: 65_535,
    describe: "the port to serve metrics and health on",
  },
} as const satisfies OptionSpecs;

/** The names in a list with commas. */
export function namesOf(list: string): readonly string[] {
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
