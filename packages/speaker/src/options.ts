import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import type { OptionSpecs } from "@fairlead/runtime/options.ts";
import { LOG_LEVELS } from "@fairlead/runtime/winston-log.ts";
import { isLinkLocal } from "./failover/neighbors.ts";

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
  podNamespace: {
    type: "string",
    default: "fairlead-system",
    variable: "POD_NAMESPACE",
    describe: "the namespace of the Pod, where the Secret with the keys is",
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
  takeoverPort: {
    type: "number",
    default: 7950,
    least: 1,
    most: 65_535,
    describe: "the UDP port on which the speakers talk to each other; the same on all nodes",
  },
  nodeAddress: {
    type: "string",
    default: "",
    variable: "NODE_ADDRESS",
    describe:
      "the node's own address, by which the speakers reach each other beside interfaces that do not carry it; empty: not by it",
  },
  nodePathPort: {
    type: "number",
    default: 7953,
    least: 1,
    most: 65_535,
    describe:
      "the UDP port on which the speakers reach each other by the nodes' own addresses; the same on all nodes",
  },
  caretake: {
    type: "boolean",
    default: true,
    describe:
      "whether stand-ins answer with the MAC of a node whose speaker is away; off where switches compare ARP with Ethernet sources",
  },
  answerPing: {
    type: "boolean",
    default: true,
    describe:
      "whether pings to addresses that this node announces are answered; off where something else does",
  },
  proxyHealthUrl: {
    type: "string",
    default: "http://127.0.0.1:10256/healthz",
    describe:
      "where this node's kube-proxy says whether it is healthy; a node whose kube-proxy was and is not any more gets no address that another can have; off: nobody is asked",
  },
  stateFolder: {
    type: "string",
    default: "",
    describe:
      "where to keep what is known for the next start; empty: nowhere. It holds keys: give it a folder in memory",
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

/** The node's own address; undefined: it was not given. @returns an error that names variable, value and remedy */
export function readNodeAddress(text: string): Result<IpAddress | undefined, string> {
  if (text === "") return ok(undefined);
  const read = parseAddress(text);
  if (read.ok && !isLinkLocal(read.value)) return read;
  return err(
    `NODE_ADDRESS (--node-address) is "${text}"; give it the node's own address, such as 192.0.2.11 (the DaemonSet takes status.hostIP), or nothing`,
  );
}
