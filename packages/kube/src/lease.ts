import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { microTime } from "./micro-time.ts";

export interface LeaseSpec {
  /** Empty or absent: free. */
  readonly holderIdentity?: string;
  /** For how long after a renewal nobody else may take it. */
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** coordination.k8s.io/v1 Lease. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export const leases: Resource<Lease> = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  path: "/apis/coordination.k8s.io/v1",
  plural: "leases",
  namespaced: true,
};

/** The spec with which `identity` takes the lease, or keeps it if it has it. */
export function heldSpec(
  before: LeaseSpec | undefined,
  identity: string,
  leaseDurationMs: number,
  wall: Date,
): LeaseSpec {
  const now = microTime(wall);
  const kept = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    acquireTime: (kept ? before.acquireTime : undefined) ?? now,
    renewTime: now,
    leaseTransitions: kept || before === undefined ? transitions : transitions + 1,
  };
}

/** The spec of a lease given back: held by nobody. */
export function releasedSpec(before: LeaseSpec | undefined, wall: Date): LeaseSpec {
  const now = microTime(wall);
  return {
    holderIdentity: "",
    // The API server wants a positive duration even of a lease that nobody holds.
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: before?.leaseTransitions ?? 0,
  };
}
