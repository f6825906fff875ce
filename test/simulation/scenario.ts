import type { Fault } from "./faults.ts";
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
  /** For which nobody answers although an informed, well placed list member lives. */
  readonly longestStrandedMs?: number;
  /** Of a scenario that is a list of faults. */
  readonly movesPerFault?: number;
}

/** What happens to a cluster, and what it may cost. */
interface Terms {
  readonly name: string;
  readonly world?: Partial<WorldOptions>;
  readonly lengthMs: number;
  readonly most: Bounds;
  /** How many of 1,000 seeds are spent here, relative to the others. @default 1 */
  readonly share?: number;
  /** Whether at the end there is one holder, as recorded, and all caches are right. @default "Record" */
  readonly ends?: "Record" | "Wire" | "Open";
  /** What must have been reported, or must not. */
  readonly reports?: Partial<
    Record<
      "HeartbeatPath" | "HeartbeatBlocked" | "Conflict" | "DuplicateNode" | "AnchorLost" | "NodePathLost",
      boolean
    >
  >;
}

/** Something that happens by a program, at the times that this asks the world for. */
export interface PlayedScenario extends Terms {
  readonly play: (world: World) => void;
}

/** Something that happens by a list of faults, which can be made shorter. */
export interface FaultScenario extends Terms {
  readonly faults: readonly Fault[];
  /** When everything is repaired. */
  readonly repairedMs: number;
}

export type Scenario = PlayedScenario | FaultScenario;

/** The owner of the first address, and its stand-ins in order. */
export const OWNER = 1;
export const FIRST = 2;
export const SECOND = 3;
export const THIRD = 4;
