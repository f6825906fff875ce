import { err, ok, type Result } from "@fairlead/net/result.ts";
import type { LabelSelector, SelectorRequirement } from "./label-selector.ts";
import { type Labels, selectorMatches } from "./selector-matches.ts";

/** A label's key: a name of up to 63 characters, optionally after a DNS subdomain and a slash. */
const KEY = /^([a-z0-9.-]{1,253}\/)?([A-Za-z0-9][-\w.]{0,61})?[A-Za-z0-9]$/;
/** A label's value: up to 63 characters, or nothing. */
const VALUE = /^(([A-Za-z0-9][-\w.]{0,61})?[A-Za-z0-9])?$/;

/**
 * A selector, checked once, as a function of labels. Means what `metav1.LabelSelector` means.
 *
 * @returns the function, or a sentence that quotes the offending part and names the cure.
 */
export function compileSelector(selector: LabelSelector): Result<(labels: Labels) => boolean, string> {
  const fault =
    faultOfLabels(selector.matchLabels ?? {}) ?? faultOfRequirements(selector.matchExpressions ?? []);
  return fault === undefined ? ok((labels) => selectorMatches(selector, labels)) : err(fault);
}

function faultOfLabels(labels: Readonly<Record<string, string>>): string | undefined {
  for (const [key, value] of Object.entries(labels)) {
    const fault = faultOfKey(key) ?? faultOfValue(value);
    if (fault !== undefined) return `matchLabels: ${fault}`;
  }
  return undefined;
}

function faultOfRequirements(requirements: readonly SelectorRequirement[]): string | undefined {
  for (const [i, requirement] of requirements.entries()) {
    const fault = faultOfRequirement(requirement);
    if (fault !== undefined) return `matchExpressions[${i}]: ${fault}`;
  }
  return undefined;
}

function faultOfRequirement({ key, operator, values = [] }: SelectorRequirement): string | undefined {
  const shown = `operator ${typeof operator === "string" ? operator : JSON.stringify(operator)} on ${JSON.stringify(key)}`;
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) return `${shown} has no values; list at least one in values`;
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) return `${shown} takes no values; remove values, or write In or NotIn`;
      break;
    default:
      return `${shown} is unknown; write In, NotIn, Exists or DoesNotExist`;
  }
  return faultOfKey(key) ?? values.map(faultOfValue).find((fault) => fault !== undefined);
}

function faultOfKey(key: unknown): string | undefined {
  if (typeof key === "string" && KEY.test(key)) return undefined;
  return `${JSON.stringify(key)} is not a label key; write a name such as "app" or "example.com/tier"`;
}

function faultOfValue(value: unknown): string | undefined {
  if (typeof value === "string" && VALUE.test(value)) return undefined;
  return `${JSON.stringify(value)} is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;
}
