import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import type { Heartbeat } from "../messages/message.ts";
import { ADDRESS, mac, OneSpeaker } from "../testing/one-speaker.ts";

const KERNEL = addressOf("IPv4", 0x0a000002n);

/** A first stand-in of node 2, which announces the address and beats. */
class StandIn extends OneSpeaker {
  constructor() {
    super([2n, 1n, 3n]);
    this.claimed();
    this.run(400);
    this.beat();
  }

  claimed(): void {
    const claim = { epoch: 1, step: 0, firm: true, index: 0, node: 2n };
    const items = [{ address: ADDRESS, claim }];
    this.hear(2n, { type: "Claim", list: [2n, 1n, 3n], page: undefined, items });
  }

  beat(rest: Partial<Heartbeat> = {}): void {
    const beat = { intervalMs: 100, addresses: 1, digest: 0n, revision: 1, restarting: false, active: [1n] };
    this.hear(2n, { type: "Heartbeat", ...beat, ...rest });
  }
}

describe("what a stand-in measures", () => {
  it("is how long after the last heartbeat it finds the node dead, and answers", () => {
    const one = new StandIn();
    one.run(1000);
    expect(one.done).to.include("announce");
    expect(one.measured).to.deep.equal([
      { type: "Detected", found: "Taking", silentMs: 450 },
      { type: "TakenOver", silentMs: 450, addresses: 1 },
    ]);
  });

  it("is how long after the last heartbeat it finds only the speaker dead, and how many addresses it takes care of; not the end of that", () => {
    const one = new StandIn();
    one.run(350);
    one.takeover.onSeen(KERNEL, mac(2), false);
    one.run(2000);
    expect(one.done).to.include("caretake").and.to.include("announce");
    expect(one.measured).to.deep.equal([
      { type: "Detected", found: "Care", silentMs: 450 },
      { type: "Caretaking", addresses: 1 },
    ]);
  });

  const gaps: readonly (readonly [string, number, number])[] = [
    ["none that is late", 170, 0],
    ["one that is missing", 200, 1],
    ["one that is missing, the next being early", 180, 1],
    ["two that are missing", 300, 2],
  ];
  for (const [what, gapMs, missed] of gaps)
    it(`is how many heartbeats did not come: ${what}`, () => {
      const one = new StandIn();
      one.run(gapMs);
      one.beat();
      const told = one.measured.map((measured) =>
        measured.type === "Missed" ? measured.heartbeats : measured,
      );
      expect(told).to.deep.equal(missed === 0 ? [] : [missed]);
    });

  it("is no heartbeat that a speaker did not send because it was restarted", () => {
    const one = new StandIn();
    one.beat({ restarting: true });
    one.run(300);
    one.takeover.onSeen(KERNEL, mac(2), false);
    one.beat();
    expect(one.measured.map(({ type }) => type)).to.deep.equal(["Caretaking"]);
  });

  it("is nothing that it did not hear because it stood still itself", () => {
    const one = new StandIn();
    one.stall(5000);
    one.beat();
    expect(one.measured).to.deep.equal([]);
  });
});

describe("a speaker that answers on the wire and cannot be heard", () => {
  it("is reported as blocked by who would stand in for it", () => {
    const one = new OneSpeaker([2n, 1n, 3n]);
    for (let i = 0; i < 60; i++) {
      one.run(100);
      one.takeover.onSeen(ADDRESS, mac(2), false);
    }
    expect(one.done).to.not.include("announce");
    expect(one.reports).to.include("HeartbeatBlocked");
  });

  it("is not, as soon as a word of it comes", () => {
    const one = new OneSpeaker([2n, 1n, 3n]);
    for (let i = 0; i < 60; i++) {
      one.run(100);
      one.hear(2n, { type: "Ack", ready: true });
      one.takeover.onSeen(ADDRESS, mac(2), false);
    }
    expect(one.reports).to.not.include("HeartbeatBlocked");
  });
});
