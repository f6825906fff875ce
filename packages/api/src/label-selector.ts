import { Type } from "typebox";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

/** `metav1.LabelSelector`. An empty selector matches everything. */
export const labelSelectorSchema = Type.Object(
  {
    matchLabels: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Labels that must have these values." }),
    ),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object({
          key: Type.String({ description: "The label's key.", minLength: 1 }),
          operator: enumeration(["In", "NotIn", "Exists", "DoesNotExist"], {
            description: "How key and values relate.",
          }),
          values: Type.Optional(
            Type.Array(Type.String(), {
              description: "The values for In and NotIn; empty otherwise.",
              "x-kubernetes-list-type": "atomic",
            }),
          ),
        }),
        { description: "Further requirements; all must hold.", "x-kubernetes-list-type": "atomic" },
      ),
    ),
  },
  { "x-kubernetes-map-type": "atomic" },
);

export type LabelSelector = DeepReadonly<Type.Static<typeof labelSelectorSchema>>;
