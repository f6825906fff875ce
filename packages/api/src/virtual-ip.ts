import { Type } from "typebox";
import { faultRule, matches, quoted, type Rule, validations } from "./cel.ts";
import { conditionsSchema } from "./condition.ts";
import { interfacePattern, namespaceName, objectName, serviceKey, serviceName } from "./names.ts";
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
      description:
        "The node that holds the address, then those that stand in for it, in the order in which they take over; at most 8. Empty: nobody may answer.",
      "x-kubernetes-list-type": "atomic",
    }),
    interfaces: Type.Optional(
      Type.Array(interfacePattern(), {
        maxItems: 64,
        description:
          "Interfaces on which to answer, by name or pattern; each node goes by what it has. Absent: the interface that carries the address's subnet.",
        "x-kubernetes-list-type": "atomic",
      }),
    ),
    byHand: Type.Optional(
      Type.Boolean({
        description:
          "Whether a person chose the node, so that failback leaves the address there; absent: no.",
      }),
    ),
    protocols: Type.Array(enumeration(["Layer2"], {}), {
      description: "How the address is made known to the network.",
      "x-kubernetes-list-type": "set",
    }),
    reason: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          "Why it was taken off the node before. Absent: it was not, or the speakers passed it on.",
      }),
    ),
  },
  { description: "Where the address lives. Written by the controller." },
);

const claimSchema = Type.Object(
  {
    namespace: namespaceName("The namespace of the Service."),
    name: serviceName("The name of the Service."),
  },
  {
    "x-kubernetes-map-type": "atomic",
    description:
      "The Service for which the address is kept while nobody holds it; a Service of that name gets it when it comes, also when it was deleted and made again.",
  },
);

/** No rule looks at these texts, so they are as long as what Services may say: a bound would make a write fail for good. */
const sharerSchema = Type.Object({
  service: Type.String({ description: "The Service, as namespace/name." }),
  key: Type.String({ description: "Its sharing key." }),
  legacy: Type.Optional(
    Type.Boolean({
      description:
        "Whether the key stands under an old annotation prefix, where it may reach across namespaces; absent: no.",
    }),
  ),
  backend: Type.Optional(
    Type.String({ description: "Its selector, if externalTrafficPolicy is Local; else absent." }),
  ),
  ports: Type.Array(Type.String(), {
    description: 'Its ports, as "TCP/80".',
    "x-kubernetes-list-type": "atomic",
  }),
});

const quarantineSchema = Type.Object(
  {
    mac: Type.String({ description: "The MAC address that answered." }),
    machine: Type.Optional(Type.String({ description: "What is known to have that MAC address." })),
    node: objectName("The node that heard it, and asks for it from time to time."),
    interface: Type.String({ description: "The interface on which it was heard, and is asked for." }),
    since: timestamp("Since when the address is in quarantine."),
  },
  {
    description:
      "Somebody else on the LAN answered for the address before it was announced for the first time, so nobody gets it until that is over. Written by the controller.",
  },
);

/** Who holds the address and for whom it is kept; what needs the Services themselves is told in conditions. */
const holdRules: readonly Rule[] = [
  {
    rule: "self.services.size() > 0 || has(self.claim) || has(self.quarantine)",
    messageExpression: `has(self.releasedAt)
  ? 'spec.releasedAt says that the address waits for its former Service; write in spec.claim which one that is (namespace and name)'
  : 'nobody holds the address and it is kept for nobody; write the namespace and name of a Service in spec.claim, or delete this VirtualIP'`,
    message: "nobody holds the address and it is kept for nobody; write a claim, or delete this VirtualIP",
    fieldPath: ".claim",
  },
  {
    rule: "!has(self.releasedAt) || self.services.size() == 0",
    messageExpression: `'spec.releasedAt is for an address that nobody holds, and ' + self.services[0] + ' holds this one; remove spec.releasedAt'`,
    message: "is for an address that nobody holds; remove it",
    fieldPath: ".releasedAt",
  },
  {
    rule: "!has(self.quarantine) || self.services.size() == 0",
    messageExpression: `'spec.quarantine is for an address that nobody holds, and ' + self.services[0] + ' holds this one; remove spec.quarantine'`,
    message: "is for an address that nobody holds; remove it",
    fieldPath: ".quarantine",
  },
];

const fields = {
  address: Type.String({
    maxLength: 45,
    description:
      "The address in canonical form. It is also the object's name (IPv6: eight groups of four digits, joined by dashes).",
    ...validations(faultRule(addressFault, "is not an IP address in canonical form"), {
      rule: "self == oldSelf",
      message: "cannot be changed; create a VirtualIP named after the other address",
    }),
  }),
  pool: Type.Optional(
    objectName("The pool that the address was taken from. Filled in for a VirtualIP that was made by hand."),
  ),
  services: Type.Array(serviceKey(), {
    maxItems: 256,
    default: [],
    description:
      "The Services that hold the address, as namespace/name. Written by the controller; to reserve an address, write a claim.",
    "x-kubernetes-list-type": "set",
  }),
  heldSince: Type.Optional(
    timestamp(
      "Since when Services hold it without a break, if nobody answered for it for one of them before. Absent while they hold it: somebody may have, so that it is not taken from them though status.firstAnnounced is absent, as of a record of an earlier version or one that was made again. Written by the controller.",
    ),
  ),
  claim: Type.Optional(claimSchema),
  reclaimPolicy: Type.Optional(
    enumeration(["Delete", "Retain"], {
      description:
        "What becomes of this object when its last Service lets the address go: Delete, or Retain: it is kept for a Service of the same namespace and name. Absent: as the pool says.",
    }),
  ),
  releasedAt: Type.Optional(
    timestamp("When the last Service let the address go; it waits for the Service in claim to come back."),
  ),
  sharing: Type.Optional(
    Type.Array(sharerSchema, {
      description: "Under which terms Services share the address. Written by the controller.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["service"],
    }),
  ),
  quarantine: Type.Optional(quarantineSchema),
  placement: Type.Optional(placementSchema),
};

