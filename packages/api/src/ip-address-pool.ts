import { Type } from "typebox";
import { conditionsSchema } from "./condition.ts";
import { labelSelectorSchema } from "./label-selector.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";

const serviceAllocationSchema = Type.Object(
  {
    priority: Type.Optional(
      Type.Integer({
        format: "int32",
        description:
          "Pools with a lower positive number are tried earlier; 0 or absent comes last. Ties go by name.",
      }),
    ),
    namespaces: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
        description:
          "Only Services of these namespaces may use the pool (or of those that namespaceSelectors admit).",
        "x-kubernetes-list-type": "set",
      }),
    ),
    namespaceSelectors: Type.Optional(
      Type.Array(labelSelectorSchema, {
        description:
          "Only Services of namespaces with matching labels may use the pool (or of those in namespaces). Selectors that match no namespace admit nobody.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    serviceSelectors: Type.Optional(
      Type.Array(labelSelectorSchema, {
        description: "Only Services with matching labels may use the pool; one of the selectors is enough.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
  },
  {
    description:
      "Who may use the pool, and in which order it is tried. Absent: everybody, after all pools that have it.",
  },
);

export const ipAddressPoolSpecSchema = Type.Object({
  addresses: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    description:
      'The addresses: CIDRs ("192.0.2.0/28"), ranges ("192.0.2.10-192.0.2.20") or single addresses, IPv4 and IPv6, in the order in which they are handed out.',
    minItems: 1,
    maxItems: 1000,
    "x-kubernetes-list-type": "atomic",
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

const familyUsageSchema = Type.Object({
  capacity: Type.String({ description: "Addresses that the pool has, as a decimal number." }),
  used: Type.String({ description: "Addresses that are held." }),
  free: Type.String({ description: "Addresses that can still be handed out." }),
});

export const ipAddressPoolStatusSchema = Type.Object({
  ipv4: Type.Optional(familyUsageSchema),
  ipv6: Type.Optional(familyUsageSchema),
  conditions: Type.Optional(conditionsSchema),
});

export type IPAddressPoolSpec = DeepReadonly<Type.Static<typeof ipAddressPoolSpecSchema>>;
export type IPAddressPoolStatus = DeepReadonly<Type.Static<typeof ipAddressPoolStatusSchema>>;

/** A set of addresses that Services may get. Cluster-scoped. */
export interface IPAddressPool extends KubeObject {
  readonly spec: IPAddressPoolSpec;
  readonly status?: IPAddressPoolStatus;
}
