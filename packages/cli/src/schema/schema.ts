import type { Rule } from "@fairlead/api/cel.ts";
import { customResourceDefinition, KINDS } from "@fairlead/api/crd.ts";

/** The part of a structural schema (OpenAPI v3 as CRDs carry it) that objects are checked by. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-validations"?: readonly Rule[];
}

/** The schemas of our kinds, whole objects, by kind. Made from the CRDs, so that nothing is said twice. */
export function schemasOfKinds(): ReadonlyMap<string, Schema> {
  return new Map(
    KINDS.map((kind) => {
      const crd = customResourceDefinition(kind) as {
        readonly spec: {
          readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
        };
      };
      return [kind.kind, crd.spec.versions[0]?.schema.openAPIV3Schema ?? {}];
    }),
  );
}
