import type { Rule } from "@fairlead/api/cel.ts";
import { isJsonObject } from "../source/json.ts";
import { isNested, type Path, parsePath } from "../source/path.ts";
import { kubernetesCel } from "./cel.ts";
import type { Fault } from "./fault.ts";
import type { Schema } from "./schema.ts";

type Expression = (variables: { readonly self: unknown }) => unknown;

/** Evaluates the CEL rules of schemas, as the API server does when an object is created. */
export class RuleChecker {
  readonly #cel = kubernetesCel();
  readonly #expressions = new Map<string, Expression>();

  /**
   * Which rules the value breaks.
   *
   * @param wrong where types or sizes are wrong (see wrong-values.ts): rules take it for granted that they are not, and may
   * cost too much otherwise
   */
  broken(schema: Schema, self: unknown, wrong: readonly Path[], path: Path = []): readonly Fault[] {
    if (self === undefined || self === null) return [];
    const touched = wrong.filter((one) => isNested(one, path));
    if (touched.some((one) => one.length <= path.length)) return [];
    const below = this.#below(schema, self, touched, path);
    if (touched.length > 0) return below;
    const own = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => {
      const message = this.#verdict(rule, self);
      if (message === undefined) return [];
      return [{ path: [...path, ...parsePath(rule.fieldPath ?? "")], part: "value", message } as const];
    });
    return [...own, ...below];
  }

  #below(schema: Schema, self: unknown, wrong: readonly Path[], path: Path): readonly Fault[] {
    if (Array.isArray(self)) {
      const { items } = schema;
      if (items === undefined) return [];
      return self.flatMap((one, i) => this.broken(items, one, wrong, [...path, i]));
    }
    if (!isJsonObject(self)) return [];
    return Object.entries(self).flatMap(([key, value]) => {
      const { properties = {}, additionalProperties } = schema;
      const inner = (Object.hasOwn(properties, key) ? properties[key] : undefined) ?? additionalProperties;
      return inner === undefined ? [] : this.broken(inner, value, wrong, [...path, key]);
    });
  }

  /** What the rule says against the value. One about changes says nothing of a new object. */
  #verdict({ rule, message, messageExpression }: Rule, self: unknown): string | undefined {
    if (/\boldSelf\b/.test(rule)) return undefined;
    try {
      if (this.#evaluate(rule, self) === true) return undefined;
      return messageExpression === undefined ? message : String(this.#evaluate(messageExpression, self));
    } catch (error) {
      // What cannot be evaluated counts as broken, as it does for the API server.
      if (error instanceof Error) return message;
      throw error;
    }
  }

  #evaluate(expression: string, self: unknown): unknown {
    const known = this.#expressions.get(expression);
    if (known !== undefined) return known({ self });
    const parsed = this.#cel.parse(expression);
    const evaluate: Expression = (variables) => parsed(variables);
    this.#expressions.set(expression, evaluate);
    return evaluate({ self });
  }
}
