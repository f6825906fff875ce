/** Prefixes under which a Service's annotations are read, ours first: it wins over the others. */
export const ANNOTATION_PREFIXES = ["fairlead.dev/", "metallb.io/", "metallb.universe.tf/"] as const;

/** The prefix under which every key is ours. */
export const OWN_PREFIX = ANNOTATION_PREFIXES[0];

/** Name of the pool that the Service wants an address of. */
export const POOL_ANNOTATION = "address-pool";
/** One address, or one of each family separated by a comma, that the Service wants. */
export const ADDRESSES_ANNOTATION = "loadBalancerIPs";
/** Key under which Services may share one address. */
export const SHARING_ANNOTATION = "allow-shared-ip";

/** The annotations of a Service that are acted upon, without prefix. */
export const SERVICE_ANNOTATIONS: readonly string[] = [
  POOL_ANNOTATION,
  ADDRESSES_ANNOTATION,
  SHARING_ANNOTATION,
];
