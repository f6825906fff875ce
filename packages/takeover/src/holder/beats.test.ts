import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { MOST_ACTIVE } from "../messages/body.ts";
import { ADDRESS, OneSpeaker } from "../testing/one-speaker.ts";

const LISTS = 60;

describe("the heartbeats of a node", () => {
  it("name those that stand in beside whoever hears them, however many there are in all", () => {
    const speaker = new OneSpeaker([1n, 2n, 3n]);
    const own = { address: ADDRESS, epoch: 1, list: [1n, 2n, 3n], first: false };
    const others = Array.from({ length: LISTS }, (_, i) => {
      const first = BigInt(100 + 3 * i);
      const address = addressOf("IPv4", 0xc6120000n + BigInt(i));
      return { address, epoch: 1, list: [1n, first, first + 1n, first + 2n], first: false };
    });
    speaker.takeover.onPlacements([...others, own]);
    speaker.run(1000);
    for (const node of new Set([own, ...others].flatMap(({ list }) => list.slice(1))))
      speaker.hear(node, { type: "Ack", ready: true });
    speaker.forget();
    speaker.run(500);
    const [beat] = speaker.sentTo(2n, "Heartbeat").slice(-1);
    expect(beat?.active).to.have.members([2n, 3n]);
    expect(3 * LISTS).to.be.greaterThan(MOST_ACTIVE);
  });
});
