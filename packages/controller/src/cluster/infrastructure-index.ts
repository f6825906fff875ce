import type { Node } from "@fairlead/api/core/node.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { compareAddresses, type IpAddress } from "@fairlead/net/address.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import {
  compareUses,
  type InfrastructureAddress,
  type Use,
  usesOfNode,
  usesOfSpeaker,
} from "./infrastructure.ts";

/** An address with all its uses. */
interface Used {
  readonly address: IpAddress;
  /** By rank and words, with how many objects say so: all nodes of a segment tell the same of it. */
  readonly uses: Map<string, { readonly use: Use; count: number }>;
  /** The one that is named. */
  first: Use;
}

/** An address that came into use, is used as something else, or, if `what` is undefined, is not used any more. */
export interface InfrastructureChange {
  readonly address: IpAddress;
  readonly what: string | undefined;
}

/** For how long what a deleted Speaker said goes on to hold, since it may come back. */
export interface Grace {
  readonly clock: Pick<Clock, "after">;
  readonly graceMs: number;
}

/**
 * The addresses that the network uses itself, kept up to date: what one Node or Speaker changes costs what that one says, not
 * what all say.
 */
export class InfrastructureIndex {
  readonly #onChange: (changes: readonly InfrastructureChange[]) => void;
  /** What each object says, by its kind and name. */
  readonly #sources = new Map<string, readonly Use[]>();
  readonly #used = new Map<string, Used>();
  readonly #grace: Grace | undefined;
  /** Sources that are gone and of which that is not believed yet. */
  readonly #leaving = new Map<string, Timer>();
  /** Addresses for which the list is out of date. */
  readonly #pending = new Map<string, IpAddress>();
  #list: readonly InfrastructureAddress[] = [];

  /**
   * @param onChange called when something has changed, with all that has, after it can be looked up
   * @param grace undefined: that a Speaker is gone is believed at once
   */
  constructor(onChange: (changes: readonly InfrastructureChange[]) => void, grace?: Grace) {
    this.#onChange = onChange;
    this.#grace = grace;
  }

  applyNode({ key, previous, current }: Change<Node>): void {
    if (sameJson(previous?.status?.addresses, current?.status?.addresses) && previous && current) return;
    this.#set(`Node ${key}`, current === undefined ? [] : usesOfNode(current));
  }

  applySpeaker({ key, previous, current }: Change<Speaker>): void {
    if (sameJson(previous?.status?.interfaces, current?.status?.interfaces) && previous && current) return;
    const source = `Speaker ${key}`;
    this.#leaving.get(source)?.cancel();
    this.#leaving.delete(source);
    if (current !== undefined) this.#set(source, usesOfSpeaker(current));
    else this.#leave(source);
  }

  /** Cancels what waits for time to pass. */
  stop(): void {
    for (const timer of this.#leaving.values()) timer.cancel();
    this.#leaving.clear();
  }

  /** What the address is used as, or undefined if it is not. */
  useOf(address: IpAddress): string | undefined {
    return this.#used.get(address.text)?.first.what;
  }

  /** All of them in order, each once; the same array until one changes. */
  get addresses(): readonly InfrastructureAddress[] {
    if (this.#pending.size > 0) {
      this.#list = this.#merged();
      this.#pending.clear();
    }
    return this.#list;
  }

  #leave(source: string): void {
    if (this.#grace === undefined) {
      this.#set(source, []);
      return;
    }
    const { clock, graceMs } = this.#grace;
    const leave = (): void => {
      this.#leaving.delete(source);
      this.#set(source, []);
    };
    this.#leaving.set(source, clock.after(graceMs, leave));
  }

  #set(source: string, uses: readonly Use[]): void {
    const before = this.#sources.get(source) ?? [];
    if (uses.length === 0) this.#sources.delete(source);
    else this.#sources.set(source, uses);
    const touched = new Map<string, InfrastructureChange>();
    for (const { address } of [...before, ...uses])
      touched.set(address.text, { address, what: this.useOf(address) });
    for (const use of uses) this.#add(use);
    for (const use of before) this.#remove(use);
    const changes: InfrastructureChange[] = [];
    for (const { address, what: former } of touched.values()) {
      const what = this.useOf(address);
      if (what === former) continue;
      this.#pending.set(address.text, address);
      changes.push({ address, what });
    }
    if (changes.length > 0) this.#onChange(changes);
  }

  #add(use: Use): void {
    const key = keyOf(use);
    const used = this.#used.get(use.address.text);
    const known = used?.uses.get(key);
    if (used === undefined) {
      const uses = new Map([[key, { use, count: 1 }]]);
      this.#used.set(use.address.text, { address: use.address, uses, first: use });
    } else if (known !== undefined) known.count++;
    else {
      used.uses.set(key, { use, count: 1 });
      if (compareUses(use, used.first) < 0) used.first = use;
    }
  }

  #remove(use: Use): void {
    const key = keyOf(use);
    const used = this.#used.get(use.address.text);
    const known = used?.uses.get(key);
    if (used === undefined || known === undefined || --known.count > 0) return;
    used.uses.delete(key);
    if (used.uses.size === 0) this.#used.delete(use.address.text);
    else if (compareUses(use, used.first) === 0) used.first = firstOf(used);
  }

  /** The list brought up to date: what lies between the changes is copied in runs, without looking at it. */
  #merged(): readonly InfrastructureAddress[] {
    const list = this.#list;
    const runs: (readonly InfrastructureAddress[])[] = [];
    let copied = 0;
    for (const address of [...this.#pending.values()].sort(compareAddresses)) {
      const at = countBelow(list, address);
      const what = this.useOf(address);
      runs.push(list.slice(copied, at), what === undefined ? [] : [{ address, what }]);
      copied = list[at]?.address.text === address.text ? at + 1 : at;
    }
    return [...runs, list.slice(copied)].flat();
  }
}

function countBelow(list: readonly InfrastructureAddress[], address: IpAddress): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = list[middle];
    if (one !== undefined && compareAddresses(one.address, address) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf({ rank, what }: Use): string {
  return `${rank} ${what}`;
}

function firstOf({ uses, first }: Used): Use {
  let least: Use | undefined;
  for (const { use } of uses.values()) if (least === undefined || compareUses(use, least) < 0) least = use;
  return least ?? first;
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
