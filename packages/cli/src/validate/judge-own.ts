import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { L2Advertisement } from "@fairlead/api/l2-advertisement.ts";
import { readIPAddressPool } from "@fairlead/api/validation/ip-address-pool.ts";
import { readL2Advertisement } from "@fairlead/api/validation/l2-advertisement.ts";
import type { Problem } from "@fairlead/api/validation/problem.ts";
import type { Finding } from "../finding.ts";
import type { SchemaChecker } from "../schema/check.ts";
import type { Fault } from "../schema/fault.ts";
import { isJsonObject } from "../source/json.ts";
import type { LocatedObject } from "../source/located-object.ts";
import { isNested, type Path, parsePath } from "../source/path.ts";
import { renderFirst } from "../source/templates.ts";
import { judgeMetadata } from "./metadata.ts";
import { asKind } from "./typed.ts";

/** The placeholder that was left in an object, which cannot be judged further; undefined if there is none. */
export function placeholderIn(object: LocatedObject): Finding | undefined {
  const template = object.template([["metadata", "name"], ["spec"]]);
  return template && { ...object.finding("error", [], renderFirst(template)), ...template.position };
}

/**
 * What is wrong in one object of our kinds by itself: first what the controller would say, in its words; then what the API
 * server would say, of fields of which nothing is said yet.
 */
export function judgeOwn(object: LocatedObject, kind: string, checker: SchemaChecker): readonly Finding[] {
  const { problems, notes } = readingOf(object, kind);
  const told = problems.map(({ field }) => parsePath(field));
  const faults = checker.check(kind, object.value, told);
  const said = problems.filter(({ field }) => !misspelled(parsePath(field), faults));
  const finding = (severity: Finding["severity"], { path, part, message }: Fault): Finding =>
    object.finding(severity, path, message, part);
  return [
    ...scope(object, kind),
    ...judgeMetadata(object, checker),
    ...said.map((one) => finding("error", faultOf(object, one))),
    ...notes.map((one) => finding("note", faultOf(object, one))),
    ...faults.map((fault) => finding("error", fault)),
  ];
}

/** Whether the field seems to be missing because it is misspelled, which is told already. */
function misspelled(path: Path, faults: readonly Fault[]): boolean {
  return faults.some(({ meant }) => meant !== undefined && isNested(meant, path));
}

function readingOf(
  object: LocatedObject,
  kind: string,
): { readonly problems: readonly Problem[]; readonly notes: readonly Problem[] } {
  if (kind === "IPAddressPool") return readIPAddressPool(asKind<IPAddressPool>(object));
  if (kind === "L2Advertisement") return readL2Advertisement(asKind<L2Advertisement>(object));
  return { problems: [], notes: [] };
}

function faultOf(object: LocatedObject, { field, message }: Problem): Fault {
  const path = parsePath(field);
  return { path, part: "value", message: `${message}${yamlHint(object.at(path))}` };
}

/** What YAML made of a text without quotes: `- 2001:db8::` is a key without a value, `yes` a boolean. */
function yamlHint(value: unknown): string {
  if (!isJsonObject(value)) return "";
  const labels = isJsonObject(value.matchLabels) ? Object.values(value.matchLabels) : [];
  const odd = labels.find((label) => typeof label === "boolean" || typeof label === "number");
  if (odd !== undefined) return `; ${odd} without quotes is no text`;
  const [[key, inner] = ["", undefined], ...others] = Object.entries(value);
  if (inner !== null || others.length > 0 || !key.includes(":")) return "";
  return `: ${JSON.stringify(`${key}:`)}, in quotes, as YAML takes a colon at the end for that of a key`;
}

const NAMESPACE: Path = ["metadata", "namespace"];

function scope(object: LocatedObject, kind: string): readonly Finding[] {
  const namespace = object.at(NAMESPACE);
  if (object.namespace !== undefined || typeof namespace !== "string" || namespace === "") return [];
  const message = `${kind} is cluster-scoped, so that namespace ${JSON.stringify(namespace)} is ignored; remove it`;
  return [object.finding("note", NAMESPACE, message)];
}
