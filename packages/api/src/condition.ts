import { Type } from "typebox";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration, timestamp } from "./schema.ts";

/** `metav1.Condition`: what holds for an object now, since when and why. */
export const conditionSchema = Type.Object({
  type: Type.String({ description: "What this condition is about.", maxLength: 316 }),
  status: enumeration(["True", "False", "Unknown"], { description: "Whether it holds." }),
  observedGeneration: Type.Optional(
    Type.Integer({
      format: "int64",
      minimum: 0,
      description: "The metadata.generation this was said about.",
    }),
  ),
  lastTransitionTime: timestamp("When status last changed."),
  reason: Type.String({ description: "A stable word for programs.", minLength: 1, maxLength: 1024 }),
  message: Type.String({ description: "What it means and what to do, for people.", maxLength: 32768 }),
});

export type Condition = DeepReadonly<Type.Static<typeof conditionSchema>>;

/** The schema of a `conditions` list, merged by type. */
export const conditionsSchema = Type.Array(conditionSchema, {
  description: "What holds for this object, why, and what to do about it.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
});
