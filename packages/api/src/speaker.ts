import { Type } from "typebox";
import type { KubeObject } from "./object-meta.ts";
import type { DeepReadonly } from "./readonly.ts";

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
  interfaces: Type.Array(interfaceSchema, {
    description: "The interfaces on which the node could answer.",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  }),
});

export type SpeakerInterface = DeepReadonly<Type.Static<typeof interfaceSchema>>;
export type SpeakerStatus = DeepReadonly<Type.Static<typeof speakerStatusSchema>>;

/** What the speaker of one node sees of its network. Cluster-scoped, named after the node, written by that speaker only. */
export interface Speaker extends KubeObject {
  readonly status?: SpeakerStatus;
}
