import { Type } from "typebox";
import { matches, quotingRule, type Rule, validations } from "./cel.ts";
import type { DeepReadonly } from "./readonly.ts";
import { enumeration } from "./schema.ts";

/** A label's key: a name of up to 63 characters, optionally after a DNS subdomain and a slash. */
export const LABEL_KEY = "^([a-z0-9.-]{1,253}/)?([A-Za-z0-9][-\\w.]*)?[A-Za-z0-9]$";
/** A label's value: up to 63 characters, or nothing. */
export const LABEL_VALUE = "^(([A-Za-z0-9][-\\w.]*)?[A-Za-z0-9])?$";
export const NOT_A_KEY = 'is not a label key; write a name such as "app" or "example.com/tier"';
export const NOT_A_VALUE =
  'is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';

const keyRule = quotingRule(matches("self", LABEL_KEY), "self", NOT_A_KEY);
const valueRule = quotingRule(matches("self", LABEL_VALUE), "self", NOT_A_VALUE);
const keysRule = quotingRule(
  `self.all(k, ${matches("k", LABEL_KEY)})`,
  `self.filter(k, !${matches("k", LABEL_KEY)})[0]`,
  NOT_A_KEY,
);

const HAS_VALUES = "has(self.values) && self.values.size() > 0";
const operatorRules: readonly Rule[] = [
  {
    rule: `!(self.operator in ['In', 'NotIn']) || ${HAS_VALUES}`,
    messageExpression: `'operator ' + self.operator + ' on "' + self.key + '" has no values; list at least one in values'`,
    message: "operators In and NotIn need values",
  },
  {
    rule: `self.operator in ['In', 'NotIn'] || !(${HAS_VALUES})`,
    messageExpression: `'operator ' + self.operator + ' on "' + self.key + '" takes no values; remove values, or write In or NotIn'`,
    message: "operators Exists and DoesNotExist take no values",
  },
];

const requirementSchema = Type.Object(
  {
    key: Type.String({
      description: "The label's key.",
      maxLength: 317,
      ...validations(keyRule),
    }),
    operator: enumeration(["In", "NotIn", "Exists", "DoesNotExist"], {
      description: "How key and values relate.",
    }),
    values: Type.Optional(
      Type.Array(Type.String({ maxLength: 63, ...validations(valueRule) }), {
        description: "The values for In and NotIn; empty otherwise.",
        maxItems: 128,
        "x-kubernetes-list-type": "atomic",
      }),
    ),
  },
  validations(...operatorRules),
);

/** `metav1.LabelSelector`. An empty selector matches everything. */
export const labelSelectorSchema = Type.Object(
  {
    matchLabels: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 63, ...validations(valueRule) }), {
        description: "Labels that must have these values.",
        maxProperties: 32,
        ...validations(keysRule),
      }),
    ),
    matchExpressions: Type.Optional(
      Type.Array(requirementSchema, {
        description: "Further requirements; all must hold.",
        maxItems: 16,
        "x-kubernetes-list-type": "atomic",
      }),
    ),
  },
  {
    description: "Selects by label; all that it lists must hold. An empty selector selects everything.",
    "x-kubernetes-map-type": "atomic",
  },
);

export type SelectorRequirement = DeepReadonly<Type.Static<typeof requirementSchema>>;
export type LabelSelector = DeepReadonly<Type.Static<typeof labelSelectorSchema>>;

/** The schema of a list of selectors, one of which must match. */
export function selectorsSchema(description: string) {
  return Type.Array(labelSelectorSchema, {
    description,
    maxItems: 16,
    "x-kubernetes-list-type": "atomic",
  });
}
