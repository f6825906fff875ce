import { Ajv, type ValidateFunction } from "ajv";
import type { Rule } from "../cel.ts";
import { customResourceDefinition, KINDS } from "../crd.ts";
import { kubernetesCel } from "./kubernetes-cel.ts";

/** The part of a structural schema that is walked. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-validations"?: readonly Rule[];
}

const cel = kubernetesCel();
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, useDefaults: true });
const judges = new Map<string, { readonly schema: Schema; readonly validate: ValidateFunction }>();
const expressions = new Map<string, ReturnType<typeof cel.parse>>();

/** The OpenAPI schema of a kind, as its CRD carries it. */
function schemaOf(kind: string): Schema {
  const found = KINDS.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no kind ${kind}`);
  const crd = customResourceDefinition(found) as {
    spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] };
  };
  return crd.spec.versions[0].schema.openAPIV3Schema;
}

/**
 * What an API server would say against the object, once defaults are filled in: first its schema; only when that holds, the CEL rules.
 *
 * @param before what the object was, for rules about changes
 */
export function faults(object: { readonly kind?: string }, before?: unknown): readonly string[] {
  const { schema, validate } = judgeOf(object.kind ?? "");
  const defaulted = structuredClone(object);
  if (!validate(defaulted)) {
    return (validate.errors ?? []).map((error) => `${pathOf(error.instancePath)}: ${error.message}`);
  }
  return broken(schema, defaulted, before, "");
}

function judgeOf(kind: string): { readonly schema: Schema; readonly validate: ValidateFunction } {
  const known = judges.get(kind);
  if (known !== undefined) return known;
  const schema = schemaOf(kind);
  const judge = { schema, validate: ajv.compile(schema) };
  judges.set(kind, judge);
  return judge;
}

function evaluate(
  expression: string,
  variables: { readonly self: unknown; readonly oldSelf: unknown },
): unknown {
  const parsed = expressions.get(expression) ?? cel.parse(expression);
  expressions.set(expression, parsed);
  return parsed(variables);
}

function broken(schema: Schema, self: unknown, oldSelf: unknown, path: string): readonly string[] {
  if (self === undefined || self === null) return [];
  const own = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => {
    const text = verdict(rule, self, oldSelf);
    return text === undefined ? [] : [`${path}${rule.fieldPath ?? ""}: ${text}`.replace(/^\./, "")];
  });
  return [...own, ...children(schema, self, oldSelf, path)];
}

function children(schema: Schema, self: unknown, oldSelf: unknown, path: string): readonly string[] {
  if (Array.isArray(self)) {
    const { items } = schema;
    // Elements of an atomic list have no former selves.
    return items === undefined
      ? []
      : self.flatMap((one, i) => broken(items, one, undefined, `${path}[${i}]`));
  }
  if (typeof self !== "object") return [];
  return Object.entries(self as Record<string, unknown>).flatMap(([key, value]) => {
    const inner = schema.properties?.[key] ?? schema.additionalProperties;
    const before = (oldSelf as Record<string, unknown> | undefined)?.[key];
    return inner === undefined ? [] : broken(inner, value, before, path === "" ? key : `${path}.${key}`);
  });
}

function verdict(rule: Rule, self: unknown, oldSelf: unknown): string | undefined {
  if (/\boldSelf\b/.test(rule.rule) && oldSelf === undefined) return undefined;
  if (evaluate(rule.rule, { self, oldSelf }) === true) return undefined;
  return String(
    rule.messageExpression === undefined ? rule.message : evaluate(rule.messageExpression, { self, oldSelf }),
  );
}

function pathOf(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)/g, "[$1]")
    .replaceAll("/", ".");
}
