/** What became of the frames of one protocol, by name. */
export type FrameCount<Verdict extends string> = Verdict | "Answer" | "Gratuitous" | "Probe" | "SendFailed";

/** Counts frames. `add` allocates nothing. */
export interface FrameCounts<Verdict extends string> {
  add(what: FrameCount<Verdict>): void;
}

/** Counts in memory that another thread may read: one number a name, in the order of `names`. */
export class SharedFrameCounts<Verdict extends string> implements FrameCounts<Verdict> {
  readonly #slots: Readonly<Record<string, number>>;
  readonly #numbers: Float64Array;

  /** @param numbers of the length of `names` */
  constructor(names: readonly FrameCount<Verdict>[], numbers: Float64Array) {
    this.#slots = Object.fromEntries(names.map((name, slot) => [name, slot]));
    this.#numbers = numbers;
  }

  add(what: FrameCount<Verdict>): void {
    const slot = this.#slots[what] ?? 0;
    this.#numbers[slot] = (this.#numbers[slot] ?? 0) + 1;
  }
}
