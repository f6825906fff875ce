import { Fact } from "@fairlead/linux/bpf.ts";
import { runFilter } from "@fairlead/linux/testing/bpf-interpreter.ts";
import { expect } from "chai";
import fc from "fast-check";
import { hex } from "../../testing/values.ts";
import { blocksOf, isCovered, type WordBlocks } from "../word-blocks.ts";
import { arpFilter } from "./filter.ts";
import { ARP_FRAME_BYTES, writeArp } from "./packet.ts";

const set = (words: readonly number[]): WordBlocks => blocksOf(words, 512);

function frame(operation: number, sender: number, target: number): Uint8Array {
  const bytes = new Uint8Array(ARP_FRAME_BYTES);
  const [senderAddress, targetAddress] = [new Uint8Array(4), new Uint8Array(4)];
  new DataView(senderAddress.buffer).setInt32(0, sender);
  new DataView(targetAddress.buffer).setInt32(0, target);
  const mac = hex("02 00 00 00 00 0a");
  writeArp(bytes, {
    destination: mac,
    source: mac,
    operation,
    senderMac: mac,
    senderAddress,
    targetMac: mac,
    targetAddress,
  });
  return bytes;
}

const facts = (packetType: number, vlan = 0): ReadonlyMap<number, number> =>
  new Map([
    [Fact.packetType, packetType],
    [Fact.vlanTagPresent, vlan],
  ]);

describe("arpFilter", () => {
  const ours = 0xc0000264 | 0;
  const watched = 0xc00002fe | 0;
  const filter = arpFilter(set([ours]), set([ours, watched]));
  const passes = (bytes: Uint8Array, packetType = 1, vlan = 0): boolean =>
    runFilter(filter, bytes, facts(packetType, vlan)) > 0;

  it("passes requests for our addresses, broadcast or to us", () => {
    expect(passes(frame(1, 1, ours))).to.equal(true);
    expect(passes(frame(1, 1, ours), 0)).to.equal(true);
  });

  it("passes whatever claims one of our addresses", () => {
    expect(passes(frame(1, ours, 1))).to.equal(true);
    expect(passes(frame(2, ours, 1))).to.equal(true);
  });

  it("passes whatever tells of an address that is watched, and no question for it", () => {
    expect(passes(frame(1, watched, 1))).to.equal(true);
    expect(passes(frame(2, watched, 1), 0)).to.equal(true);
    expect(passes(frame(1, 1, watched))).to.equal(false);
  });

  it("keeps the questions and answers of others out", () => {
    expect(passes(frame(1, 1, ours + 1))).to.equal(false);
    expect(passes(frame(2, 1, ours))).to.equal(false);
  });

  it("keeps out what is for other hosts, of other VLANs, sent by us, or no ARP", () => {
    expect(passes(frame(1, 1, ours), 3)).to.equal(false);
    expect(passes(frame(1, 1, ours), 4)).to.equal(false);
    expect(passes(frame(1, 1, ours), 1, 1)).to.equal(false);
    const other = frame(1, 1, ours);
    other[12] = 0x86;
    expect(passes(other)).to.equal(false);
    expect(passes(frame(1, 1, ours).subarray(0, 30))).to.equal(false);
  });

  it("passes nothing if there is nothing to answer for", () => {
    expect(runFilter(arpFilter(set([]), set([])), frame(1, 1, ours), facts(1))).to.equal(0);
  });

  it("passes exactly what its sets have, however many", () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const words = fc.array(word, { maxLength: 200 });
    fc.assert(
      fc.property(words, words, word, word, (ofTargets, ofSenders, sender, target) => {
        const [targets, senders] = [set(ofTargets), set(ofSenders)];
        const program = arpFilter(targets, senders);
        for (const from of [...ofSenders.slice(0, 3), sender])
          for (const to of [...ofTargets.slice(0, 3), target]) {
            const known = isCovered(senders, from);
            const [request, reply] = [1, 2].map(
              (operation) => runFilter(program, frame(operation, from, to), facts(1)) > 0,
            );
            expect(request).to.equal(known || isCovered(targets, to));
            expect(reply).to.equal(known);
          }
      }),
    );
  });
});
