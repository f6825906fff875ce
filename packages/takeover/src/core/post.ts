import type { IpAddress } from "@fairlead/net/address.ts";
import type { Result } from "@fairlead/net/result.ts";
import { err } from "@fairlead/net/result.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Drop, Environment } from "../environment.ts";
import { encode, MOST_BYTES, openEnvelope, readEnvelope } from "../messages/codec.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import type { Body, Item, KnownItem, Message, Path } from "../messages/message.ts";
import { Freshness } from "../peers/freshness.ts";
import { Introductions } from "../peers/introductions.ts";
import { TIMING } from "../timing.ts";
import { Bulk } from "./bulk.ts";
import { type Entry, itemOf, listOf } from "./ledger.ts";
import { Spacing } from "./spacing.ts";

/** Messages that tell how things are, so that only the newest counts. The others are right whenever they come, for claims have an order of their own. */
const STATES: readonly Body["type"][] = ["Heartbeat", "Ack"];
/** Addresses in one QUERY. */
const MOST_ADDRESSES = 80;

export interface PostOptions {
  readonly self: NodeId;
  /** Random, not 0, another with each start. */
  readonly incarnation: bigint;
  /** Names this node's interface to the others, on the path that all segments share. */
  readonly interfaceId: number;
  /** Both, or one if the node's own address is on the announcing interface. */
  readonly paths: readonly Path[];
}

