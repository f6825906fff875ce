import { Type } from "typebox";
import { addressEntrySchema } from "./address-entry.ts";
import { faultRule, quoted, validations } from "./cel.ts";
import { conditionsSchema } from "./condition.ts";
import { selectorsSchema } from "./label-selector.ts";
import { namespaceName } from "./names.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";

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
});

const familyUsageSchema = (family: string) =>
  Type.Object(
    {
      capacity: Type.String({ description: "Addresses that the pool has, as a decimal number." }),
      used: Type.String({ description: "Addresses that are held, as a decimal number." }),
      free: Type.String({ description: "Addresses that can still be handed out, as a decimal number." }),
    },
    { description: `How far the pool's ${family} addresses are used; absent if it has none.` },
  );

export const ipAddressPoolStatusSchema = Type.Object({
  ipv4: Type.Optional(familyUsageSchema("IPv4")),
  ipv6: Type.Optional(familyUsageSchema("IPv6")),
  conditions: Type.Optional(conditionsSchema),
});

export type IPAddressPoolSpec = DeepReadonly<Type.Static<typeof ipAddressPoolSpecSchema>>;
export type IPAddressPoolStatus = DeepReadonly<Type.Static<typeof ipAddressPoolStatusSchema>>;

/** A set of addresses that Services may get. Cluster-scoped. */
export interface IPAddressPool extends KubeObject {
  readonly spec: IPAddressPoolSpec;
  readonly status?: IPAddressPoolStatus;
}
