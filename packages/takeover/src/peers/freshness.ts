import type { NodeId } from "../claims/claim.ts";
import type { Header, Path } from "../messages/message.ts";

/** How many incarnations of a node are remembered as gone. */
const MOST_RETIRED = 8;

/** Why a message with a right tag is not acted upon. */
export type FreshnessDrop = "OtherReceiver" | "Retired" | "Duplicate" | "OutOfOrder";

/** So many new messages of a retired incarnation mean that its process lives; fewer may have been on their way. */
const ALIVE_AFTER = 3;

interface Sender {
  readonly incarnation: bigint;
  /** The highest sequence on each path. */
  readonly last: Record<Path, number>;
  /** New messages since it was retired. */
  late: number;
}

/**
 * Tells what was sent just now from what was recorded. A message counts only if it names my incarnation, comes from the
 * newest incarnation of its sender that I met, and is newer than the last on its path. So a recording is worth nothing
 * after either side has started anew, and no clock is compared.
 */
export class Freshness {
  readonly #own: bigint;
  /** The incarnations of each node, the newest first. */
  readonly #senders = new Map<NodeId, readonly Sender[]>();

  /** @param own the incarnation of this process, random, not 0 */
  constructor(own: bigint) {
    this.#own = own;
  }

  /**
   * Takes note of a message. `Duplicate`: a second machine uses the sender's name, for only a living process can go on
   * naming my incarnation. `OtherReceiver`: the sender does not know me yet; an ACK tells it.
   */
  judge(header: Header): FreshnessDrop | undefined {
    if (header.receiverIncarnation !== this.#own) return "OtherReceiver";
    const known = this.#senders.get(header.sender) ?? [];
    const sender = known.find(({ incarnation }) => incarnation === header.incarnation);
    if (sender === undefined) {
      this.#senders.set(header.sender, [begin(header), ...known.slice(0, MOST_RETIRED)]);
      return undefined;
    }
    const newer = header.sequence > sender.last[header.path];
    if (newer) sender.last[header.path] = header.sequence;
    if (sender === known[0]) return newer ? undefined : "OutOfOrder";
    if (newer) sender.late++;
    return newer && sender.late >= ALIVE_AFTER ? "Duplicate" : "Retired";
  }

  /**
   * Why a message would be dropped if its tag were right, as far as that can be said at once; undefined otherwise. Takes note of nothing: who sent
   * it is not known.
   */
  foresee(header: Header): FreshnessDrop | undefined {
    if (header.receiverIncarnation !== this.#own) return undefined;
    const known = this.#senders.get(header.sender) ?? [];
    const sender = known.find(({ incarnation }) => incarnation === header.incarnation);
    if (sender === undefined || header.sequence > sender.last[header.path]) return undefined;
    return sender === known[0] ? "OutOfOrder" : "Retired";
  }

  /** The newest incarnation of this node that was met; 0 if none was. */
  incarnationOf(node: NodeId): bigint {
    return this.#senders.get(node)?.[0]?.incarnation ?? 0n;
  }
}

function begin(header: Header): Sender {
  const last: Record<Path, number> = { Node: -1, Segment: -1 };
  last[header.path] = header.sequence;
  return { incarnation: header.incarnation, last, late: 0 };
}
