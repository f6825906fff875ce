/**
 * An assembler for classic BPF, the language of socket filters. Pure. A program is a list of statements with named places
 * to jump to:
 *
 * ```ts
 * assemble([
 *   loadU16(12),                    // EtherType
 *   jumpUnless("==", 0x0806, "drop"),
 *   accept(),
 *   label("drop"),
 *   drop(),
 * ]);
 * ```
 *
 * The machine has an accumulator A, an index register X and 16 words of memory; loads are big-endian. A load outside the
 * frame drops it.
 */

/** One instruction as the kernel takes it (`struct sock_filter`). */
export interface BpfInstruction {
  /** Operation, 16 bits. */
  readonly code: number;
  /** Instructions to skip when a test holds, 8 bits. */
  readonly jt: number;
  /** Instructions to skip when it does not, 8 bits. */
  readonly jf: number;
  /** Operand, 32 bits unsigned. */
  readonly k: number;
}

/** What A is compared by: `&` asks whether any of the bits is set. */
export type BpfTest = "==" | ">" | ">=" | "&";

/** What is done to A. */
export type BpfOperator = "+" | "-" | "*" | "/" | "|" | "&" | "<<" | ">>" | "%" | "^";

/** One line of a program. */
export type BpfStatement =
  | { readonly do: "instruction"; readonly code: number; readonly k: number }
  | { readonly do: "label"; readonly name: string }
  | { readonly do: "jump"; readonly to: string }
  | {
      readonly do: "branch";
      readonly code: number;
      readonly k: number;
      readonly ifTrue: string | undefined;
      readonly ifFalse: string | undefined;
    };

/** Most instructions that the kernel takes. */
export const MAXIMUM_INSTRUCTIONS = 4096;

/** Most bytes of a frame that {@link accept} hands on by default: all of it. */
export const WHOLE_FRAME = 0x40000;

const LD = 0x00;
const LDX = 0x01;
const ALU = 0x04;
const JMP = 0x05;
const RET = 0x06;
const MISC = 0x07;
const WORD = 0x00;
const HALF = 0x08;
const BYTE = 0x10;
const BY_X = 0x08;
const IMMEDIATE = 0x00;
const ABSOLUTE = 0x20;
const INDEXED = 0x40;
const LENGTH = 0x80;
const HEADER_LENGTH = 0xa0;

const TESTS: Readonly<Record<BpfTest, number>> = { "==": 0x10, ">": 0x20, ">=": 0x30, "&": 0x40 };
const OPERATORS: Readonly<Record<BpfOperator, number>> = {
  "+": 0x00,
  "-": 0x10,
  "*": 0x20,
  "/": 0x30,
  "|": 0x40,
  "&": 0x50,
  "<<": 0x60,
  ">>": 0x70,
  "%": 0x90,
  "^": 0xa0,
};

/** Facts that the kernel keeps beside the frame, as offsets for {@link loadFact} (SKF_AD_ in <linux/filter.h>). */
export const Fact = {
  /** EtherType, as the kernel sees it. */
  protocol: 0,
  /** `PacketType` of sockaddr.ts. */
  packetType: 4,
  interfaceIndex: 8,
  /** The VLAN tag that was taken off the frame; meaningful where `vlanTagPresent`. */
  vlanTag: 44,
  /**
   * 1 if a VLAN tag was taken off the frame: it is then not of this interface's own network. Only on a socket for ETH_P_ALL;
   * on one for a single EtherType the kernel forgets the tag and makes the packet type `otherHost` instead.
   */
  vlanTagPresent: 48,
} as const;

const FACTS = 0xfffff000;

