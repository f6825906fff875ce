import type { Measurement } from "@fairlead/takeover/environment.ts";
import { expect } from "chai";
import { Measures } from "./measures.ts";

function make() {
  const done: string[] = [];
  const measures = new Measures({
    observe: (what, ms, times) => done.push(`${what} ${ms} ms, ${times}`),
    add: (what, howMany) => done.push(`${what} ${howMany}`),
  });
  return { done, measures };
}

const missed = (heartbeats: number): Measurement => ({
  type: "Missed",
  holder: 2n,
  path: "Segment",
  heartbeats,
});

describe("Measures", () => {
  const cases: readonly (readonly [Measurement, string])[] = [
    [{ type: "Detected", found: "Taking", silentMs: 450 }, "detectedNode 450 ms, 1"],
    [{ type: "Detected", found: "Care", silentMs: 460 }, "detectedSpeaker 460 ms, 1"],
    [{ type: "TakenOver", silentMs: 470, addresses: 30 }, "takenOver 470 ms, 30"],
    [{ type: "Overlap", lastedMs: 9000, addresses: 4 }, "overlap 9000 ms, 4"],
    [{ type: "Caretaking", addresses: 5 }, "caretakings 5"],
    [{ type: "Doubt" }, "doubts 1"],
  ];
  for (const [what, counted] of cases)
    it(`counts ${what.type}${"found" in what ? ` (${what.found})` : ""}`, () => {
      const { done, measures } = make();
      measures.take("eth0", what, undefined);
      expect(done).to.deep.equal([counted]);
      expect(measures.missedNews()).to.equal(undefined);
    });

  it("adds up what was missed of each peer on each interface, and tells it only when it grew", () => {
    const { measures } = make();
    measures.take("eth0", missed(2), "worker-2");
    measures.take("eth0", missed(3), "worker-2");
    measures.take("eth1", missed(1), "worker-2");
    measures.take("eth1", missed(4), undefined);
    expect(measures.missedNews()).to.deep.equal([
      { interface: "eth0", peer: "worker-2", path: "Segment", count: 5 },
      { interface: "eth1", peer: "worker-2", path: "Segment", count: 1 },
      { interface: "eth1", peer: "other", path: "Segment", count: 4 },
    ]);
    expect(measures.missedNews()).to.equal(undefined);
  });

  it("tells no more than 64 peers apart", () => {
    const { measures } = make();
    for (let i = 0; i < 200; i++) measures.take("eth0", missed(1), `worker-${i}`);
    const told = measures.missedNews() ?? [];
    expect(told).to.have.length(65);
    expect(told.at(-1)).to.deep.equal({ interface: "eth0", peer: "other", path: "Segment", count: 136 });
  });
});
