import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type Claim, firmClaimAbove, type NodeId, provisionalClaimBeside } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import { baseOf, type Entry, indexIn } from "../core/ledger.ts";
import type { Reason } from "../environment.ts";
import type { Heartbeat, Knowledge, Path } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { Duty } from "../watch/duties.ts";
import { Health } from "../watch/health.ts";
import { Watch } from "../watch/watch.ts";

export interface WatchesOptions {
  readonly core: Core;
  readonly claim: (claims: ReadonlyMap<Entry, Claim>, reason: Reason) => void;
  /** The address is not in the duty towards some holder any more. */
  readonly onDropped: (entry: Entry) => void;
}

/** The holders that this node stands in for. */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #watches = new Map<NodeId, Watch>();
  readonly #health: Health;

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#health = new Health(options.core.clock);
  }

  get(holder: NodeId): Watch | undefined {
    return this.#watches.get(holder);
  }

  heartbeat(holder: NodeId, path: Path, beat: Heartbeat): void {
    const watch = beat.addresses > 0 ? this.#of(holder) : this.get(holder);
    watch?.heartbeat(path, beat);
  }

  hold(holder: NodeId, duty: Duty): void {
    this.#of(holder).hold(duty);
  }

  /** Answers in the place of a holder whose speaker a round found dead, unless the holder is watched and not taken for that. */
  caretake(entry: Entry, holder: NodeId, list: readonly NodeId[]): void {
    const known = this.#watches.get(holder);
    if (known !== undefined && known.state !== "Care") return;
    const watch = this.#of(holder);
    watch.hold({ entry, claim: baseOf(entry), list });
    if (known === undefined) watch.care();
  }

  isCovered(entry: Entry): boolean {
    return [...this.#watches.values()].some(({ duties }) => duties.has(entry));
  }

  /** A node claims an address. */
  outbid(entry: Entry, claim: Claim): void {
    for (const watch of [...this.#watches.values()]) watch.outbid(entry, claim);
  }

  /** Nobody is to be stood in for any more: announced here, or removed. */
  drop(entry: Entry): void {
    for (const watch of [...this.#watches.values()]) watch.drop(entry);
  }

  /** What this node knows of the holder of the highest claim. */
  knowledgeOf(entry: Entry): Knowledge {
    for (const watch of this.#watches.values()) if (watch.isCaretaking(entry)) return "Caretaken";
    const { top } = entry;
    const watch = top === undefined ? undefined : this.get(top.node);
    if (watch !== undefined && watch.silentMs < TIMING.hears && watch.duties.has(entry)) return "Heard";
    // Of the own claim, that it is announced no more is known first-hand, from before the restart too.
    const isOwn = top?.node === this.#options.core.self.id;
    return entry.firstHand || isOwn ? "Silent" : "Hearsay";
  }

  seen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    for (const watch of [...this.#watches.values()]) watch.seen(address, mac, gratuitous);
  }

  restart(): void {
    for (const watch of this.#watches.values()) watch.restart();
  }

  stop(): void {
    for (const watch of [...this.#watches.values()]) watch.end();
  }

  #of(holder: NodeId): Watch {
    const known = this.#watches.get(holder);
    if (known !== undefined) return known;
    const { core, onDropped } = this.#options;
    const watch = new Watch({
      core,
      holder,
      health: this.#health,
      take: (duties, firm, reason) => this.#take(duties, firm, reason),
      onDropped,
      onEnd: () => this.#watches.delete(holder),
    });
    this.#watches.set(holder, watch);
    return watch;
  }

  #take(duties: readonly Duty[], firm: boolean, reason: Reason): void {
    const { core, claim } = this.#options;
    const claims = new Map<Entry, Claim>();
    for (const { entry, list } of duties) {
      // Nobody placed it: it is not this node's to announce, whatever the dead holder said.
      if (entry.placement === undefined) {
        this.drop(entry);
        continue;
      }
      const make = firm ? firmClaimAbove : provisionalClaimBeside;
      claims.set(entry, make(baseOf(entry), indexIn(list, core.self.id), core.self.id));
    }
    if (claims.size > 0) claim(claims, reason);
  }
}
