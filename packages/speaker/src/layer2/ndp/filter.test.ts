import { Fact } from "@fairlead/linux/bpf.ts";
import { runFilter } from "@fairlead/linux/testing/bpf-interpreter.ts";
import { addressToBytes } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { words6 } from "../../announcements/address-key.ts";
import { address, hex } from "../../testing/values.ts";
import { blocksOf, type WordBlocks } from "../word-blocks.ts";
import { ndpFilter } from "./filter.ts";
import { ADVERTISEMENT_BYTES, writeAdvertisement } from "./packet.ts";

const set = (words: readonly number[]): WordBlocks => blocksOf(words, 512);

function frame(type: number, target: string): Uint8Array {
  const bytes = new Uint8Array(ADVERTISEMENT_BYTES);
  const any = addressToBytes(address("2001:db8::2"));
  const mac = hex("02 00 00 00 00 0a");
  writeAdvertisement(bytes, {
    destination: mac,
    source: mac,
    sourceAddress: any,
    destinationAddress: any,
    flags: 0,
    target: addressToBytes(address(target)),
    targetMac: mac,
  });
  bytes[54] = type;
  return bytes;
}

describe("ndpFilter", () => {
  const wordsOf = (...texts: readonly string[]): readonly number[] =>
    texts.map((text) => words6(address(text))[3]);
  const filter = ndpFilter(set(wordsOf("2001:db8::100")), set(wordsOf("2001:db8::100", "2001:db8::fe")));
  const passes = (bytes: Uint8Array, packetType = 2, vlan = 0): boolean =>
    runFilter(
      filter,
      bytes,
      new Map([
        [Fact.packetType, packetType],
        [Fact.vlanTagPresent, vlan],
      ]),
    ) > 0;

  it("passes solicitations for our addresses and advertisements of them", () => {
    expect(passes(frame(135, "2001:db8::100"))).to.equal(true);
    expect(passes(frame(135, "2001:db8::100"), 0)).to.equal(true);
    expect(passes(frame(136, "2001:db8::100"))).to.equal(true);
  });

  it("passes advertisements of an address that is watched, and no solicitation for it", () => {
    expect(passes(frame(136, "2001:db8::fe"))).to.equal(true);
    expect(passes(frame(135, "2001:db8::fe"))).to.equal(false);
  });

  it("passes both kinds by their own sets, however many", () => {
    const far = (from: number): readonly number[] =>
      Array.from({ length: 200 }, (_, i) => from + i * 0x10000);
    const program = ndpFilter(set(far(0x100)), set(far(0x8100)));
    const facts = new Map([
      [Fact.packetType, 2],
      [Fact.vlanTagPresent, 0],
    ]);
    const passed = (type: number, target: string): boolean =>
      runFilter(program, frame(type, target), facts) > 0;
    expect(passed(135, "2001:db8::c7:100")).to.equal(true);
    expect(passed(136, "2001:db8::c7:8100")).to.equal(true);
    expect(passed(135, "2001:db8::c7:8100")).to.equal(false);
    expect(passed(136, "2001:db8::c7:100")).to.equal(false);
  });

  it("keeps out other targets, other messages and all other traffic", () => {
    expect(passes(frame(135, "2001:db8::101"))).to.equal(false);
    expect(passes(frame(128, "2001:db8::100"))).to.equal(false);
    const tcp = frame(135, "2001:db8::100");
    tcp[20] = 6;
    expect(passes(tcp)).to.equal(false);
    expect(passes(frame(135, "2001:db8::100").subarray(0, 70))).to.equal(false);
  });

  it("keeps out what is for other hosts, of other VLANs or sent by us", () => {
    expect(passes(frame(135, "2001:db8::100"), 3)).to.equal(false);
    expect(passes(frame(135, "2001:db8::100"), 4)).to.equal(false);
    expect(passes(frame(135, "2001:db8::100"), 2, 1)).to.equal(false);
  });
});