/** Writes, numbers and signs what is sent; reads and judges what arrives. */
export class Post {
  readonly #options: PostOptions;
  readonly #environment: Environment;
  readonly #freshness: Freshness;
  /** For each path of its own: the node path can be reached from other networks. */
  readonly #introductions: Readonly<Record<Path, Introductions>> = {
    Node: new Introductions(),
    Segment: new Introductions(),
  };
  readonly #answers: Spacing<string>;
  readonly #bulk: Bulk;
  readonly #buffer = new Uint8Array(MOST_BYTES);
  #sequence = 0;

  constructor(options: PostOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    this.#freshness = new Freshness(options.incarnation);
    this.#answers = new Spacing(environment.clock, TIMING.answerGap);
    this.#bulk = new Bulk(environment.clock, (to, body) => this.send(to, body));
  }

  /** Whether the node path is another than the segment's. */
  get hasNodePath(): boolean {
    return this.#options.paths.includes("Node");
  }

  /** Sends on every path, or on one. */
  send(to: NodeId, body: Body, only?: Path): void {
    this.#send(to, body, this.#freshness.incarnationOf(to), only);
  }

  /** Whether some of what was to be said to this peer still waits. */
  isBusy(to: NodeId): boolean {
    return this.#bulk.isBusy(to);
  }

  /** What waits is not said. */
  stop(): void {
    this.#bulk.stop();
  }

  #send(to: NodeId, body: Body, receiverIncarnation: bigint, only?: Path): void {
    const { self: sender, incarnation, interfaceId, paths } = this.#options;
    if (to === sender) return;
    if (this.#environment.keys.signing === undefined) {
      this.#environment.drop("NoKey");
      return;
    }
    const sequence = this.#sequence++;
    for (const path of paths) {
      if (only !== undefined && path !== only) continue;
      const of = path === "Node" ? interfaceId : 0;
      const header = { path, sender, incarnation, receiverIncarnation, sequence, interfaceId: of };
      this.#environment.send(to, path, encode(header, body, this.#environment.keys, this.#buffer));
    }
  }

  /** CLAIM of entries that are announced: one message for each list and page. */
  claims(to: NodeId, entries: Iterable<Entry>): void {
    for (const { list, part } of pagesOf(entries))
      this.#bulk.add(to, () => {
        const items = minesOf(part);
        return items.length === 0 ? undefined : { type: "Claim", list, page: undefined, items };
      });
  }

  /** All that the receiver stands in for, as CLAIM by pages. */
  pages(to: NodeId, entries: Iterable<Entry>, revision: number): void {
    const pages = [...pagesOf(entries)];
    pages.forEach(({ list, part }, number) => {
      const page = { number, of: pages.length, revision: revision & 0xffff };
      this.#bulk.add(to, () => ({ type: "Claim", list, page, items: minesOf(part) }));
    });
  }

  /** OFFER of what is still announced when its turn comes. */
  offers(to: NodeId, entries: Iterable<Entry>): void {
    for (const { list, part } of pagesOf(entries))
      this.#bulk.add(to, () => {
        const items = minesOf(part);
        return items.length === 0 ? undefined : { type: "Offer", list, items };
      });
  }

  known(to: NodeId, told: ReadonlyMap<Entry, readonly KnownItem[]>): void {
    for (const { list, part } of pagesOf(told.keys(), MOST_ITEMS / 2))
      this.#bulk.add(to, () => ({
        type: "Known",
        list,
        items: part.flatMap((entry) => told.get(entry) ?? []),
      }));
  }

  query(to: NodeId, addresses: readonly IpAddress[]): void {
    for (let at = 0; at < addresses.length; at += MOST_ADDRESSES)
      this.#bulk.add(to, () => ({ type: "Query", addresses: addresses.slice(at, at + MOST_ADDRESSES) }));
  }

  /** Whether an answer in this matter may be given to a peer now: none was within the last 50 ms. */
  mayAnswer(peer: NodeId, matter: string): boolean {
    return this.#answers.allows(`${peer} ${matter}`);
  }

  /**
   * Reads a datagram that came on a path: a message to act upon, or why it is dropped. What the header alone condemns costs no tag. Who does not
   * know this incarnation is told it with an ACK.
   */
  receive(datagram: Uint8Array, path: Path, ready: boolean): Result<Message, Drop> {
    const envelope = readEnvelope(datagram);
    if (!envelope.ok) return envelope;
    const { header } = envelope.value;
    const { self, incarnation } = this.#options;
    // On the node path, who brings it has looked whose interface it is about.
    if (header.path !== path || (path === "Segment" && header.interfaceId !== 0)) return err("OtherSegment");
    if (header.sender === self) return err("Own");
    const foreseen = this.#freshness.foresee(header);
    if (foreseen !== undefined) return err(foreseen);
    const isIntroduction = header.receiverIncarnation !== incarnation;
    const introductions = this.#introductions[path];
    if (isIntroduction && !introductions.mayLook(this.#environment.clock.nowMs())) return err("Unchecked");
    const read = openEnvelope(datagram, envelope.value, this.#environment.keys);
    if (!read.ok) {
      if (isIntroduction) introductions.forged();
      return read;
    }
    const drop = this.#freshness.judge(header, !STATES.includes(read.value.body.type));
    if (drop === "OtherReceiver") {
      if (this.mayAnswer(header.sender, `greet ${header.incarnation} ${path}`))
        this.#send(header.sender, { type: "Ack", ready }, header.incarnation, path);
      // A peer does not say so much before it is greeted: it may be a replay.
      else introductions.forged();
    }
    if (drop === "Duplicate") this.#environment.report({ type: "DuplicateNode", peer: header.sender });
    return drop === undefined ? read : err(drop);
  }
}

function minesOf(entries: readonly Entry[]): readonly Item[] {
  return entries.flatMap((entry) => (entry.mine === undefined ? [] : [itemOf(entry, entry.mine)]));
}

/** Entries by equal lists, in parts that fit in one message. */
export function* pagesOf(
  entries: Iterable<Entry>,
  most = MOST_ITEMS,
): Generator<{ readonly list: readonly NodeId[]; readonly part: readonly Entry[] }> {
  const byList = new Map<string, Entry[]>();
  const keys = new Map<readonly NodeId[], string>();
  for (const entry of entries) {
    const own = listOf(entry);
    const key = keys.get(own) ?? own.join();
    keys.set(own, key);
    const same = byList.get(key);
    if (same === undefined) byList.set(key, [entry]);
    else same.push(entry);
  }
  const size = Math.floor(most);
  for (const same of byList.values()) {
    const list = same[0] === undefined ? [] : listOf(same[0]);
    for (let at = 0; at < same.length; at += size) yield { list, part: same.slice(at, at + size) };
  }
}
