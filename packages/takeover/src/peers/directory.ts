import type { Mac } from "@fairlead/net/mac.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Peer } from "../environment.ts";
import type { Path } from "../messages/message.ts";

const NEVER = Number.NEGATIVE_INFINITY;

/** Who the other speakers are, and when each was last heard on each path. */
export class Directory {
  readonly #self: NodeId;
  #peers = new Map<NodeId, Peer>();
  #byMac = new Map<Mac, NodeId>();
  readonly #heardMs = new Map<NodeId, Record<Path, number>>();

  constructor(self: NodeId) {
    this.#self = self;
  }

  /** Replaces all entries. The own one counts for its MAC only. */
  set(peers: readonly Peer[]): void {
    this.#peers = new Map(peers.filter(({ id }) => id !== this.#self).map((peer) => [peer.id, peer]));
    this.#byMac = new Map(peers.map(({ mac, id }) => [mac, id]));
  }

  get(id: NodeId): Peer | undefined {
    return this.#peers.get(id);
  }

  /** All other speakers. */
  others(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  /** The node, this one included, whose interface has this MAC. */
  idOf(mac: Mac): NodeId | undefined {
    return this.#byMac.get(mac);
  }

  /** Takes note of a fresh message. @returns how long that path had been silent, in ms; undefined if it never was heard before */
  heard(id: NodeId, path: Path, nowMs: number): number | undefined {
    const heard = this.#heardMs.get(id) ?? { Node: NEVER, Segment: NEVER };
    const last = heard[path];
    heard[path] = nowMs;
    this.#heardMs.set(id, heard);
    return last === NEVER ? undefined : nowMs - last;
  }

  /** Whether anybody but this one was heard on the node path since then. */
  hearsOthers(than: NodeId, sinceMs: number): boolean {
    for (const [id, { Node }] of this.#heardMs) if (id !== than && Node >= sinceMs) return true;
    return false;
  }

  /** When a fresh message of this node last arrived on any path. */
  lastHeardMs(id: NodeId): number {
    const heard = this.#heardMs.get(id);
    return heard === undefined ? NEVER : Math.max(heard.Node, heard.Segment);
  }
}
