import type { Endpoint, EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import type { Family } from "@fairlead/net/address.ts";
import { type IdleEndpoints, idleEndpoints, sameIdle } from "./idle-endpoints.ts";

/**
 * Within which time kube-proxy on a node has written the rules for a new endpoint, in ms: it does so at most once a second, and takes
 * part of the next.
 */
export const KUBE_PROXY_LEARNS_WITHIN_MS = 2000;

/** Where a Service is served, for one family. */
export interface ServingEndpoints {
  /** Whether there is any endpoint that takes connections, be its node known or not. */
  readonly any: boolean;
  /** Nodes with one that is ready. */
  readonly ready: ReadonlySet<string>;
  /** Nodes with one that terminates and still serves, and none that is ready. */
  readonly leaving: ReadonlySet<string>;
  /** Those of `ready` where that is so new that the node's kube-proxy may not know it yet. */
  readonly fresh: ReadonlySet<string>;
  /** Those that take no connections, if none does. */
  readonly idle: IdleEndpoints | undefined;
}

const NOWHERE: ReadonlySet<string> = new Set();

/** How much an endpoint is worth: kube-proxy uses one that terminates only where it has none that is ready. */
type Worth = "Ready" | "Leaving" | "Idle";

/**
 * Where a Service is served. An endpoint counts when it is ready, or still serves while it terminates; a condition that is
 * absent is taken as the API says. One without a node counts for whoever forwards to any node, and is on none.
 */
export function servingEndpoints(slices: Iterable<EndpointSlice>, family: Family): ServingEndpoints {
  let any = false;
  const ready = new Set<string>();
  const leaving = new Set<string>();
  const idle: Endpoint[] = [];
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const worth = worthOf(endpoint);
      if (worth === "Idle") idle.push(endpoint);
      else any = true;
      if (worth !== "Idle" && endpoint.nodeName !== undefined)
        (worth === "Ready" ? ready : leaving).add(endpoint.nodeName);
    }
  }
  for (const node of ready) leaving.delete(node);
  return { any, ready, leaving, fresh: NOWHERE, idle: any ? undefined : idleEndpoints(idle) };
}

/** Whether both say the same, apart from what is fresh. */
export function sameEndpoints(a: ServingEndpoints, b: ServingEndpoints): boolean {
  return (
    a.any === b.any &&
    sameNodes(a.ready, b.ready) &&
    sameNodes(a.leaving, b.leaving) &&
    sameIdle(a.idle, b.idle)
  );
}

function worthOf({ conditions }: Endpoint): Worth {
  const { ready = true, serving = true, terminating = false } = conditions ?? {};
  if (ready) return "Ready";
  return terminating && serving ? "Leaving" : "Idle";
}

function sameNodes(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((node) => b.has(node));
}
