import { objectText } from "../finding.ts";
import { SchemaChecker } from "../schema/check.ts";
import { type FileBytes, validate } from "../validate/validate.ts";

const checker = new SchemaChecker();

/** A file of this text. */
export function fileOf(text: string, file = "a.yaml"): FileBytes {
  return { file, bytes: new TextEncoder().encode(text) };
}

/** What is found in a file of this text: `3:5 error: IPAddressPool "lan", spec.addresses[0]: …`. */
export function found(text: string): readonly string[] {
  return validate([fileOf(text)], checker).findings.map(
    ({ line, column, severity, object, field, message }) => {
      const about = [
        ...(object === undefined ? [] : [objectText(object)]),
        ...(field === undefined ? [] : [field]),
      ];
      return `${line}:${column} ${severity}: ${[...about, message].join(", ")}`;
    },
  );
}

/** The same without notes. */
export function errors(text: string): readonly string[] {
  return found(text).filter((line) => line.includes(" error: "));
}

/** A pool of these lines below `spec:`, each indented by two blanks. The first of them is line 6. */
export function poolOf(...spec: readonly string[]): string {
  return [
    "apiVersion: fairlead.dev/v1beta1",
    "kind: IPAddressPool",
    "metadata:",
    "  name: lan",
    "spec:",
    ...spec.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** A Service of type LoadBalancer with these annotations and fields of its spec. The first annotation is line 6. */
export function serviceOf(annotations: Readonly<Record<string, string>>, ...spec: readonly string[]): string {
  return [
    "apiVersion: v1",
    "kind: Service",
    "metadata:",
    "  name: web",
    "  annotations:",
    ...Object.entries(annotations).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`),
    "spec:",
    "  type: LoadBalancer",
    ...spec.map((line) => `  ${line}`),
    "",
  ].join("\n");
}
