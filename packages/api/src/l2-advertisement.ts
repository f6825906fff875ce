import { Type } from "typebox";
import { type Rule, validations } from "./cel.ts";
import { conditionsSchema } from "./condition.ts";
import { durationSchema } from "./duration.ts";
import { labelSelectorSchema, selectorsSchema } from "./label-selector.ts";
import { interfacePattern, objectName } from "./names.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

/** For how long a better node must have been eligible with `failback: Quiet`, unless `failbackAfter` says otherwise. */
export const DEFAULT_FAILBACK_AFTER = "5m";
/** The same in ms. */
export const DEFAULT_FAILBACK_AFTER_MS = 300_000;

const failbackRule: Rule = {
  rule: "!has(self.failbackAfter) || (has(self.failback) && self.failback == 'Quiet')",
  messageExpression: `'spec.failbackAfter "' + self.failbackAfter + '" is for failback: Quiet, and failback is '
  + (has(self.failback) ? self.failback : 'Never') + '; write failback: Quiet, or remove failbackAfter'`,
  message: "is for failback: Quiet only; write that, or remove it",
  fieldPath: ".failbackAfter",
};

const fields = {
  ipAddressPools: Type.Optional(
    Type.Array(objectName(), {
      maxItems: 256,
      description: "Pools by name. With no pool named or selected, the advertisement is for all pools.",
      "x-kubernetes-list-type": "set",
    }),
  ),
  ipAddressPoolSelectors: Type.Optional(selectorsSchema("Pools by label; one of the selectors is enough.")),
  nodeSelectors: Type.Optional(
    selectorsSchema(
      "Only nodes with matching labels may answer; one of the selectors is enough. Absent: all nodes.",
    ),
  ),
  interfaces: Type.Optional(
    Type.Array(interfacePattern(), {
      maxItems: 64,
      description:
        'Interfaces on which to answer, by name or by a pattern in which "*" stands for any characters and "?" for one ("eth*"); whatever subnets they carry, but never on two of one segment. A node that has none of them is not chosen. Absent: the interface that carries the address\'s subnet.',
      "x-kubernetes-list-type": "set",
    }),
  ),
  serviceSelectors: Type.Optional(
    selectorsSchema(
      "Only Services with matching labels; one of the selectors is enough. Absent: all Services of the pools.",
    ),
  ),
  preferredNodeSelectors: Type.Optional(
    Type.Array(
      Type.Object({
        weight: Type.Integer({
          format: "int32",
          minimum: 1,
          maximum: 100,
          description: "Added to the score of a node that matches.",
        }),
        preference: labelSelectorSchema,
      }),
      {
        maxItems: 16,
        description: "Nodes to prefer among those that may answer: the highest sum of weights wins.",
        "x-kubernetes-list-type": "atomic",
      },
    ),
  ),
  onTermination: Type.Optional(
    enumeration(["Move", "Drain"], {
      default: "Move",
      description:
        "What becomes of an address with externalTrafficPolicy Local when the last ready endpoint on its node begins to terminate while another node has a ready one. Move: it goes there at once, so that no new connection meets a Pod that listens no more. Drain: it goes there when the terminating endpoints serve no more, so that established connections can end first. Drain if any advertisement of the address says so.",
    }),
  ),
  failback: Type.Optional(
    enumeration(["Never", "Immediate", "Quiet"], {
      default: "Never",
      description:
        "Whether an address goes back to a node that preferredNodeSelectors prefer to the one that it is on. Never: it stays where it is. Immediate: it goes as soon as such a node may have it. Quiet: once such a node could have had it for failbackAfter without interruption.",
    }),
  ),
  failbackAfter: Type.Optional(
    durationSchema({
      description: `With failback Quiet: for how long. Absent: ${DEFAULT_FAILBACK_AFTER}. The time begins anew when another controller takes the lead.`,
    }),
  ),
};

export const l2AdvertisementSpecSchema = Type.Object(fields, validations(failbackRule));

export const l2AdvertisementStatusSchema = Type.Object({
  conditions: Type.Optional(conditionsSchema),
});

export type L2AdvertisementSpec = DeepReadonly<Type.Static<typeof l2AdvertisementSpecSchema>>;
export type L2AdvertisementStatus = DeepReadonly<Type.Static<typeof l2AdvertisementStatusSchema>>;

/** Says that addresses of pools are answered by ARP and NDP, and where. Cluster-scoped. */
export interface L2Advertisement extends KubeObject {
  readonly spec?: L2AdvertisementSpec;
  readonly status?: L2AdvertisementStatus;
}
