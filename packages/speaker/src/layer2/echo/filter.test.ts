import { Fact } from "@fairlead/linux/bpf.ts";
import { runFilter } from "@fairlead/linux/testing/bpf-interpreter.ts";
import { expect } from "chai";
import { hex } from "../../testing/values.ts";
import { blocksOf, type WordBlocks } from "../word-blocks.ts";
import { DEAF, echoFilter4, echoFilter6 } from "./filter.ts";

const set = (words: readonly number[]): WordBlocks => blocksOf(words, 512);

const ICMP = hex(`
  02 00 00 00 00 02  02 00 00 00 00 0a  08 00
  45 00 00 1c  12 34 40 00  40 01 00 00  c0 00 02 02  c0 00 02 64
  08 00 00 00  be ef 00 01
`);
const ICMP6 = hex(`
  02 00 00 00 00 02  02 00 00 00 00 0a  86 dd
  60 00 00 00  00 08 3a 40
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00
  80 00 00 00  be ef 00 01
`);

const facts = (packetType: number, vlan: number): ReadonlyMap<number, number> =>
  new Map([
    [Fact.packetType, packetType],
    [Fact.vlanTagPresent, vlan],
  ]);

for (const { name, filter, frame, rows } of [
  {
    name: "echoFilter4",
    filter: echoFilter4(set([0xc0000264 | 0])),
    frame: ICMP,
    rows: [
      ["a header with options, to be counted", 14, [0x46], true],
      ["a reply", 34, [0], false],
      ["UDP", 23, [17], false],
      ["another address", 33, [0x65], false],
      ["another EtherType", 12, [0x86, 0xdd], false],
    ] as const,
  },
  {
    name: "echoFilter6",
    filter: echoFilter6(set([0x100])),
    frame: ICMP6,
    rows: [
      ["a reply", 54, [129], false],
      ["a solicitation", 54, [135], false],
      ["UDP", 20, [17], false],
      ["another address", 53, [1], false],
      ["another EtherType", 12, [0x08, 0x00], false],
    ] as const,
  },
])
  describe(name, () => {
    const passes = (bytes: Uint8Array, packetType = 0, vlan = 0): boolean =>
      runFilter(filter, bytes, facts(packetType, vlan)) > 0;

    it("passes requests for our addresses that are sent to us alone", () => {
      expect(passes(frame)).to.equal(true);
      for (const packetType of [1, 2, 3, 4]) expect(passes(frame, packetType)).to.equal(false);
      expect(passes(frame, 0, 1), "of a VLAN").to.equal(false);
      expect(passes(frame.subarray(0, 30)), "cut off").to.equal(false);
    });

    for (const [what, offset, bytes, passed] of rows)
      it(`${passed ? "passes" : "keeps out"} ${what}`, () => {
        const other = frame.slice();
        other.set(bytes, offset);
        expect(passes(other)).to.equal(passed);
      });

    it("passes nothing while deaf", () => {
      expect(runFilter(DEAF, frame, facts(0, 0))).to.equal(0);
    });
  });
