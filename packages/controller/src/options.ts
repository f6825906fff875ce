import type { OptionSpecs } from "@fairlead/runtime/options.ts";
import { LOG_LEVELS } from "@fairlead/runtime/winston-log.ts";
import { CORDONED_NODES } from "./placement/node-view.ts";

/** The options of the controller, as flags and as variables. */
export const CONTROLLER_OPTIONS = {
  podName: {
    type: "string",
    required: true,
    variable: "POD_NAME",
    describe: "the name of the Pod, unique among the replicas",
  },
  podNamespace: {
    type: "string",
    default: "fairlead-system",
    variable: "POD_NAMESPACE",
    describe: "the namespace of the Lease and of the speakers' Pods",
  },
  loadBalancerClass: {
    type: "string",
    describe: "serve Services of this loadBalancerClass instead of those without one",
  },
  alsoClassless: {
    type: "boolean",
    default: false,
    describe: "with a class: serve Services without one too",
  },
  goneGraceSeconds: {
    type: "number",
    default: 30,
    least: 0,
    most: 86_400,
    describe:
      "for how long something must be gone or wrong before that is acted upon: a deleted pool or advertisement, an address that its pool no longer offers, Services that may share no more",
  },
  nodeSettleSeconds: {
    type: "number",
    default: 10,
    least: 0,
    most: 3600,
    describe:
      "for how long a node must have been ready, with a speaker, before it gets an address while another node can have it; what it has it keeps",
  },
  cordonedNodes: {
    type: "string",
    default: "avoid",
    choices: CORDONED_NODES,
    describe:
      "avoid: a cordoned node holds an address only while no other node can; keep: it keeps those that it has, and gets no new one while another node can have it",
  },
  serviceFinalizer: {
    type: "boolean",
    default: false,
    describe: "keep Services by a finalizer until their addresses are withdrawn",
  },
  takeoverKeyRotationDays: {
    type: "number",
    default: 30,
    least: 0,
    most: 3650,
    describe: "replace the key that the speakers sign with after so many days; 0: never",
  },
  logLevel: { type: "string", default: "info", choices: LOG_LEVELS, describe: "what is logged" },
  metricsHost: {
    type: "string",
    default: "",
    describe: "the address to serve metrics and health on; empty for all",
  },
  metricsPort: {
    type: "number",
    default: 7951,
    least: 0,
    most: 65_535,
    describe: "the port to serve metrics and health on",
  },
} as const satisfies OptionSpecs;
