import type { Condition } from "@fairlead/api/condition.ts";
import { type anySelectorMatches, selectorMatches } from "@fairlead/api/selector-matches.ts";
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
    ...(interfaces.size === 0
      ? []
      : unknown(
          advertisement.interfaces,
          interfaces,
          "UnknownInterface",
          "spec.interfaces",
          "interface",
          'no node has it; correct the name as "ip link" shows it',
        )),
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
      message: "Everything that it refers to is there.",
    };
  }
  const message = problems.map(({ message }) => message).join(" ");
  return { type: "Ready", status: "False", reason: first.reason, message };
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
