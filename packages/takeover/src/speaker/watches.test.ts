import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { ADDRESS, mac, OneSpeaker } from "../testing/one-speaker.ts";

const LIST = [2n, 1n, 3n];
const OTHER = addressOf("IPv4", 0xc0000202n);
const KERNEL = addressOf("IPv4", 0x0a000002n);

describe("addresses of a dead speaker that nobody stood in for", () => {
  it("are all answered for in its place, not only the first", () => {
    const speaker = new OneSpeaker(LIST);
    speaker.takeover.onPlacements([]);
    speaker.takeover.onPlacements(
      [OTHER, ADDRESS].map((address) => ({ address, epoch: 1, list: LIST, first: false })),
    );
    const claim = { epoch: 1, step: 0, firm: true, index: 0, node: 2n };
    const items = [OTHER, ADDRESS].map((address) => ({ address, claim, knowledge: "Silent" as const }));
    speaker.hear(3n, { type: "Known", list: LIST, items });
    for (let i = 0; i < 300; i++) {
      speaker.run(10);
      speaker.takeover.onSeen(KERNEL, mac(2), false);
    }
    expect(speaker.done).to.include("caretake");
    expect(speaker.done).to.not.include("announce");
  });
});
