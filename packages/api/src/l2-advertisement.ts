import { Type } from "typebox";
import { conditionsSchema } from "./condition.ts";
import { labelSelectorSchema, selectorsSchema } from "./label-selector.ts";
import { interfaceName, objectName } from "./names.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

export const l2AdvertisementSpecSchema = Type.Object({
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
    Type.Array(interfaceName(), {
      maxItems: 64,
      description:
        "Interfaces on which to answer, by exact name; a node that has none of them is not chosen. Absent: the interface that carries the address's subnet.",
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
});

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
