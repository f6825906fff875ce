/**
 * Why a Service has the addresses it has, or has none. These words appear in conditions and Events; programs may rely on
 * them.
 */
export type AllocationReason =
  /** It has what it asks for. */
  | "Allocated"
  /** It keeps an address that no pool, or not the pool it asks for, has any more. */
  | "KeptOutsidePools"
  /** Its status shows an address that we did not give and that no pool has; it is left alone. */
  | "ForeignAddress"
  /** There is no IPAddressPool. */
  | "NoPools"
  /** The pool it names does not exist. */
  | "PoolNotFound"
  /** The pools do not admit it. */
  | "NotAdmitted"
  /** All addresses that it could get are held. */
  | "PoolExhausted"
  /** The address it asks for is in no pool. */
  | "AddressNotInAnyPool"
  /** The address it asks for is left out by its pool. */
  | "AddressExcluded"
  /** The address it asks for is held by another Service. */
  | "AddressTaken"
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