export const virtualIPSpecSchema = Type.Object(fields, validations(...holdRules));

const announcerSchema = Type.Object({
  node: Type.String({ description: "The node that answers." }),
  interface: Type.String({ description: "The interface on which it answers." }),
  mac: Type.String({ description: "The MAC address that is given out." }),
  epoch: Type.Integer({ format: "int64", description: "The placement's epoch under which it answers." }),
  step: Type.Optional(
    Type.Integer({
      format: "int64",
      minimum: 0,
      description:
        "How often the speakers have passed the address on by themselves in this epoch; absent: never, it answers as the placement says.",
    }),
  ),
  provisional: Type.Optional(
    Type.Boolean({
      description:
        "Whether it only covers for the holder, of which it is not known to be dead; absent: it does not.",
    }),
  ),
  since: timestamp("Since when."),
});

/** So many moves are remembered: enough to see an address go to and fro, and few, since every write carries them. */
export const MOST_MOVES = 5;

const moveSchema = Type.Object({
  from: Type.String({ description: "The node that had it before." }),
  to: Type.String({ description: "The node that has answered since." }),
  at: timestamp("When that one began."),
  by: enumeration(["Controller", "Speakers"], {
    description: "Whether the controller moved it or the speakers passed it on by themselves.",
  }),
  reason: Type.String({ description: "Why, in a stable word.", maxLength: 64 }),
});
const foreignSchema = Type.Object(
  {
    node: Type.String({ description: "The node that heard it." }),
    interface: Type.String({ description: "The interface on which it was heard." }),
    mac: Type.String({ description: "Its MAC address." }),
    machine: Type.Optional(Type.String({ description: "What is known to have that MAC address." })),
    since: timestamp("Since when."),
  },
  {
    description:
      "Who else on the LAN says that the address is its own; absent: nobody. Written by the speaker of the node.",
  },
);

export const virtualIPStatusSchema = Type.Object({
  state: Type.Optional(
    enumeration(["Bound", "Reserved", "Released", "Quarantined", "Conflict"], {
      description:
        "Bound: Services hold it. Reserved: it is kept for one. Released: it waits for its former one. Quarantined: somebody else on the LAN has it. Conflict: two claims contradict each other, see the conditions.",
    }),
  ),
  announcers: Type.Optional(
    Type.Array(announcerSchema, {
      description: "Who answers for the address. Each entry is written by that node's speaker.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["node", "interface"],
    }),
  ),
  moves: Type.Optional(
    Type.Array(moveSchema, {
      maxItems: MOST_MOVES,
      description:
        "From which node to which the address went last, the newest first. Each is written by the speaker that it came to.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
  firstAnnounced: Type.Optional(
    timestamp("When it was first answered for, for the Services that hold it; absent: never yet."),
  ),
  foreign: Type.Optional(foreignSchema),
  quietSince: Type.Optional(
    timestamp(
      "Of an address in quarantine: since when nobody answers for it any more; absent: somebody does.",
    ),
  ),
  quietOf: Type.Optional(
    timestamp(
      "The since of the spec.quarantine that quietSince is said of, as it stands there: whoever reads it need not compare two clocks.",
    ),
  ),
  conditions: Type.Optional(conditionsSchema),
});

export type Placement = DeepReadonly<Type.Static<typeof placementSchema>>;
export type Claim = DeepReadonly<Type.Static<typeof claimSchema>>;
export type Sharer = DeepReadonly<Type.Static<typeof sharerSchema>>;
export type Quarantine = DeepReadonly<Type.Static<typeof quarantineSchema>>;
/** Somebody else on the LAN who says that an address is its own. */
export type ForeignClaim = DeepReadonly<Type.Static<typeof foreignSchema>>;
export type Announcer = DeepReadonly<Type.Static<typeof announcerSchema>>;
export type Move = DeepReadonly<Type.Static<typeof moveSchema>>;
export type VirtualIPSpec = DeepReadonly<Type.Static<typeof virtualIPSpecSchema>>;
export type VirtualIPStatus = DeepReadonly<Type.Static<typeof virtualIPStatusSchema>>;

/** One address that is held: by whom, and where it lives. Cluster-scoped, named after the address. */
export interface VirtualIP extends KubeObject {
  readonly spec: VirtualIPSpec;
  readonly status?: VirtualIPStatus;
}
