import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";

/** Which addresses, by the names of their VirtualIPs, people want on another node: a node that changes may be the one, or make way. */
export class Wishes {
  readonly #names = new Set<string>();

  /** Takes in the newest state of a VirtualIP. */
  set(name: string, object: VirtualIP | undefined): void {
    if (object?.metadata.annotations?.[MOVE_TO_ANNOTATION] === undefined) this.#names.delete(name);
    else this.#names.add(name);
  }

  names(): Iterable<string> {
    return this.#names;
  }
}
