/**
 * Why a Service has the addresses it has, or has none. These words appear in conditions and Events; programs may rely on
 * them.
 */
export type AllocationReason =
  /** It has what it asks for. */
  | "Allocated"
  /** It keeps an address that its pool does not have, or does not offer to it, any more. */
  | "KeptOutsidePools"
  /** Its status shows an address that we did not give and that no pool has; it is left alone. */
  | "ForeignAddress"
  /** Another program writes its status.loadBalancer. */
  | "StatusContested"
  /** There is no IPAddressPool. */
  | "NoPools"
  /** The pool it names does not exist. */
  | "PoolNotFound"
  /** The pool that it names, or that has the address it asks for, hands out nothing new. */
  | "PoolDisabled"
  /** The pools do not admit it. */
  | "NotAdmitted"
  /** Its namespace holds as many addresses of the pool as it may. */
  | "QuotaExceeded"
  /** All addresses that it could get are held. */
  | "PoolExhausted"
  /** The address it asks for is in no pool. */
  | "AddressNotInAnyPool"
  /** The address it asks for is left out by its pool, or used by the network itself. */
  | "AddressExcluded"
  /** The address it asks for is held by, or kept for, another Service. */
  | "AddressTaken"
  /** Somebody else on the LAN answers for the address. */
  | "AddressInUse"
  /** It shares its address with Services that it may not share with any more. */
  | "SharingConflict"
  /** No pool that it may use has addresses of the family, or the Service itself is not of that family. */
  | "FamilyNotAvailable"
  /** What it asks for cannot be read. */
  | "BadRequest"
  /** It asks for two things that exclude each other. */
  | "Contradiction";

/** Why something asked for cannot be had now. */
export interface Refusal {
  readonly reason: Exclude<AllocationReason, "Allocated" | "KeptOutsidePools">;
  /** A clause that names what is in the way and ends with the cure; no capital, no full stop. */
  readonly message: string;
}

/** What is told about a Service's addresses. */
export interface Outcome {
  /** Whether the Service has what it asks for. */
  readonly satisfied: boolean;
  readonly reason: AllocationReason;
  /** A sentence or several, with the cure. */
  readonly message: string;
}
