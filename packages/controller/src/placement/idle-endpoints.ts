import type { Endpoint } from "@fairlead/api/core/endpoint-slice.ts";

/** Endpoints of a Service that take no connections. */
export interface IdleEndpoints {
  /** How many are not ready and do not terminate. */
  readonly unready: number;
  /** How many terminate. */
  readonly terminating: number;
  /** The first of the unready by name, as far as they are Pods. */
  readonly pods: readonly string[];
}

/** How many Pods a message names. */
const SHOWN_PODS = 3;
/** Who writes a slice by hand may refer to anything. */
const LONGEST_NAME = 253;

/** What is to be told of endpoints of which none takes connections. */
export function idleEndpoints(endpoints: readonly Endpoint[]): IdleEndpoints {
  const unready = endpoints.filter(({ conditions }) => conditions?.terminating !== true);
  const names = new Set(
    unready.flatMap(({ targetRef }) =>
      targetRef?.kind === "Pod" ? (targetRef.name?.slice(0, LONGEST_NAME) ?? []) : [],
    ),
  );
  return {
    unready: unready.length,
    terminating: endpoints.length - unready.length,
    pods: [...names].sort().slice(0, SHOWN_PODS),
  };
}

/** Whether the same is to be told. */
export function sameIdle(a: IdleEndpoints | undefined, b: IdleEndpoints | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.unready === b.unready && a.terminating === b.terminating && a.pods.join() === b.pods.join();
}
