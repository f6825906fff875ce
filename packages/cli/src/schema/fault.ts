import type { Part } from "../source/locate.ts";
import type { Path } from "../source/path.ts";

/** Something in an object that its schema does not allow. */
export interface Fault {
  readonly path: Path;
  /** What is to be pointed at. */
  readonly part: Part;
  readonly message: string;
  /** With a field that is unknown: the one that is probably meant, if that is not there. */
  readonly meant?: Path;
}
