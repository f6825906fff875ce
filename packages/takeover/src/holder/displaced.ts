import type { NodeId } from "../claims/claim.ts";
import type { Entry } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";

/**
 * Those that announced what this node announces now, and have not been heard to agree. They are beaten as often as an
 * active stand-in, so that two announcers of one address find each other within one interval when the segment heals.
 */
export class Displaced {
  readonly #nodes = new Map<NodeId, { readonly untilMs: number; readonly entries: Map<string, Entry> }>();

  add(node: NodeId, entry: Entry, nowMs: number): void {
    const entries = this.#nodes.get(node)?.entries ?? new Map<string, Entry>();
    entries.set(entry.address.text, entry);
    this.#nodes.set(node, { untilMs: nowMs + TIMING.displaced, entries });
  }

  /** It has agreed about this address. @returns whether it was to */
  agreed(node: NodeId, entry: Entry): boolean {
    const displaced = this.#nodes.get(node);
    const was = displaced?.entries.delete(entry.address.text) === true;
    if (displaced?.entries.size === 0) this.#nodes.delete(node);
    return was;
  }

  /** This node does not announce the address any more. */
  forget(entry: Entry): void {
    for (const node of [...this.#nodes.keys()]) this.agreed(node, entry);
  }

  /** What this node displaced another from. */
  of(node: NodeId): readonly Entry[] {
    return [...(this.#nodes.get(node)?.entries.values() ?? [])];
  }

  /** Those that this address was displaced from. */
  from({ address }: Entry, nowMs: number): readonly NodeId[] {
    return this.nodes(nowMs).filter((node) => this.#nodes.get(node)?.entries.has(address.text));
  }

  nodes(nowMs: number): readonly NodeId[] {
    for (const [node, { untilMs }] of this.#nodes) if (untilMs < nowMs) this.#nodes.delete(node);
    return [...this.#nodes.keys()];
  }
}
