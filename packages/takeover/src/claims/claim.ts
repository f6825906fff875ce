/** A node's identity on the wire: the first 8 bytes of SHA-256 of its name, as an unsigned integer. */
export type NodeId = bigint;

/**
 * The right to announce one address on one segment. Claims are totally ordered, so that any two speakers that hear of
 * each other agree on who goes on: see {@link compareClaims}.
 */
export interface Claim {
  /** Written by the controller only; grows with each of its decisions. At most 2^53 - 1. */
  readonly epoch: number;
  /** Raised by speakers only; starts at 0 in each epoch. At most 2^32 - 1. */
  readonly step: number;
  /** A provisional claim is made without a witness that the old holder is dead. It covers the address and loses to that holder. */
  readonly firm: boolean;
  /** The claimer's place in the list of the address; 0 is the owner. */
  readonly index: number;
  readonly node: NodeId;
}

/** Positive if `a` wins over `b`: higher epoch, higher step, firm before provisional, lower index, lower node. 0 only for equal claims. */
export function compareClaims(a: Claim, b: Claim): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.step !== b.step) return a.step - b.step;
  if (a.firm !== b.firm) return a.firm ? 1 : -1;
  if (a.index !== b.index) return b.index - a.index;
  if (a.node !== b.node) return a.node < b.node ? 1 : -1;
  return 0;
}

/** Whether `a` wins over `b`; anything wins over nothing. */
export function isHigher(a: Claim, b: Claim | undefined): boolean {
  return b === undefined || compareClaims(a, b) > 0;
}

/** Whether both are the same claim of the same node. */
export function sameClaim(a: Claim, b: Claim | undefined): boolean {
  return b !== undefined && compareClaims(a, b) === 0;
}

/** The claim of the node that the controller put first. */
export function placedClaim(epoch: number, node: NodeId): Claim {
  return { epoch, step: 0, firm: true, index: 0, node };
}

/** A firm claim above everything known: the holder is dead and there is a witness, or it let go itself, or it is outbid on first-hand knowledge. */
export function firmClaimAbove(known: Claim, index: number, node: NodeId): Claim {
  return { epoch: known.epoch, step: known.step + 1, firm: true, index, node };
}

/** Cover for an address whose holder seems dead, without a witness. It stays below the holder's own firm claim. */
export function provisionalClaimBeside(known: Claim, index: number, node: NodeId): Claim {
  return { epoch: known.epoch, step: known.step, firm: false, index, node };
}

/**
 * Whether a provisional claim covers an address that is known under `known`: same epoch and step, another node. It does
 * not compare higher, yet whoever cannot hear the firm holder accepts it, else all stand-ins would claim in turn.
 */
export function covers(claim: Claim, known: Claim): boolean {
  return !claim.firm && claim.epoch === known.epoch && claim.step === known.step && claim.node !== known.node;
}

/** For people: `7.2 firm #1`. */
export function claimText(claim: Claim): string {
  return `${claim.epoch}.${claim.step} ${claim.firm ? "firm" : "provisional"} #${claim.index}`;
}
