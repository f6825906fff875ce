import { Type } from "typebox";
import { conditionsSchema } from "./condition.ts";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

const interfaceSchema = Type.Object({
  name: Type.String({ description: "The interface's name on the node." }),
  mac: Type.String({ description: "Its MAC address." }),
  carrier: Type.Boolean({ description: "Whether it is up and has a link." }),
  addresses: Type.Array(Type.String(), {
    description: 'Its addresses with their prefix lengths ("192.0.2.11/24"), link-local ones included.',
    "x-kubernetes-list-type": "atomic",
  }),
  gateways: Type.Optional(
    Type.Array(Type.String(), {
      description:
        "The gateways of its default routes in the main table, IPv4 before IPv6, link-local ones included; absent if there are none.",
      "x-kubernetes-list-type": "atomic",
    }),
  ),
});

export const speakerStatusSchema = Type.Object({
  version: Type.String({ description: "The version of Fairlead that runs there." }),
  nodeAddress: Type.Optional(
    Type.String({
      description:
        "The node's own address. Speakers talk by it too where an interface that announces does not carry it, so that they hear of each other when that one's network fails.",
    }),
  ),
  interfaces: Type.Array(interfaceSchema, {
    description: "The interfaces on which the node could answer.",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  }),
  proxy: Type.Optional(
    enumeration(["Healthy", "Unhealthy", "Unknown"], {
      description:
        "What the node's kube-proxy, or what stands in its place, says of itself. Unhealthy: it did, and does not any more; other nodes are preferred. Unknown: it never did. Absent: it is not asked, or not yet.",
    }),
  ),
  conditions: Type.Optional(conditionsSchema),
});

export type SpeakerInterface = DeepReadonly<Type.Static<typeof interfaceSchema>>;
/** What is known of a node's kube-proxy. */
export type ProxyHealth = NonNullable<SpeakerStatus["proxy"]>;
export type SpeakerStatus = DeepReadonly<Type.Static<typeof speakerStatusSchema>>;

/** What the speaker of one node sees of its network. Cluster-scoped, named after the node, written by that speaker only. */
export interface Speaker extends KubeObject {
  readonly status?: SpeakerStatus;
}
