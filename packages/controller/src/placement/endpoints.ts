import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import type { Family } from "@fairlead/net/address.ts";

/** Where a Service is served, for one family. */
export interface ServingEndpoints {
  /** Whether there is any endpoint that takes connections. */
  readonly any: boolean;
  /** Nodes with such an endpoint. */
  readonly nodes: ReadonlySet<string>;
}

const NONE: ServingEndpoints = { any: false, nodes: new Set() };

/**
 * Where a Service is served. An endpoint counts when it is ready, or still serves while it terminates; a condition that is
 * absent is taken as true, as the API says.
 */
export function servingEndpoints(slices: Iterable<EndpointSlice>, family: Family): ServingEndpoints {
  let any = false;
  const nodes = new Set<string>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const { conditions, nodeName } of slice.endpoints ?? []) {
      if (conditions?.ready === false && conditions.serving !== true) continue;
      any = true;
      if (nodeName !== undefined) nodes.add(nodeName);
    }
  }
  return any ? { any, nodes } : NONE;
}

/** Whether both say the same. */
export function sameEndpoints(a: ServingEndpoints, b: ServingEndpoints): boolean {
  return a.any === b.any && a.nodes.size === b.nodes.size && [...a.nodes].every((node) => b.nodes.has(node));
}
