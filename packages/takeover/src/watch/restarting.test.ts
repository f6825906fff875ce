import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { ADDRESS, mac, OneSpeaker } from "../testing/one-speaker.ts";

const KERNEL = addressOf("IPv4", 0x0a000002n);
const LIST = [2n, 1n, 3n];

/** A first stand-in of node 2, whose speaker is back and does not announce everything yet. */
class StandIn extends OneSpeaker {
  constructor() {
    super(LIST);
    const claim = { epoch: 1, step: 0, firm: true, index: 0, node: 2n };
    this.hear(2n, { type: "Claim", list: LIST, page: undefined, items: [{ address: ADDRESS, claim }] });
    this.run(400);
    this.beat(1);
  }

  /** Node 2 beats and its kernel answers for so long. */
  restarting(addresses: number, forMs: number): void {
    for (let ms = 0; ms < forMs; ms += 50) {
      if (ms % 100 === 0) this.beat(addresses, true);
      this.takeover.onSeen(KERNEL, mac(2), false);
      this.run(50);
    }
  }

  beat(addresses: number, restarting = false): void {
    const beat = { intervalMs: 100, digest: 0n, revision: 1, active: [1n] };
    this.hear(2n, { type: "Heartbeat", ...beat, addresses, restarting });
  }
}

describe("a stand-in of a node that is restarting", () => {
  it("goes on answering in its place while that one announces nothing any more that it stands in for", () => {
    const one = new StandIn();
    one.restarting(1, 200);
    expect(one.done).to.include("caretake").and.to.not.include("relieve");
    one.restarting(0, 500);
    expect(one.done).to.not.include("relieve");
    one.beat(1);
    expect(one.done).to.include("relieve");
  });

  it("has nothing to do with it any more when that one says that it announces nothing", () => {
    const one = new StandIn();
    one.restarting(1, 200);
    one.beat(0);
    expect(one.done).to.deep.equal(["caretake", "relieve"]);
  });
});
