import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Connector } from "./connect.ts";
import type { ClusterReader } from "./plan/read-cluster.ts";
import type { FileSource } from "./read-files.ts";

/** What the program needs of its surroundings. */
export interface Surroundings {
  /** See program-name.ts. */
  readonly program: string;
  readonly files: FileSource;
  readonly cluster: ClusterReader;
  readonly connect: Connector;
  readonly clock: Clock;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}
