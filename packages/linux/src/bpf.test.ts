import { expect } from "chai";
import fc from "fast-check";
import { loadAddon } from "./addon.ts";
import {
  accept,
  assemble,
  type BpfStatement,
  type BpfTest,
  compute,
  computeByX,
  drop,
  Fact,
  jump,
  jumpIf,
  jumpUnless,
  label,
  loadFact,
  loadHeaderLengthToX,
  loadLength,
  loadU8,
  loadU8AtX,
  loadU16,
  loadU16AtX,
  loadU32,
  loadU32AtX,
  loadValue,
  loadValueToX,
  moveFromX,
  moveToX,
  programBytes,
} from "./bpf.ts";
import { AF_INET, SOCK_DGRAM } from "./sockaddr.ts";
import { runFilter } from "./testing/bpf-interpreter.ts";

describe("assemble", () => {
  it("makes of an EtherType filter what tcpdump makes of `arp`", () => {
    const program = assemble([
      loadU16(12),
      jumpUnless("==", 0x0806, "drop"),
      accept(),
      label("drop"),
      drop(),
    ]);
    expect(program).to.deep.equal([
      { code: 0x28, jt: 0, jf: 0, k: 12 },
      { code: 0x15, jt: 0, jf: 1, k: 0x0806 },
      { code: 0x06, jt: 0, jf: 0, k: 0x40000 },
      { code: 0x06, jt: 0, jf: 0, k: 0 },
    ]);
  });

  it("makes of a port filter what tcpdump makes of `ip and udp dst port 53`", () => {
    const program = assemble([
      loadU16(12), // EtherType
      jumpUnless("==", 0x0800, "drop"),
      loadU8(23), // IPv4 protocol
      jumpUnless("==", 17, "drop"),
      loadU16(20), // flags and fragment offset
      jumpIf("&", 0x1fff, "drop"),
      loadHeaderLengthToX(14),
      loadU16AtX(16), // UDP destination port
      jumpUnless("==", 53, "drop"),
      accept(),
      label("drop"),
      drop(),
    ]);
    const expected = `28 0 0 12,15 0 8 2048,30 0 0 23,15 0 6 17,28 0 0 20,45 4 0 8191,b1 0 0 14,48 0 0 16,15 0 1 53,6 0 0 262144,6 0 0 0`;
    const text = program.map(({ code, jt, jf, k }) => `${code.toString(16)} ${jt} ${jf} ${k}`).join(",");
    expect(text).to.equal(expected);
  });

  it("lays an instruction out in 8 bytes", () => {
    const bytes = programBytes([{ code: 0x15, jt: 1, jf: 2, k: 0x01020304 }]);
    // code (little-endian), jt, jf, k (little-endian)
    expect([...bytes]).to.deep.equal([0x15, 0x00, 0x01, 0x02, 0x04, 0x03, 0x02, 0x01]);
  });

  it("refuses what the kernel would refuse", () => {
    const padding = Array.from({ length: 256 }, () => loadU8(0));
    const wrong: readonly [string, readonly BpfStatement[], string][] = [
      ["no end", [loadU8(0)], "ends with accept or drop"],
      ["nothing", [], "ends with accept or drop"],
      ["a jump to nowhere", [jump("x"), drop()], 'no label "x"'],
      ["a jump backwards", [label("x"), loadU8(0), jump("x"), drop()], "backwards"],
      ["a branch too far", [jumpIf("==", 1, "x"), ...padding, label("x"), drop()], "256 instructions"],
      ["a label set twice", [label("x"), label("x"), drop()], "set twice"],
      ["a negative operand", [loadU8(-1), drop()], "unsigned 32-bit"],
      ["a fraction", [loadValue(0.5), drop()], "unsigned 32-bit"],
      ["too many instructions", [...Array.from({ length: 4096 }, () => loadU8(0)), drop()], "at most 4096"],
    ];
    for (const [what, statements, message] of wrong)
      expect(() => assemble(statements), what).to.throw(RangeError, message);
  });

  it("jumps further than a branch can", () => {
    const padding = Array.from({ length: 300 }, () => loadU8(0));
    const program = assemble([jump("end"), ...padding, label("end"), accept(7)]);
    expect(runFilter(program, new Uint8Array(60))).to.equal(7);
  });
});