/** A = 1 byte of the frame at `offset`. */
export function loadU8(offset: number): BpfStatement {
  return instruction(LD | BYTE | ABSOLUTE, offset);
}
/** A = 2 bytes of the frame at `offset`. */
export function loadU16(offset: number): BpfStatement {
  return instruction(LD | HALF | ABSOLUTE, offset);
}
/** A = 4 bytes of the frame at `offset`. */
export function loadU32(offset: number): BpfStatement {
  return instruction(LD | WORD | ABSOLUTE, offset);
}
/** A = 1 byte of the frame at X + `offset`. */
export function loadU8AtX(offset: number): BpfStatement {
  return instruction(LD | BYTE | INDEXED, offset);
}
/** A = 2 bytes of the frame at X + `offset`. */
export function loadU16AtX(offset: number): BpfStatement {
  return instruction(LD | HALF | INDEXED, offset);
}
/** A = 4 bytes of the frame at X + `offset`. */
export function loadU32AtX(offset: number): BpfStatement {
  return instruction(LD | WORD | INDEXED, offset);
}
/** A = `value`. */
export function loadValue(value: number): BpfStatement {
  return instruction(LD | WORD | IMMEDIATE, value);
}
/** A = length of the frame. */
export function loadLength(): BpfStatement {
  return instruction(LD | WORD | LENGTH, 0);
}
/** A = one of the facts beside the frame, for example `Fact.vlanTagPresent`. */
export function loadFact(fact: number): BpfStatement {
  return instruction(LD | WORD | ABSOLUTE, FACTS + fact);
}
/** X = 4 times the low four bits of the byte at `offset`: the length of an IPv4 header. */
export function loadHeaderLengthToX(offset: number): BpfStatement {
  return instruction(LDX | BYTE | HEADER_LENGTH, offset);
}
/** X = `value`. */
export function loadValueToX(value: number): BpfStatement {
  return instruction(LDX | WORD | IMMEDIATE, value);
}
/** A = A `operator` `value`. */
export function compute(operator: BpfOperator, value: number): BpfStatement {
  return instruction(ALU | OPERATORS[operator], value);
}
/** A = A `operator` X. A shift by more than 31 is undefined. */
export function computeByX(operator: BpfOperator): BpfStatement {
  return instruction(ALU | OPERATORS[operator] | BY_X, 0);
}
/** X = A. */
export function moveToX(): BpfStatement {
  return instruction(MISC | 0x00, 0);
}
/** A = X. */
export function moveFromX(): BpfStatement {
  return instruction(MISC | 0x80, 0);
}
/** A place to jump to. */
export function label(name: string): BpfStatement {
  return { do: "label", name };
}
/** Goes on at `to`. */
export function jump(to: string): BpfStatement {
  return { do: "jump", to };
}
/** Goes on at `to` if A `test` `value` holds, else with the next statement. */
export function jumpIf(test: BpfTest, value: number, to: string): BpfStatement {
  return { do: "branch", code: JMP | TESTS[test], k: value, ifTrue: to, ifFalse: undefined };
}
/** Goes on at `to` unless A `test` `value` holds, else with the next statement. */
export function jumpUnless(test: BpfTest, value: number, to: string): BpfStatement {
  return { do: "branch", code: JMP | TESTS[test], k: value, ifTrue: undefined, ifFalse: to };
}
/** Ends: the frame is delivered, cut to `bytes`. */
export function accept(bytes: number = WHOLE_FRAME): BpfStatement {
  return instruction(RET, bytes);
}
/** Ends: the frame is dropped. */
export function drop(): BpfStatement {
  return instruction(RET, 0);
}

function instruction(code: number, k: number): BpfStatement {
  return { do: "instruction", code, k };
}

/**
 * Turns statements into instructions.
 *
 * @throws RangeError for a program that the kernel would refuse: a jump to nowhere, backwards or too far, a label set twice,
 *   an operand that is not an unsigned 32-bit integer, no end, or more than 4096 instructions.
 */
export function assemble(statements: readonly BpfStatement[]): readonly BpfInstruction[] {
  const places = placesOf(statements);
  const program: BpfInstruction[] = [];
  for (const statement of statements) {
    if (statement.do === "label") continue;
    const skip = (to: string | undefined, most: number): number =>
      to === undefined ? 0 : distance(places, program.length, to, most);
    switch (statement.do) {
      case "instruction":
        program.push({ code: statement.code, jt: 0, jf: 0, k: operand(statement.k) });
        break;
      case "jump":
        program.push({ code: JMP, jt: 0, jf: 0, k: skip(statement.to, MAXIMUM_INSTRUCTIONS) });
        break;
      case "branch": {
        const jt = skip(statement.ifTrue, 255);
        program.push({
          code: statement.code,
          jt,
          jf: skip(statement.ifFalse, 255),
          k: operand(statement.k),
        });
        break;
      }
    }
  }
  const last = program.at(-1);
  if (last === undefined || (last.code & 0x07) !== RET)
    throw new RangeError("a filter ends with accept or drop");
  if (program.length > MAXIMUM_INSTRUCTIONS)
    throw new RangeError(`a filter has at most ${MAXIMUM_INSTRUCTIONS} instructions, not ${program.length}`);
  return program;
}

/**
 * The program as bytes for the kernel, 8 an instruction, in the machine's (little-endian) order:
 *
 * ```
 *  0        2    3    4              8
 *  +--------+----+----+--------------+
 *  | code   | jt | jf | k            |
 *  +--------+----+----+--------------+
 * ```
 */
export function programBytes(program: readonly BpfInstruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  });
  return bytes;
}

/** The index of the instruction that follows each label. */
function placesOf(statements: readonly BpfStatement[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let at = 0;
  for (const statement of statements) {
    if (statement.do !== "label") at++;
    else if (places.has(statement.name)) throw new RangeError(`the label "${statement.name}" is set twice`);
    else places.set(statement.name, at);
  }
  return places;
}

function distance(places: ReadonlyMap<string, number>, from: number, to: string, most: number): number {
  const place = places.get(to);
  if (place === undefined) throw new RangeError(`there is no label "${to}"`);
  const skipped = place - from - 1;
  if (skipped < 0) throw new RangeError(`the jump to "${to}" goes backwards`);
  if (skipped > most)
    throw new RangeError(`the jump to "${to}" skips ${skipped} instructions, more than ${most}`);
  return skipped;
}

function operand(k: number): number {
  if (Number.isInteger(k) && k >= 0 && k <= 0xffffffff) return k;
  throw new RangeError(`${k} is not an unsigned 32-bit integer`);
}
