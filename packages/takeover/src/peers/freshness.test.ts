import { expect } from "chai";
import type { Header } from "../messages/message.ts";
import { Freshness } from "./freshness.ts";

const ME = 77n;

describe("freshness", () => {
  it("takes each message once, in order, on each path", () => {
    const freshness = new Freshness(ME);
    expect(freshness.judge(header(5), false)).to.equal(undefined);
    expect(freshness.judge(header(5), false)).to.equal("OutOfOrder");
    expect(freshness.judge(header(4), false)).to.equal("OutOfOrder");
    expect(freshness.judge(header(4, { path: "Node" }), false)).to.equal(undefined);
    expect(freshness.judge(header(6), false)).to.equal(undefined);
  });

  it("takes what may be overtaken in any order, each once", () => {
    const freshness = new Freshness(ME);
    for (const sequence of [5, 3, 4]) expect(freshness.judge(header(sequence), true)).to.equal(undefined);
    for (const sequence of [5, 3, 4]) expect(freshness.judge(header(sequence), true)).to.equal("OutOfOrder");
    expect(freshness.judge(header(2), false), "what tells a state").to.equal("OutOfOrder");
    expect(freshness.judge(header(5000), true)).to.equal(undefined);
    expect(freshness.judge(header(6), true), "older than can be remembered").to.equal("OutOfOrder");
  });

  it("takes nothing that was meant for another process", () => {
    const freshness = new Freshness(ME);
    expect(freshness.judge(header(1, { receiverIncarnation: 0n }), false)).to.equal("OtherReceiver");
    expect(freshness.judge(header(1, { receiverIncarnation: 76n }), false)).to.equal("OtherReceiver");
    expect(freshness.incarnationOf(1n)).to.equal(0n);
  });

  it("lets a new incarnation retire the old one for good", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9), false);
    expect(freshness.judge(header(1, { incarnation: 3n }), false)).to.equal(undefined);
    expect(freshness.incarnationOf(1n)).to.equal(3n);
    expect(freshness.judge(header(1), false)).to.equal("Retired");
  });

  it("foresees what would become of a message, and takes note of nothing", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9), false);
    freshness.judge(header(5, { incarnation: 3n }), false);
    for (let times = 0; times < 2; times++) {
      expect(freshness.foresee(header(5, { incarnation: 3n }))).to.equal("OutOfOrder");
      expect(freshness.foresee(header(9))).to.equal("Retired");
      expect(freshness.foresee(header(4, { incarnation: 3n })), "may be overtaken").to.equal(undefined);
      expect(freshness.foresee(header(6, { incarnation: 3n }))).to.equal(undefined);
      expect(freshness.foresee(header(5, { incarnation: 3n, path: "Node" }))).to.equal(undefined);
      expect(freshness.foresee(header(1, { incarnation: 4n }))).to.equal(undefined);
      expect(freshness.foresee(header(1, { receiverIncarnation: 0n }))).to.equal(undefined);
    }
    expect(freshness.incarnationOf(1n)).to.equal(3n);
    expect(freshness.judge(header(6, { incarnation: 3n }), false)).to.equal(undefined);
  });

  it("tells a second machine of the same name from a recording", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9), false);
    freshness.judge(header(1, { incarnation: 3n }), false);
    // What was on its way when the old one ended may come late, in order.
    expect(freshness.judge(header(10), false)).to.equal("Retired");
    expect(freshness.judge(header(10), false)).to.equal("Retired");
    expect(freshness.judge(header(11), false)).to.equal("Retired");
    expect(freshness.judge(header(12), false)).to.equal("Duplicate");
  });
});

function header(sequence: number, more: Partial<Header> = {}): Header {
  return {
    path: "Segment",
    sender: 1n,
    incarnation: 2n,
    receiverIncarnation: ME,
    sequence,
    interfaceId: 0,
    ...more,
  };
}
