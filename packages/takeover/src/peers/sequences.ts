/** How far behind the newest message one may come and still be told from a recording. */
const WINDOW = 128n;
const MASK = (1n << WINDOW) - 1n;

/** Which sequences have come on one path, as far back as matters: the window of RFC 4303 section 3.4.3. */
export class Sequences {
  #newest = -1;
  /** Bit n: the one n before the newest has come. */
  #come = 0n;

  /** `Newer`: above all before. `Overtaken`: newer ones came first. `Old`: it came already, or is too old to say. */
  meet(sequence: number): "Newer" | "Overtaken" | "Old" {
    const ahead = BigInt(sequence) - BigInt(this.#newest);
    if (ahead > 0n) {
      this.#come = ahead >= WINDOW ? 1n : ((this.#come << ahead) | 1n) & MASK;
      this.#newest = sequence;
      return "Newer";
    }
    if (-ahead >= WINDOW) return "Old";
    const bit = 1n << -ahead;
    if ((this.#come & bit) !== 0n) return "Old";
    this.#come |= bit;
    return "Overtaken";
  }
}
