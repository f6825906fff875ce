import type { IpAddress } from "@fairlead/net/address.ts";
import { type Claim, isHigher, type NodeId } from "../claims/claim.ts";
import type { Memory, Placement } from "../environment.ts";
import type { Item } from "../messages/message.ts";

/** What is known of one address. */
export interface Entry {
  readonly address: IpAddress;
  /** The newest of the API; undefined: it does not name the address here, so that nothing is claimed, whatever others say of it. */
  placement: Placement | undefined;
  /** The highest firm claim that is known. It never goes down. */
  top: Claim | undefined;
  /** `top` was heard from its holder itself. */
  firstHand: boolean;
  /** The list that came with `top`. */
  topList: readonly NodeId[];
  /** What this node announces it under. */
  mine: Claim | undefined;
}

/** What this speaker knows of the addresses: knowledge, and its own claims. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #keep: (memory: Memory) => void;

  constructor(keep: (memory: Memory) => void) {
    this.#keep = keep;
  }

  get(address: IpAddress): Entry | undefined {
    return this.#entries.get(address.text);
  }

  /** The entry of an address, made if there is none. */
  of(address: IpAddress): Entry {
    const known = this.#entries.get(address.text);
    if (known !== undefined) return known;
    const entry: Entry = {
      address,
      placement: undefined,
      top: undefined,
      firstHand: false,
      topList: [],
      mine: undefined,
    };
    this.#entries.set(address.text, entry);
    return entry;
  }

  all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  load(memory: Memory): void {
    const entry = this.of(memory.address);
    entry.placement = memory.placement;
    entry.top = memory.top;
    entry.topList = memory.list;
  }

  place(placement: Placement): Entry {
    const entry = this.of(placement.address);
    entry.placement = placement;
    this.#save(entry);
    return entry;
  }

  /** Takes note of a claim. Provisional ones and lower ones change nothing. @returns whether `top` rose */
  raise(entry: Entry, claim: Claim, list: readonly NodeId[], firstHand: boolean): boolean {
    if (!claim.firm || !isHigher(claim, entry.top)) {
      if (firstHand && claim.node === entry.top?.node && claim.step === entry.top.step)
        entry.firstHand = true;
      return false;
    }
    entry.top = claim;
    entry.topList = list;
    entry.firstHand = firstHand;
    this.#save(entry);
    return true;
  }

  /** The address is not Fairlead's any more. */
  forget(entry: Entry): void {
    this.#entries.delete(entry.address.text);
    this.#keep({ address: entry.address, placement: undefined, top: undefined, list: [] });
  }

  #save({ address, placement, top, topList }: Entry): void {
    this.#keep({ address, placement, top, list: topList });
  }
}

/** The list that counts: the newer one of the placement's and the top claim's. */
export function listOf({ placement, top, topList }: Entry): readonly NodeId[] {
  if (placement === undefined) return topList;
  return top === undefined || placement.epoch >= top.epoch ? placement.list : topList;
}

/** A node's place in the list; behind all others if it is not in it. */
export function indexIn(list: readonly NodeId[], id: NodeId): number {
  const index = list.indexOf(id);
  return index < 0 ? list.length : index;
}

/** The claim that a takeover is built upon: the highest known, else what the controller gave its owner. */
export function baseOf(entry: Entry): Claim {
  if (entry.top !== undefined) return entry.top;
  const epoch = entry.placement?.epoch ?? 0;
  return { epoch, step: 0, firm: true, index: 0, node: listOf(entry)[0] ?? 0n };
}

/** Whether the controller put this node first, above everything that speakers claimed. */
export function isPlacedHere({ placement, top }: Entry, self: NodeId): boolean {
  return (
    placement !== undefined &&
    placement.list[0] === self &&
    (top === undefined || placement.epoch > top.epoch)
  );
}

/** As messages tell it. */
export function itemOf(entry: Entry, claim: Claim): Item {
  return { address: entry.address, claim };
}
