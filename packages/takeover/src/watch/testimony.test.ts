import { expect } from "chai";
import { ADDRESS, OneSpeaker } from "../testing/one-speaker.ts";

const CLAIM = { epoch: 1, step: 0, firm: true, index: 0, node: 2n };

/** A first stand-in of node 2, which announces the address and beats for the last time. */
function standIn(): OneSpeaker {
  const one = new OneSpeaker([2n, 1n, 3n]);
  const items = [{ address: ADDRESS, claim: CLAIM }];
  one.hear(2n, { type: "Claim", list: [2n, 1n, 3n], page: undefined, items });
  one.run(400);
  const beat = { intervalMs: 100, addresses: 1, digest: 0n, revision: 1, restarting: false, active: [1n] };
  one.hear(2n, { type: "Heartbeat", ...beat });
  return one;
}

/** What it tells node 3, which asks since when it has not heard node 2. */
function toldTo3(one: OneSpeaker): number | undefined {
  const items = [{ address: ADDRESS, claim: CLAIM }];
  one.hear(3n, { type: "Ask", subject: 2n, round: 1, items });
  one.run(200);
  return one.sentTo(3n, "Tell").at(-1)?.sinceMs;
}

describe("a stand-in that is asked since when it has not heard a holder", () => {
  it("counts from the last heartbeat", () => {
    const one = standIn();
    one.run(200);
    expect(toldTo3(one)).to.equal(200);
  });

  it("does so too when it stood still in between: a node that died meanwhile was not heard", () => {
    const one = standIn();
    one.stall(1000);
    one.run(150);
    expect(toldTo3(one)).to.be.at.least(1150);
  });
});
