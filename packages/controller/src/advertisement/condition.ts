import type { Condition } from "@fairlead/api/condition.ts";
import { type anySelectorMatches, selectorMatches } from "@fairlead/api/selector-matches.ts";
import { isPattern, matchesAny } from "@fairlead/net/name-pattern.ts";
import type { Advertisement, PoolRef } from "../placement/advertise.ts";
import type { NodeView } from "../placement/node-view.ts";

/** What an advertisement may refer to. */
export interface Surroundings {
  readonly pools: readonly PoolRef[];
  readonly nodes: readonly NodeView[];
  /** All interfaces that speakers have reported; empty while none has reported. */
  readonly interfaces: ReadonlySet<string>;
}

/** Whether everything that an advertisement refers to is there; what is not is named, and the rest works. */
export function readyCondition(
  advertisement: Advertisement,
  surroundings: Surroundings,
): Omit<Condition, "lastTransitionTime"> {
  const { pools, nodes, interfaces } = surroundings;
  const problems: readonly Problem[] = [
    ...advertisement.problems.map((message) => ({ reason: "InvalidField", message: `${message}.` })),
    ...unknown(
      advertisement.ipAddressPools,
      new Set(pools.map(({ name }) => name)),
      "UnknownPool",
      "spec.ipAddressPools",
      "pool",
      "create it or correct the name",
    ),
    ...(interfaces.size === 0 ? [] : unknownInterfaces(advertisement.interfaces, interfaces)),
    ...idle(
      advertisement.ipAddressPoolSelectors,
      pools.map(({ labels }) => labels),
      "NoPoolSelected",
      "spec.ipAddressPoolSelectors",
      "pool",
    ),
    ...idle(
      advertisement.nodeSelectors,
      nodes.map(({ labels }) => labels),
      "NoNodeSelected",
      "spec.nodeSelectors",
      "node",
    ),
  ];
  const [first] = problems;
  if (first === undefined) {
    return {
      type: "Ready",
      status: "True",
      reason: "InEffect",
      message: ["Everything that it refers to is there.", ...resolved(advertisement, interfaces)].join(" "),
    };
  }
  const message = problems.map(({ message }) => message).join(" ");
  return { type: "Ready", status: "False", reason: first.reason, message };
}

/** How many interfaces a message names for each pattern. */
const SHOWN_INTERFACES = 10;

/** What each pattern stands for on the nodes; nothing while no speaker has reported. */
function resolved({ interfaces: named }: Advertisement, known: ReadonlySet<string>): readonly string[] {
  if (known.size === 0) return [];
  return named.flatMap((pattern) => {
    if (!isPattern(pattern)) return [];
    const names = [...known].filter((name) => matchesAny(name, [pattern])).sort();
    const more = names.length > SHOWN_INTERFACES ? ` and ${names.length - SHOWN_INTERFACES} more` : "";
    return [`"${pattern}" stands for ${names.slice(0, SHOWN_INTERFACES).join(", ")}${more}.`];
  });
}

function unknownInterfaces(named: readonly string[], known: ReadonlySet<string>): readonly Problem[] {
  const reason = "UnknownInterface";
  const cure = 'correct the name as "ip link" shows it';
  const problems: Problem[] = [];
  for (const [i, name] of named.entries()) {
    if ([...known].some((one) => matchesAny(one, [name]))) continue;
    const message = isPattern(name)
      ? `spec.interfaces[${i}] is the pattern "${name}", which stands for no interface of any node: correct it.`
      : `spec.interfaces[${i}] names interface "${name}", which does not exist: no node has it; ${cure}.`;
    problems.push({ reason, message });
  }
  return problems;
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

function unknown(
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
  reason: string,
  field: string,
  noun: string,
  cure: string,
): Problem[] {
  return (names ?? []).flatMap((name, i) =>
    known.has(name)
      ? []
      : [{ reason, message: `${field}[${i}] names ${noun} "${name}", which does not exist: ${cure}.` }],
  );
}

function idle(
  selectors: Parameters<typeof anySelectorMatches>[0],
  candidates: readonly Parameters<typeof selectorMatches>[1][],
  reason: string,
  field: string,
  noun: string,
): Problem[] {
  return (selectors ?? []).flatMap((selector, i) =>
    candidates.some((labels) => selectorMatches(selector, labels))
      ? []
      : [
          {
            reason,
            message: `${field}[${i}] is ${shown(selector)}, which matches the labels of no ${noun}: correct it or label a ${noun}.`,
          },
        ],
  );
}

function shown(selector: unknown): string {
  const text = JSON.stringify(selector);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
