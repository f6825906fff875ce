import { expect } from "chai";
import type { Measurement } from "../environment.ts";
import { ADDRESS, OneSpeaker } from "../testing/one-speaker.ts";

const HIGHER = { epoch: 1, step: 1, firm: true, index: 1 };
const MINE = { epoch: 1, step: 0, firm: true, index: 0, node: 1n };

const overlaps = (speaker: OneSpeaker): readonly Measurement[] =>
  speaker.measured.filter(({ type }) => type === "Overlap");

/** A holder whose first stand-in acknowledged until now and is not heard for so long. */
function cutOff(forMs: number): OneSpeaker {
  const speaker = OneSpeaker.holding();
  speaker.hear(2n, { type: "Ack", ready: true });
  speaker.run(forMs);
  return speaker;
}

describe("two that announce one address", () => {
  it("are told by the one that gives way when the segment is whole again, with how long it lasted at most", () => {
    const speaker = cutOff(20_000);
    speaker.claim(2n, HIGHER);
    speaker.run(2000);
    expect(speaker.splits).to.deep.equal([
      { type: "SplitBrain", peer: 2n, address: ADDRESS, addresses: 1, lastedMs: 20_000 },
    ]);
    expect(overlaps(speaker)).to.deep.equal([{ type: "Overlap", lastedMs: 20_000, addresses: 1 }]);
  });

  it("are not, when the other was heard all the time: that is a hand-over", () => {
    const speaker = cutOff(1000);
    speaker.claim(2n, HIGHER);
    speaker.run(2000);
    expect(speaker.splits).to.deep.equal([]);
  });

  it("are not, when the other asked before it claimed", () => {
    const speaker = cutOff(20_000);
    speaker.hear(2n, { type: "Ask", subject: 1n, round: 1, items: [{ address: ADDRESS, claim: MINE }] });
    speaker.run(100);
    speaker.claim(2n, HIGHER);
    speaker.run(2000);
    expect(speaker.splits).to.deep.equal([]);
  });

  it("are not, when this one stood still meanwhile and answers nothing before it has asked", () => {
    const speaker = OneSpeaker.holding();
    speaker.hear(2n, { type: "Ack", ready: true });
    speaker.stall(20_000);
    speaker.claim(2n, HIGHER);
    speaker.run(2000);
    expect(speaker.done).to.include("silence").and.to.include("stop");
    expect(speaker.splits).to.deep.equal([]);
  });

  it("are not, when the path came back long before", () => {
    const speaker = cutOff(20_000);
    speaker.hear(2n, { type: "Ack", ready: true });
    for (let i = 0; i < 10; i++) {
      speaker.run(1000);
      speaker.hear(2n, { type: "Ack", ready: true });
    }
    speaker.claim(2n, HIGHER);
    speaker.run(2000);
    expect(speaker.splits).to.deep.equal([]);
  });

  it("are measured by the one that takes the address over in a hand-over, until the other agrees, once", () => {
    const speaker = new OneSpeaker([2n, 1n, 3n]);
    const items = [{ address: ADDRESS, claim: { ...MINE, node: 2n } }];
    speaker.run(400);
    speaker.hear(2n, { type: "Offer", list: [2n, 1n, 3n], items });
    expect(speaker.done).to.include("announce");
    speaker.run(7);
    const mine = { epoch: 1, step: 1, firm: true, index: 1, node: 1n };
    for (let i = 0; i < 3; i++)
      speaker.hear(2n, { type: "Yield", items: [{ address: ADDRESS, claim: mine }] });
    expect(overlaps(speaker)).to.deep.equal([{ type: "Overlap", lastedMs: 7, addresses: 1 }]);
    expect(speaker.splits).to.deep.equal([]);
  });
});
