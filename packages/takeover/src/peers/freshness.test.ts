import { expect } from "chai";
import type { Header } from "../messages/message.ts";
import { Freshness } from "./freshness.ts";

const ME = 77n;

describe("freshness", () => {
  it("takes each message once, in order, on each path", () => {
    const freshness = new Freshness(ME);
    expect(freshness.judge(header(5))).to.equal(undefined);
    expect(freshness.judge(header(5))).to.equal("OutOfOrder");
    expect(freshness.judge(header(4))).to.equal("OutOfOrder");
    expect(freshness.judge(header(4, { path: "Node" }))).to.equal(undefined);
    expect(freshness.judge(header(6))).to.equal(undefined);
  });

  it("takes nothing that was meant for another process", () => {
    const freshness = new Freshness(ME);
    expect(freshness.judge(header(1, { receiverIncarnation: 0n }))).to.equal("OtherReceiver");
    expect(freshness.judge(header(1, { receiverIncarnation: 76n }))).to.equal("OtherReceiver");
    expect(freshness.incarnationOf(1n)).to.equal(0n);
  });

  it("lets a new incarnation retire the old one for good", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9));
    expect(freshness.judge(header(1, { incarnation: 3n }))).to.equal(undefined);
    expect(freshness.incarnationOf(1n)).to.equal(3n);
    expect(freshness.judge(header(1))).to.equal("Retired");
  });

  it("foresees what would become of a message, and takes note of nothing", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9));
    freshness.judge(header(5, { incarnation: 3n }));
    for (let times = 0; times < 2; times++) {
      expect(freshness.foresee(header(5, { incarnation: 3n }))).to.equal("OutOfOrder");
      expect(freshness.foresee(header(9))).to.equal("Retired");
      expect(freshness.foresee(header(6, { incarnation: 3n }))).to.equal(undefined);
      expect(freshness.foresee(header(5, { incarnation: 3n, path: "Node" }))).to.equal(undefined);
      expect(freshness.foresee(header(1, { incarnation: 4n }))).to.equal(undefined);
      expect(freshness.foresee(header(1, { receiverIncarnation: 0n }))).to.equal(undefined);
    }
    expect(freshness.incarnationOf(1n)).to.equal(3n);
    expect(freshness.judge(header(6, { incarnation: 3n }))).to.equal(undefined);
  });

  it("tells a second machine of the same name from a recording", () => {
    const freshness = new Freshness(ME);
    freshness.judge(header(9));
    freshness.judge(header(1, { incarnation: 3n }));
    // What was on its way when the old one ended may come late, in order.
    expect(freshness.judge(header(10))).to.equal("Retired");
    expect(freshness.judge(header(10))).to.equal("Retired");
    expect(freshness.judge(header(11))).to.equal("Retired");
    expect(freshness.judge(header(12))).to.equal("Duplicate");
  });
});

function header(sequence: number, more: Partial<Header> = {}): Header {
  return {
    path: "Segment",
    sender: 1n,
    incarnation: 2n,
    receiverIncarnation: ME,
    sequence,
    segment: 1,
    ...more,
  };
}
