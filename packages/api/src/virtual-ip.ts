import { Type } from "typebox";
import { faultRule, matches, quoted, type Rule, validations } from "./cel.ts";
import { conditionsSchema } from "./condition.ts";
import { interfaceName, objectName, serviceKey } from "./names.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration, timestamp } from "./schema.ts";

const addressFault = `!isIP(self) ? ${quoted("self")} + ' is not an IP address'
  : !ip.isCanonical(self) ? ${quoted("self")} + ' is not in canonical form; write IPv6 in lower case, with the longest run of zeros as "::"'
  : ''`;

/** One address has one name, so that creating the object is what secures the address. See virtual-ip-name.ts. */
export const virtualIPRules: readonly Rule[] = [
  {
    rule: `!isIP(self.spec.address) || (${matches("self.metadata.name", "^[0-9a-f]{4}(-[0-9a-f]{4}){7}$")}
  ? self.spec.address.contains(':') && ip(self.metadata.name.replace('-', ':')) == ip(self.spec.address)
  : self.metadata.name == self.spec.address)`,
    messageExpression: `'metadata.name "' + self.metadata.name + '" does not stand for spec.address "' + self.spec.address
  + (self.spec.address.contains(':')
    ? '"; write its eight groups, four digits each, joined by "-", as in 2001-0db8-0000-0000-0000-0000-0000-0001'
    : '"; write the address')`,
    message: "metadata.name does not stand for spec.address",
    fieldPath: ".metadata.name",
  },
];

const placementSchema = Type.Object(
  {
    epoch: Type.Integer({ format: "int64", minimum: 1, description: "Grows with every decision." }),
    nodes: Type.Array(objectName(), {
      maxItems: 8,
      description: "The node that holds the address, first in the list. Empty: nobody may answer.",
      "x-kubernetes-list-type": "atomic",
    }),
    interfaces: Type.Optional(
      Type.Array(interfaceName(), {
        maxItems: 64,
        description:
          "Interfaces on which to answer, by name. Absent: the interface that carries the address's subnet.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    protocols: Type.Array(enumeration(["Layer2"], {}), {
      description: "How the address is made known to the network.",
      "x-kubernetes-list-type": "set",
    }),
  },
  { description: "Where the address lives. Written by the controller." },
);

export const virtualIPSpecSchema = Type.Object({
  address: Type.String({
    maxLength: 45,
    description:
      "The address in canonical form. It is also the object's name (IPv6: eight groups of four digits, joined by dashes).",
    ...validations(faultRule(addressFault, "is not an IP address in canonical form"), {
      rule: "self == oldSelf",
      message: "cannot be changed; create a VirtualIP named after the other address",
    }),
  }),
  pool: objectName("The pool that the address was taken from."),
  services: Type.Array(serviceKey(), {
    maxItems: 256,
    description: "The Services that hold the address, as namespace/name.",
    "x-kubernetes-list-type": "set",
  }),
  reclaimPolicy: Type.Optional(
    enumeration(["Delete"], {
      default: "Delete",
      description: "What becomes of this object when its last Service lets the address go.",
    }),
  ),
  placement: Type.Optional(placementSchema),
});

const announcerSchema = Type.Object({
  node: Type.String({ description: "The node that answers." }),
  interface: Type.String({ description: "The interface on which it answers." }),
  mac: Type.String({ description: "The MAC address that is given out." }),
  epoch: Type.Integer({ format: "int64", description: "The placement's epoch under which it answers." }),
  since: timestamp("Since when."),
});

export const virtualIPStatusSchema = Type.Object({
  state: Type.Optional(
    enumeration(["Announced", "Unannounced"], { description: "Whether somebody answers for the address." }),
  ),
  announcers: Type.Optional(
    Type.Array(announcerSchema, {
      description: "Who answers for the address. Each entry is written by that node's speaker.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["node", "interface"],
    }),
  ),
  conditions: Type.Optional(conditionsSchema),
});

export type Placement = DeepReadonly<Type.Static<typeof placementSchema>>;
export type Announcer = DeepReadonly<Type.Static<typeof announcerSchema>>;
export type VirtualIPSpec = DeepReadonly<Type.Static<typeof virtualIPSpecSchema>>;
export type VirtualIPStatus = DeepReadonly<Type.Static<typeof virtualIPStatusSchema>>;

/** One address that is held: by whom, and where it lives. Cluster-scoped, named after the address. */
export interface VirtualIP extends KubeObject {
  readonly spec: VirtualIPSpec;
  readonly status?: VirtualIPStatus;
}
