import type { IpAddress } from "@fairlead/net/address.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Clock } from "../clock.ts";
import type { Environment, Peer } from "../environment.ts";
import type { Sight } from "../messages/message.ts";
import type { Directory } from "../peers/directory.ts";
import type { Rounds } from "../watch/round.ts";
import type { Ledger } from "./ledger.ts";
import type { Post } from "./post.ts";

/** What this node is on the segment. */
export interface Surroundings {
  readonly carrier: boolean;
  /** The default gateway of the interface, or another host that proves that the segment is the real one. */
  readonly anchor: IpAddress | undefined;
  /** Whether a dead speaker's addresses are answered for with its MAC. */
  readonly caretake: boolean;
}

/** What all parts of one speaker share. */
export interface Core {
  readonly self: Peer;
  readonly environment: Environment;
  /** Notices stalls; see Pulse. */
  readonly clock: Clock;
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly post: Post;
  readonly rounds: Rounds;
  surroundings: Surroundings;
  /** Knows what its cache, the API and the others say, and may act. */
  learned: boolean;
  /** Leaves: takes nothing over. */
  draining: boolean;
  /** Does not announce everything yet that it announced before its restart: until then others go on answering in its place. */
  resuming: boolean;
}

/** Whether this node could announce an address. */
export function isReady({ learned, draining, surroundings }: Core): boolean {
  return learned && !draining && surroundings.carrier;
}

/** What proves that a silent holder is dead and not me cut off: the anchor, or without one more than half of the list. */
export function isWitness(core: Core, sight: Sight, membersSeen: number, list: readonly NodeId[]): boolean {
  if (core.surroundings.anchor !== undefined) return sight === 2;
  return (1 + membersSeen) * 2 > list.length;
}