describe("a filter", () => {
  const frame = Uint8Array.from({ length: 60 }, (_, i) => i);
  /** What A is at the end: "return A" (0x16) in place of the last instruction. */
  const resultOf = (...statements: readonly BpfStatement[]): number => {
    const program = [...assemble([...statements, drop()]).slice(0, -1), { code: 0x16, jt: 0, jf: 0, k: 0 }];
    return runFilter(program, frame);
  };

  it("loads big-endian values of the frame", () => {
    expect(resultOf(loadU8(5))).to.equal(5);
    expect(resultOf(loadU16(0))).to.equal(0x0001);
    expect(resultOf(loadU16(5), compute(">>", 8))).to.equal(5);
    expect(resultOf(loadU32(5), compute("&", 0xff))).to.equal(8);
    expect(resultOf(loadU32(5), compute(">>", 24))).to.equal(5);
    expect(resultOf(loadValueToX(10), loadU8AtX(5))).to.equal(15);
    expect(resultOf(loadValueToX(10), loadU16AtX(5), compute("&", 0xff))).to.equal(16);
    expect(resultOf(loadValueToX(10), loadU32AtX(5), compute("&", 0xff))).to.equal(18);
    expect(resultOf(loadHeaderLengthToX(5), moveFromX())).to.equal(20);
    expect(resultOf(loadLength(), compute("-", 20))).to.equal(40);
  });

  it("computes with 32 bits", () => {
    const five = loadValue(5);
    expect(resultOf(five, compute("+", 7))).to.equal(12);
    expect(resultOf(five, compute("*", 7))).to.equal(35);
    expect(resultOf(five, compute("/", 2))).to.equal(2);
    expect(resultOf(five, compute("%", 3))).to.equal(2);
    expect(resultOf(five, compute("|", 2))).to.equal(7);
    expect(resultOf(five, compute("^", 1))).to.equal(4);
    expect(resultOf(five, compute("<<", 3))).to.equal(40);
    expect(resultOf(five, compute("-", 6), compute(">>", 28))).to.equal(15);
    expect(resultOf(loadValueToX(2), five, computeByX(">>"))).to.equal(1);
    expect(resultOf(loadValueToX(31), loadValue(0x80000000), computeByX(">>"))).to.equal(1);
  });

  it("tells apart by each test", () => {
    const holds = (test: BpfTest, value: number): boolean =>
      runFilter(assemble([loadU8(5), jumpIf(test, value, "yes"), drop(), label("yes"), accept()]), frame) > 0;
    expect([holds("==", 5), holds("==", 6)]).to.deep.equal([true, false]);
    expect([holds(">", 4), holds(">", 5)]).to.deep.equal([true, false]);
    expect([holds(">=", 5), holds(">=", 6)]).to.deep.equal([true, false]);
    expect([holds("&", 4), holds("&", 2)]).to.deep.equal([true, false]);
  });

  it("drops a frame that is too short to look at", () => {
    const program = assemble([loadU16(59), accept()]);
    expect(runFilter(program, frame)).to.equal(0);
    expect(runFilter(program, new Uint8Array(61))).to.equal(61);
  });

  it("sees what the kernel knows beside the frame", () => {
    const program = assemble([
      loadFact(Fact.vlanTagPresent),
      jumpIf("==", 1, "drop"),
      accept(),
      label("drop"),
      drop(),
    ]);
    expect(program[0]).to.deep.equal({ code: 0x20, jt: 0, jf: 0, k: 0xfffff030 });
    expect(runFilter(program, frame)).to.equal(60);
    expect(runFilter(program, frame, new Map([[Fact.vlanTagPresent, 1]]))).to.equal(0);
  });

  it("is taken by the kernel whatever statements it is made of", () => {
    const addon = loadAddon();
    const fd = addon.socket(AF_INET, SOCK_DGRAM, 0);
    const offset = fc.nat(1500);
    const value = fc.integer({ min: 1, max: 31 });
    const statement = fc.oneof(
      fc
        .constantFrom(loadU8, loadU16, loadU32, loadU8AtX, loadU16AtX, loadU32AtX)
        .chain((f) => offset.map(f)),
      fc.constantFrom(Fact.protocol, Fact.packetType, Fact.interfaceIndex, Fact.vlanTag).map(loadFact),
      fc.constantFrom(loadValue, loadValueToX, loadHeaderLengthToX).chain((f) => value.map(f)),
      fc.constantFrom(loadLength, moveToX, moveFromX, drop, accept).map((f) => f()),
      fc
        .tuple(fc.constantFrom("+", "-", "*", "/", "|", "&", "<<", ">>", "%", "^"), value)
        .map(([o, v]) => compute(o, v)),
      fc.constantFrom("+", "-", "*", "/", "|", "&", "<<", ">>", "%", "^").map((o) => computeByX(o)),
      fc.tuple(fc.constantFrom("==", ">", ">=", "&"), value).map(([t, v]) => jumpIf(t, v, "end")),
      fc.tuple(fc.constantFrom("==", ">", ">=", "&"), value).map(([t, v]) => jumpUnless(t, v, "end")),
    );
    try {
      fc.assert(
        fc.property(fc.array(statement, { maxLength: 200 }), fc.uint8Array(), (statements, bytes) => {
          const program = assemble([...statements, label("end"), accept()]);
          expect(addon.attachFilter(fd, programBytes(program))).to.equal(0);
          expect(runFilter(program, bytes)).to.be.within(0, bytes.length);
        }),
      );
    } finally {
      addon.close(fd);
    }
  });
});
