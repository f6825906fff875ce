import { Type } from "typebox";
import { addressEntrySchema } from "./address-entry.ts";
import { faultRule, quoted, validations } from "./cel.ts";
import { conditionsSchema } from "./condition.ts";
import { durationSchema } from "./duration.ts";
import { selectorsSchema } from "./label-selector.ts";
import { namespaceName } from "./names.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

const serviceAllocationSchema = Type.Object(
  {
    priority: Type.Optional(
      Type.Integer({
        format: "int32",
        minimum: 0,
        description:
          "Pools with a lower positive number are tried earlier; 0 or absent comes last. Ties go by name.",
      }),
    ),
    namespaces: Type.Optional(
      Type.Array(namespaceName(), {
        maxItems: 256,
        description:
          "Only Services of these namespaces may use the pool (or of those that namespaceSelectors admit).",
        "x-kubernetes-list-type": "set",
      }),
    ),
    namespaceSelectors: Type.Optional(
      selectorsSchema(
        "Only Services of namespaces with matching labels may use the pool (or of those in namespaces). Selectors that match no namespace admit nobody.",
      ),
    ),
    serviceSelectors: Type.Optional(
      selectorsSchema("Only Services with matching labels may use the pool; one of the selectors is enough."),
    ),
  },
  {
    description:
      "Who may use the pool, and in which order it is tried. Absent: everybody, after all pools that have it.",
  },
);

const DEFAULT_RELEASE_DELAY = "10m";
/** What an absent `releaseDelay` stands for. */
export const DEFAULT_RELEASE_DELAY_MS = 600_000;

const quotaSchema = Type.Object(
  {
    perNamespace: Type.Optional(
      Type.Integer({
        format: "int32",
        minimum: 1,
        description:
          "How many addresses of each IP family the Services of one namespace may hold of this pool. A shared address counts once.",
      }),
    ),
  },
  { description: "How much of the pool may be used." },
);

/** The number of entries is bounded so that comparing each with each stays within what the API server spends on a rule. */
const listFault = `self.size() == 0
    ? 'lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"'
  : (self.filter(x, !self.exists_one(y, y == x)).map(x, ${quoted("x")} + ' is listed more than once; remove the others') + [''])[0]`;

export const ipAddressPoolSpecSchema = Type.Object({
  addresses: Type.Array(addressEntrySchema, {
    description:
      'The addresses: CIDRs ("192.0.2.0/28"), ranges ("192.0.2.10-192.0.2.20") or single addresses, IPv4 and IPv6, in the order in which they are handed out. At most 256 entries.',
    maxItems: 256,
    "x-kubernetes-list-type": "atomic",
    ...validations(faultRule(listFault, "lists no address, or one entry more than once")),
  }),
  autoAssign: Type.Optional(
    Type.Boolean({
      default: true,
      description: "Whether a Service that asks for nothing may get an address of this pool.",
    }),
  ),
  avoidBuggyIPs: Type.Optional(
    Type.Boolean({
      default: false,
      description: "Whether IPv4 addresses that end in .0 or .255 are left out.",
    }),
  ),
  serviceAllocation: Type.Optional(serviceAllocationSchema),
  exclude: Type.Optional(
    Type.Array(addressEntrySchema, {
      description:
        "Addresses of the pool that are not handed out, written like addresses. At most 256 entries. Addresses of nodes and gateways, and the network and broadcast addresses of the nodes' segments, need not be listed.",
      maxItems: 256,
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  disabled: Type.Optional(
    Type.Boolean({
      default: false,
      description: "Whether nothing new is handed out. Who holds an address keeps it.",
    }),
  ),
  reclaimPolicy: Type.Optional(
    enumeration(["Delete", "Retain"], {
      default: "Delete",
      description:
        "What becomes of an address when its last Service lets it go. Delete: it is free again after releaseDelay. Retain: it is kept for a Service of the same namespace and name until its VirtualIP is deleted.",
    }),
  ),
  releaseDelay: Type.Optional(
    durationSchema({
      default: DEFAULT_RELEASE_DELAY,
      description:
        "For how long an address that was let go waits for a Service of the same namespace and name to come back. Others get it earlier only if they ask for it, or when nothing else is free.",
    }),
  ),
  quota: Type.Optional(quotaSchema),
  selection: Type.Optional(
    enumeration(["FirstFree", "LeastRecentlyUsed"], {
      default: "FirstFree",
      description:
        "Which free address is handed out: the first one in the order of addresses, or each in turn, so that one that was let go is used again as late as possible.",
    }),
  ),
  sharing: Type.Optional(
    enumeration(["SameNamespace", "AcrossNamespaces"], {
      description:
        "Which Services with the same sharing key may share an address of the pool. Absent: those of the same namespace, and across namespaces those whose key stands under an old annotation prefix.",
    }),
  ),
  onInvalid: Type.Optional(
    enumeration(["Keep", "Renumber"], {
      default: "Keep",
      description:
        "What becomes of a Service whose address the pool no longer has, leaves out, or no longer offers to it. Keep: it keeps the address. Renumber: it gets another one, and keeps this one until then.",
    }),
  ),
});

const count = (description: string) => Type.String({ description: `${description}, as a decimal number.` });

/** capacity = used + free + reserved + released + quarantined + excluded, exactly. */
const familyUsageSchema = (family: string) =>
  Type.Object(
    {
      capacity: count("Addresses that the pool has"),
      used: count("Addresses that Services hold"),
      free: count("Addresses that can be handed out now"),
      reserved: Type.Optional(count("Addresses that are kept for a Service and that none holds")),
      released: Type.Optional(count("Addresses that were let go and wait for their Service to come back")),
      quarantined: Type.Optional(
        count("Addresses that are not handed out because somebody else on the LAN answers for them"),
      ),
      excluded: Type.Optional(
        count(
          "Addresses that are not handed out, by exclude, avoidBuggyIPs or because the network uses them itself",
        ),
      ),
    },
    { description: `How far the pool's ${family} addresses are used; absent if it has none.` },
  );

export const ipAddressPoolStatusSchema = Type.Object({
  ipv4: Type.Optional(familyUsageSchema("IPv4")),
  ipv6: Type.Optional(familyUsageSchema("IPv6")),
  invalid: Type.Optional(
    count("Addresses that were taken from the pool, are held, and are no longer among those that it offers"),
  ),
  lastHandedOut: Type.Optional(
    Type.Object(
      {
        ipv4: Type.Optional(Type.String({ description: "The IPv4 address." })),
        ipv6: Type.Optional(Type.String({ description: "The IPv6 address." })),
      },
      {
        description:
          "With selection LeastRecentlyUsed: the address of each family after which the next one is looked for.",
      },
    ),
  ),
  conditions: Type.Optional(conditionsSchema),
});

export type IPAddressPoolSpec = DeepReadonly<Type.Static<typeof ipAddressPoolSpecSchema>>;
export type IPAddressPoolStatus = DeepReadonly<Type.Static<typeof ipAddressPoolStatusSchema>>;

/** A set of addresses that Services may get. Cluster-scoped. */
export interface IPAddressPool extends KubeObject {
  readonly spec: IPAddressPoolSpec;
  readonly status?: IPAddressPoolStatus;
}
