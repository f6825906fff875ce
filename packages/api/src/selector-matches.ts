import type { LabelSelector, SelectorRequirement } from "./label-selector.ts";

/** Labels of an object; absent means none. */
export type Labels = Readonly<Record<string, string>> | undefined;

/** Whether the labels satisfy every requirement of the selector. An empty selector matches everything. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) => requirementHolds(requirement, labels));
}

function requirementHolds(requirement: SelectorRequirement, labels: Labels): boolean {
  const value = labelOf(labels, requirement.key);
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** Own labels only: an object read from JSON also answers to names such as "constructor". */
function labelOf(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/**
 * Whether one of the selectors matches. No list, or an empty one, asks for nothing and so matches everything; a list whose
 * selectors match nothing matches nothing.
 */
export function anySelectorMatches(selectors: readonly LabelSelector[] | undefined, labels: Labels): boolean {
  if (selectors === undefined || selectors.length === 0) return true;
  return selectors.some((selector) => selectorMatches(selector, labels));
}
