import type { Service } from "@fairlead/api/core/service.ts";

/** Which Services are ours. */
export interface OwnershipOptions {
  /** Our `spec.loadBalancerClass`; undefined: Services without a class are ours. */
  readonly loadBalancerClass: string | undefined;
  /** With a class: whether Services without one are ours too. */
  readonly alsoClassless: boolean;
}

/** Whether the Service wants addresses of somebody. */
export function wantsAddresses({ spec, metadata }: Service): boolean {
  return spec.type === "LoadBalancer" && metadata.deletionTimestamp === undefined;
}

/** Whether the Service wants addresses of us now. */
export function isOurs(service: Service, options: OwnershipOptions): boolean {
  if (!wantsAddresses(service)) return false;
  const { loadBalancerClass } = service.spec;
  if (loadBalancerClass === undefined) {
    return options.loadBalancerClass === undefined || options.alsoClassless;
  }
  return loadBalancerClass === options.loadBalancerClass;
}
