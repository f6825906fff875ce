import type { World, WorldOptions } from "./world.ts";

/** What may be measured at most in any run; what is not given is not bounded. */
export interface Bounds {
  readonly unansweredMs?: number;
  readonly clientMs?: number;
  readonly overlapMs?: number;
  readonly moves?: number;
  /** At a stretch. */
  readonly longestOverlapMs?: number;
  readonly longestUnansweredMs?: number;
}

/** Something that happens to a cluster, and what it may cost. */
export interface Scenario {
  readonly name: string;
  readonly world?: Partial<WorldOptions>;
  /** The faults; they happen at the times that this asks the world for. */
  readonly play: (world: World) => void;
  readonly lengthMs: number;
  readonly most: Bounds;
  /** How many of 1,000 seeds are spent here, relative to the others. @default 1 */
  readonly share?: number;
  /** Whether at the end there is one holder, as recorded, and all caches are right. @default "Record" */
  readonly ends?: "Record" | "Wire" | "Open";
  /** What must have been reported, or must not. */
  readonly reports?: Partial<
    Record<"HeartbeatPath" | "HeartbeatBlocked" | "Conflict" | "DuplicateNode", boolean>
  >;
}

/** The owner of the first address, and its stand-ins in order. */
export const OWNER = 1;
export const FIRST = 2;
export const SECOND = 3;
export const THIRD = 4;
