import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import { type Core, isReady } from "../core/core.ts";
import { type Entry, itemOf } from "../core/ledger.ts";
import { MOST_ITEMS } from "../messages/items.ts";
import type { KnownItem } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { Duties, Duty } from "./duties.ts";
import { TAKEN_AT_ONCE } from "./plans.ts";
import { betterThan } from "./rank.ts";

/** About so many addresses each other member is told each second: 20 messages. */
const TOLD_AT_ONCE: number = 20 * Math.floor(MOST_ITEMS / 2);

export interface CaretakingOptions {
  readonly core: Core;
  readonly holder: NodeId;
  readonly duties: Duties;
  readonly active: () => readonly NodeId[];
  /** The holder's kernel does not answer any more: the node is dead after all. */
  readonly onKernelSilent: () => void;
  /** The holder's speaker did not come back in time: the next {@link TAKEN_AT_ONCE} of its addresses are to be taken over. */
  readonly onLimit: () => void;
}

/**
 * While a holder's speaker is dead and its kernel alive, requests are answered in its place with its MAC: traffic and
 * connections stay where they are. The kernel is polled, and each second the wire and the others are asked whether an
 * address is somebody else's by now.
 */
export class Caretaking {
  readonly #options: CaretakingOptions;
  readonly #answered = new Map<string, Entry>();
  /** How many others have been told about. */
  #told = 0;
  #timers: Timer[] = [];
  #kernelMs = 0;
  /** When another last claimed one of them. */
  #begunMs = Number.NEGATIVE_INFINITY;
  #running = false;

  constructor(options: CaretakingOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#running;
  }

  isAnswering(entry: Entry): boolean {
    return this.#answered.has(entry.address.text);
  }

  /** Begins with all that is in the duty. */
  start(): void {
    const { core, holder, duties } = this.#options;
    if (core.directory.get(holder) === undefined) return;
    const before = this.#answered.size;
    for (const { entry } of duties.all()) this.add(entry);
    const addresses = this.#answered.size - before;
    if (addresses > 0) core.environment.measured({ type: "Caretaking", addresses });
    if (this.#running) return;
    this.#running = true;
    this.#kernelMs = core.clock.nowMs();
    this.#repeat(TIMING.kernelPoll, () => this.#poll());
    this.#repeat(TIMING.caretakeCheck, () => this.#check());
    const limitMs = TIMING.caretakeLimit + this.#rank() * TIMING.caretakeRank;
    this.#timers.push(core.clock.after(limitMs, () => this.#atLimit()));
  }

  /** One more address. */
  add(entry: Entry): void {
    const { core, holder } = this.#options;
    const mac = core.directory.get(holder)?.mac;
    if (mac === undefined || this.isAnswering(entry)) return;
    this.#answered.set(entry.address.text, entry);
    core.environment.caretake(entry.address, mac);
  }

  /** Another claims some of these: it may have thousands to claim, and is left to it. */
  begunByOther(): void {
    this.#begunMs = this.#options.core.clock.nowMs();
  }

  /** The kernel's time counts anew: it was not listened to. */
  restart(): void {
    this.#kernelMs = this.#options.core.clock.nowMs();
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#running = false;
    for (const entry of [...this.#answered.values()]) this.release(entry);
  }

  /** Ends it for one address. */
  release(entry: Entry): void {
    if (this.#answered.delete(entry.address.text)) this.#options.core.environment.relieve(entry.address);
  }

  /** Somebody answers on the wire. An address that another speaker answers for is that one's; it is asked about it. */
  seen(address: IpAddress, mac: Mac): void {
    const { core, holder } = this.#options;
    const node = core.directory.idOf(mac);
    const isHolder = node === undefined || node === holder;
    if (isHolder && address.text === core.directory.get(holder)?.kernel?.text)
      this.#kernelMs = core.clock.nowMs();
    const entry = this.#answered.get(address.text);
    if (entry === undefined || node === undefined || node === holder || node === core.self.id) return;
    this.release(entry);
    core.post.query(node, [address]);
  }

  #repeat(everyMs: number, run: () => void): void {
    const { clock } = this.#options.core;
    const next = (): void => {
      // Kept in the place of the one that fired: there are as many timers as there are repeated things.
      const timer = clock.after(everyMs, () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        next();
        run();
      });
      this.#timers.push(timer);
    };
    next();
  }

  /** The speaker did not come back in time. What is left after this go is for the next, or for when this node can take it. */
  #atLimit(): void {
    const { core, duties, onLimit } = this.#options;
    const restMs = this.#begunMs + TIMING.rankAnswered - core.clock.nowMs();
    const isNow = restMs <= 0 && isReady(core);
    const againMs = isNow ? 0 : Math.max(restMs, TIMING.kernelPoll);
    if (!isNow || duties.size > TAKEN_AT_ONCE)
      this.#timers.push(core.clock.after(againMs, () => this.#atLimit()));
    if (isNow) onLimit();
  }

  #poll(): void {
    const { core, holder, onKernelSilent } = this.#options;
    if (core.clock.nowMs() - this.#kernelMs >= TIMING.kernelDead) {
      this.restart();
      onKernelSilent();
      return;
    }
    const kernel = core.directory.get(holder)?.kernel;
    if (kernel !== undefined) core.environment.probe(kernel);
  }

  #check(): void {
    const { core, duties } = this.#options;
    for (const { entry } of duties.samples()) core.environment.probe(entry.address);
    const told = new Map<Entry, readonly KnownItem[]>();
    const members = new Set<NodeId>();
    for (const { entry, claim, list } of this.#turn()) {
      if (!this.isAnswering(entry)) continue;
      told.set(entry, [{ ...itemOf(entry, claim), knowledge: "Caretaken" }]);
      for (const member of list) members.add(member);
    }
    for (const member of members) core.post.known(member, told);
  }

  /** Those that others are told about this time: of thousands some, each time the next. */
  #turn(): readonly Duty[] {
    const all = [...this.#options.duties.all()];
    if (all.length <= TOLD_AT_ONCE) return all;
    const from = this.#told % all.length;
    this.#told = from + TOLD_AT_ONCE;
    return [...all, ...all.slice(0, TOLD_AT_ONCE)].slice(from, from + TOLD_AT_ONCE);
  }

  #rank(): number {
    const { core, holder, duties, active } = this.#options;
    const [first] = duties.all();
    return first === undefined ? 0 : betterThan(core.self.id, holder, first.list, active()).length;
  }
}
