import type { NodeId } from "../claims/claim.ts";
import type { Header, Path } from "../messages/message.ts";
import { ReplayWindow } from "./replay-window.ts";

/** How many incarnations of a node are remembered as gone. */
const MOST_RETIRED = 8;

/** Why a message with a right tag is not acted upon. */
export type FreshnessDrop = "OtherReceiver" | "Retired" | "Duplicate" | "OutOfOrder";

/** So many new messages of a retired incarnation mean that its process lives; fewer may have been on their way. */
const ALIVE_AFTER = 3;

interface Sender {
  readonly incarnation: bigint;
  /** The sequences that came on each path. */
  readonly came: Partial<Record<Path, ReplayWindow>>;
  /** New messages since it was retired. */
  late: number;
}

/**
 * Tells what was sent just now from what was recorded. A message counts only if it names my incarnation, comes from the
 * newest incarnation of its sender that I met, and did not come by its path before. What tells a state must also be newer than all
 * that came. So a recording is worth nothing after either side has started anew, and no clock is compared.
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
   *
   * @param mayBeOvertaken whether it counts although newer messages have come already
   */
  judge(header: Header, mayBeOvertaken: boolean): FreshnessDrop | undefined {
    if (header.receiverIncarnation !== this.#own) return "OtherReceiver";
    const known = this.#senders.get(header.sender) ?? [];
    const sender = known.find(({ incarnation }) => incarnation === header.incarnation);
    if (sender === undefined) {
      const { incarnation } = header;
      const begun: Sender = { incarnation, came: {}, late: 0 };
      come(begun, header);
      this.#senders.set(header.sender, [begun, ...known.slice(0, MOST_RETIRED)]);
      return undefined;
    }
    const { isNew, isNewest } = come(sender, header);
    if (sender === known[0]) return isNewest || (isNew && mayBeOvertaken) ? undefined : "OutOfOrder";
    if (isNewest) sender.late++;
    return isNewest && sender.late >= ALIVE_AFTER ? "Duplicate" : "Retired";
  }

  /**
   * Why a message would be dropped if its tag were right, as far as that can be said at once; undefined otherwise. Takes note of nothing: who sent
   * it is not known.
   */
  foresee(header: Header): FreshnessDrop | undefined {
    if (header.receiverIncarnation !== this.#own) return undefined;
    const known = this.#senders.get(header.sender) ?? [];
    const sender = known.find(({ incarnation }) => incarnation === header.incarnation);
    const window = sender?.came[header.path];
    if (sender === undefined || window === undefined || header.sequence > window.newest) return undefined;
    if (sender !== known[0]) return "Retired";
    return window.has(header.sequence) ? "OutOfOrder" : undefined;
  }

  /** The newest incarnation of this node that was met; 0 if none was. */
  incarnationOf(node: NodeId): bigint {
    return this.#senders.get(node)?.[0]?.incarnation ?? 0n;
  }
}

/** Takes note of its sequence. */
function come(
  { came }: Sender,
  { path, sequence }: Header,
): { readonly isNew: boolean; readonly isNewest: boolean } {
  const window = came[path] ?? new ReplayWindow();
  came[path] = window;
  const isNewest = sequence > window.newest;
  return { isNew: window.take(sequence), isNewest };
}
