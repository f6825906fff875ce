import type { Rule } from "./cel.ts";
import { GROUP, VERSION } from "./group.ts";
import { ipAddressPoolSpecSchema, ipAddressPoolStatusSchema } from "./ip-address-pool.ts";
import { l2AdvertisementSpecSchema, l2AdvertisementStatusSchema } from "./l2-advertisement.ts";
import { speakerStatusSchema } from "./speaker.ts";
import { structural } from "./structural-schema.ts";
import { virtualIPRules, virtualIPSpecSchema, virtualIPStatusSchema } from "./virtual-ip.ts";

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** What a CustomResourceDefinition is made of. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec?: { readonly schema: object; readonly required: boolean };
  readonly status: { readonly schema: object; readonly subresource: boolean };
  /** The longest name that an object can have; rules about names need a bound. */
  readonly maxNameLength?: number;
  /** Rules about the whole object. */
  readonly rules?: readonly Rule[];
  readonly columns: readonly PrinterColumn[];
}

const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
const READY: PrinterColumn = {
  name: "Ready",
  type: "string",
  jsonPath: '.status.conditions[?(@.type=="Ready")].status',
  description: "Whether the object is used as it stands.",
};

/** Why, and what to do: with `-o wide`, since it is a sentence. */
const message = (condition: string, description: string): PrinterColumn => ({
  name: "Message",
  type: "string",
  jsonPath: `.status.conditions[?(@.type=="${condition}")].message`,
  description,
  priority: 1,
});

const usage = (family: "IPv4" | "IPv6", what: "used" | "free"): PrinterColumn => ({
  name: `${family} ${what === "used" ? "Used" : "Free"}`,
  type: "string",
  jsonPath: `.status.${family.toLowerCase()}.${what}`,
  description: `${family} addresses that are ${what === "used" ? "held" : "left"}.`,
});

/** Our kinds, by name. */
export const KINDS: readonly Kind[] = [
  {
    kind: "IPAddressPool",
    plural: "ipaddresspools",
    shortName: "ippool",
    description: "A set of addresses that Services of type LoadBalancer may get.",
    spec: { schema: ipAddressPoolSpecSchema, required: true },
    status: { schema: ipAddressPoolStatusSchema, subresource: true },
    columns: [
      usage("IPv4", "used"),
      usage("IPv4", "free"),
      usage("IPv6", "used"),
      usage("IPv6", "free"),
      {
        name: "Exhausted",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Exhausted")].status',
        description: "Whether nothing is left to hand out, of one family at least.",
      },
      { name: "Disabled", type: "boolean", jsonPath: ".spec.disabled" },
      { name: "Auto Assign", type: "boolean", jsonPath: ".spec.autoAssign" },
      READY,
      AGE,
      // Of any length, so that it stands where it moves nothing else.
      { name: "Addresses", type: "string", jsonPath: ".spec.addresses" },
      {
        name: "Invalid",
        type: "string",
        jsonPath: ".status.invalid",
        description: "Addresses that are held though the pool does not offer them any more.",
        priority: 1,
      },
      message("Ready", "What is wrong with the object, and what to do."),
    ],
  },
  {
    kind: "L2Advertisement",
    plural: "l2advertisements",
    shortName: "l2adv",
    description:
      "Says that addresses of pools are answered for on the local network (ARP, NDP), and by which nodes and interfaces.",
    spec: { schema: l2AdvertisementSpecSchema, required: false },
    status: { schema: l2AdvertisementStatusSchema, subresource: true },
    columns: [
      { name: "Pools", type: "string", jsonPath: ".spec.ipAddressPools" },
      { name: "Interfaces", type: "string", jsonPath: ".spec.interfaces" },
      READY,
      AGE,
      message("Ready", "What is wrong with the object, and what to do."),
    ],
  },
  {
    kind: "Speaker",
    plural: "speakers",
    shortName: "speaker",
    description:
      "What the speaker of one node sees of its network. Named after the node, written by that speaker.",
    status: { schema: speakerStatusSchema, subresource: false },
    columns: [
      { name: "Version", type: "string", jsonPath: ".status.version" },
      // A column shows one value: that of the first interface.
      { name: "Interface", type: "string", jsonPath: ".status.interfaces[0].name" },
      { name: "Addresses", type: "string", jsonPath: ".status.interfaces[0].addresses" },
      { name: "Proxy", type: "string", jsonPath: ".status.proxy" },
      {
        name: "Trouble",
        type: "string",
        jsonPath: ".status.conditions[0].type",
        description: "What is wrong around the node, the first of it.",
      },
      AGE,
      {
        name: "Message",
        type: "string",
        jsonPath: ".status.conditions[0].message",
        description: "What that means, and what to do.",
        priority: 1,
      },
    ],
  },
  {
    kind: "VirtualIP",
    plural: "virtualips",
    shortName: "vip",
    description:
      "One address: which Services hold it or for which one it is kept, and which node answers for it. Named after the address.",
    spec: { schema: virtualIPSpecSchema, required: true },
    status: { schema: virtualIPStatusSchema, subresource: true },
    maxNameLength: 39,
    rules: virtualIPRules,
    columns: [
      { name: "Address", type: "string", jsonPath: ".spec.address" },
      { name: "Pool", type: "string", jsonPath: ".spec.pool" },
      { name: "Service", type: "string", jsonPath: ".spec.services" },
      { name: "Node", type: "string", jsonPath: ".status.announcers[0].node" },
      { name: "State", type: "string", jsonPath: ".status.state" },
      {
        name: "Announced",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Announced")].status',
        description: "Whether somebody answers for the address.",
      },
      AGE,
      {
        name: "Claim",
        type: "string",
        jsonPath: ".spec.claim",
        description: "The Service for which it is kept.",
        priority: 1,
      },
      {
        name: "Conflict",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Conflict")].message',
        description: "Which claims to the address contradict each other, and what to do.",
        priority: 1,
      },
      {
        name: "Foreign",
        type: "string",
        jsonPath: ".status.foreign.mac",
        description: "The MAC address of who else on the LAN says that the address is its own.",
        priority: 1,
      },
      message("Announced", "Who answers, or why nobody does and what to do."),
    ],
  },
];

const metadata = (maxLength: number | undefined): object =>
  maxLength === undefined
    ? { type: "object" }
    : { type: "object", properties: { name: { type: "string", maxLength } } };

const TYPE_META = {
  apiVersion: {
    type: "string",
    description: `The version of this representation of the object: ${GROUP}/${VERSION}.`,
  },
  kind: { type: "string", description: "The kind of the object." },
};

/** The CustomResourceDefinition of a kind, as the API server takes it (apiextensions.k8s.io/v1). */
export function customResourceDefinition(kind: Kind): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}`, labels: { "app.kubernetes.io/name": "fairlead" } },
    spec: {
      group: GROUP,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
      },
      scope: "Cluster",
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: kind.columns,
          ...(kind.status.subresource ? { subresources: { status: {} } } : {}),
          schema: { openAPIV3Schema: objectSchema(kind) },
        },
      ],
    },
  };
}

function objectSchema(kind: Kind): object {
  const { spec, status, rules } = kind;
  return {
    type: "object",
    description: kind.description,
    ...(spec?.required === true ? { required: ["spec"] } : {}),
    properties: {
      ...TYPE_META,
      metadata: metadata(kind.maxNameLength),
      ...(spec === undefined ? {} : { spec: structural(spec.schema, "What is wanted.") }),
      status: structural(status.schema, "What is."),
    },
    ...(rules === undefined ? {} : { "x-kubernetes-validations": rules }),
  };
}
