import type { BpfInstruction } from "../bpf.ts";

/** What the kernel knows beside the frame, by the offsets in `Fact`. */
export type Facts = ReadonlyMap<number, number>;

const FACTS = 0xfffff000;

/**
 * Runs a classic BPF program on a frame, as the kernel would: a load outside the frame or a division by zero drops it.
 *
 * @returns how many bytes of the frame are delivered, 0 when it is dropped.
 * @throws Error for a program that the kernel would refuse.
 */
export function runFilter(
  program: readonly BpfInstruction[],
  frame: Uint8Array,
  facts: Facts = new Map(),
): number {
  const machine = new Machine(frame, facts);
  for (let at = 0; ; at++) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error(`the program runs past its end at ${at}`);
    const skip = machine.step(instruction);
    if (machine.result !== undefined) return Math.min(machine.result, frame.length);
    at += skip;
  }
}

class Machine {
  result: number | undefined;
  #a = 0;
  #x = 0;
  readonly #memory = new Uint32Array(16);
  readonly #frame: Uint8Array;
  readonly #facts: Facts;

  constructor(frame: Uint8Array, facts: Facts) {
    this.#frame = frame;
    this.#facts = facts;
  }

  /** Executes one instruction. @returns how many to skip. */
  step(instruction: BpfInstruction): number {
    const { code, k } = instruction;
    switch (code & 0x07) {
      case 0x00:
        this.#a = this.#load(code, k);
        return 0;
      case 0x01:
        this.#x = code === 0xb1 ? 4 * (this.#bytes(k, 1) & 0x0f) : this.#load(code, k);
        return 0;
      case 0x02:
        this.#memory[k] = this.#a;
        return 0;
      case 0x03:
        this.#memory[k] = this.#x;
        return 0;
      case 0x04:
        this.#a = this.#compute(code & 0xf0, (code & 0x08) === 0 ? k : this.#x) >>> 0;
        return 0;
      case 0x05:
        return this.#jump(instruction);
      case 0x06:
        this.#end((code & 0x18) === 0x10 ? this.#a : k);
        return 0;
      default:
        if (code === 0x07) this.#x = this.#a;
        else if (code === 0x87) this.#a = this.#x;
        else throw unknown(code);
        return 0;
    }
  }

  #load(code: number, k: number): number {
    const size = [4, 2, 1][(code & 0x18) >> 3] ?? 0;
    switch (code & 0xe0) {
      case 0x00:
        return k;
      case 0x20:
        return k >= FACTS ? (this.#facts.get(k - FACTS) ?? 0) : this.#bytes(k, size);
      case 0x40:
        return this.#bytes(this.#x + k, size);
      case 0x60:
        return this.#memory[k] ?? 0;
      case 0x80:
        return this.#frame.length;
      default:
        throw unknown(code);
    }
  }

  #bytes(offset: number, size: number): number {
    if (offset + size > this.#frame.length) {
      this.#end(0);
      return 0;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.#frame[offset + i] ?? 0);
    return value;
  }

  #compute(operator: number, by: number): number {
    const a = this.#a;
    switch (operator) {
      case 0x00:
        return a + by;
      case 0x10:
        return a - by;
      case 0x20:
        return Math.imul(a, by);
      case 0x30:
        return by === 0 ? this.#end(0) : Math.floor(a / by);
      case 0x40:
        return a | by;
      case 0x50:
        return a & by;
      case 0x60:
        return a << by;
      case 0x70:
        return a >>> by;
      case 0x80:
        return -a;
      case 0x90:
        return by === 0 ? this.#end(0) : a % by;
      case 0xa0:
        return a ^ by;
      default:
        throw unknown(operator | 0x04);
    }
  }

  #jump({ code, jt, jf, k }: BpfInstruction): number {
    if (code === 0x05) return k;
    const by = (code & 0x08) === 0 ? k : this.#x;
    return this.#holds(code, by) ? jt : jf;
  }

  #holds(code: number, by: number): boolean {
    switch (code & 0xf0) {
      case 0x10:
        return this.#a === by;
      case 0x20:
        return this.#a > by;
      case 0x30:
        return this.#a >= by;
      case 0x40:
        return (this.#a & by) !== 0;
      default:
        throw unknown(code);
    }
  }

  /** The first end counts. */
  #end(result: number): number {
    this.result ??= result;
    return 0;
  }
}

function unknown(code: number): Error {
  return new Error(`unknown instruction 0x${code.toString(16)}`);
}
