import { expect } from "chai";
import type { Knowledge } from "../messages/message.ts";
import { ADDRESS, GATEWAY, mac, OneSpeaker, STRANGER } from "../testing/one-speaker.ts";

const HIGHER = { epoch: 1, step: 1, firm: true, index: 1 };
const LOWER = { epoch: 1, step: 0, firm: false, index: 1 };

describe("a holder", () => {
  it("announces what is placed at its node, once nobody else does and it sees the gateway", () => {
    const speaker = new OneSpeaker([1n, 2n, 3n]);
    speaker.run(1000);
    expect(speaker.done.filter((what) => what !== "probe")).to.deep.equal(["announce"]);
  });

  it("announces nothing that is placed at it while it does not see the gateway", () => {
    const speaker = new OneSpeaker([1n, 2n, 3n], false);
    speaker.run(1000);
    expect(speaker.done).to.not.include("announce");
    expect(speaker.reports).to.include("AnchorLost");
  });

  it("Y1: yields to a higher claim and says so", () => {
    const speaker = OneSpeaker.holding();
    speaker.claim(2n, HIGHER);
    speaker.run(200);
    expect(speaker.done).to.deep.equal(["stop"]);
    expect(speaker.sentTo(2n, "Yield")).to.have.length(3);
  });

  it("Y1: does not argue about a lower claim, but shows its own, not more often than each 50 ms", () => {
    const speaker = OneSpeaker.holding();
    for (let i = 0; i < 5; i++) speaker.claim(2n, LOWER);
    expect(speaker.sentTo(2n, "Claim")).to.have.length(1);
    expect(speaker.done).to.not.include("stop");
  });

  it("Y2: takes another speaker's frame as a hint and shows its claim", () => {
    const speaker = OneSpeaker.holding();
    speaker.takeover.onSeen(ADDRESS, mac(2), true);
    expect(speaker.sentTo(2n, "Claim")).to.have.length(1);
    expect(speaker.done).to.deep.equal([]);
  });

  it("Y3: announces again when another yielded to it, once in 900 ms", () => {
    const speaker = OneSpeaker.holding();
    const items = [{ address: ADDRESS, claim: { ...HIGHER, index: 0, step: 0, node: 1n } }];
    for (let i = 0; i < 3; i++) speaker.hear(2n, { type: "Yield", items });
    expect(speaker.done).to.deep.equal(["again"]);
    speaker.run(1000);
    expect(speaker.done).to.deep.equal(["again", "again"]);
  });

  for (const [place, list, stops] of [
    ["the later one", [2n, 1n, 3n], true],
    ["the earlier one", [1n, 2n, 3n], false],
  ] as const) {
    it(`Y4: as ${place} of two that cannot hear each other ${stops ? "gives way" : "goes on"}`, () => {
      const speaker = new OneSpeaker(list);
      speaker.run(20_000);
      expect(speaker.done).to.include("announce");
      speaker.forget();
      speaker.takeover.onSeen(ADDRESS, mac(2), true);
      speaker.run(1050);
      speaker.takeover.onSeen(ADDRESS, mac(2), false);
      speaker.run(100);
      expect(speaker.done.includes("stop")).to.equal(stops);
      expect(speaker.reports).to.include("HeartbeatBlocked");
    });
  }

  for (const [knowledge, stops, claims] of [
    ["Heard", true, false],
    ["Hearsay", false, false],
    ["Silent", false, true],
  ] as const satisfies readonly (readonly [Knowledge, boolean, boolean])[]) {
    it(`Y5: ${stops ? "yields to" : claims ? "outbids" : "ignores"} a higher claim that a peer knows: ${knowledge}`, () => {
      const speaker = OneSpeaker.holding();
      const items = [{ address: ADDRESS, claim: { ...HIGHER, node: 3n }, knowledge }];
      speaker.hear(2n, { type: "Known", list: [1n, 2n, 3n], items });
      speaker.run(300);
      expect(speaker.done.includes("stop")).to.equal(stops);
      const outbid = speaker.sentTo(2n, "Claim").some((one) => one.items[0]?.claim.step === 2);
      expect(outbid).to.equal(claims);
    });
  }

  it("Y5: does not outbid a claim without a witness that its holder is dead", () => {
    const speaker = OneSpeaker.holding([1n, 2n, 3n], false);
    const items = [{ address: ADDRESS, claim: { ...HIGHER, node: 3n }, knowledge: "Silent" as const }];
    speaker.hear(2n, { type: "Known", list: [1n, 2n, 3n], items });
    speaker.run(300);
    expect(speaker.sentTo(2n, "Claim").map(({ items }) => items[0]?.claim.step)).to.not.include(2);
  });

  it("Y5: outbids a claim whose holder says itself that it does not announce the address, though others hear it and no witness is there", () => {
    const speaker = OneSpeaker.holding([1n, 2n, 3n], false);
    const items = [{ address: ADDRESS, claim: { ...HIGHER, node: 3n }, knowledge: "Silent" as const }];
    speaker.hear(2n, { type: "Known", list: [1n, 2n, 3n], items });
    speaker.run(150);
    const round = speaker.sentTo(2n, "Ask").at(-1)?.round ?? 0;
    const tell = {
      type: "Tell",
      subject: 3n,
      round,
      hasDuty: false,
      sight: 1,
      items: [],
      ready: true,
    } as const;
    speaker.hear(2n, { ...tell, sinceMs: 50, self: false });
    speaker.hear(3n, { ...tell, sinceMs: 0, self: true });
    speaker.run(150);
    expect(speaker.done).to.not.include("stop");
    expect(speaker.sentTo(2n, "Claim").map(({ items }) => items[0]?.claim.step)).to.include(2);
  });

  it("Y6: is silent after a stall, asks, and goes on when nobody knows a higher claim", () => {
    const speaker = OneSpeaker.holding();
    speaker.stall(1000);
    speaker.takeover.check();
    expect(speaker.done).to.deep.equal(["silence"]);
    speaker.run(150);
    expect(speaker.sentTo(2n, "Query")).to.have.length(2);
    expect(speaker.done).to.deep.equal(["silence", "speak", "again"]);
  });

  it("Y6: yields in doubt, before it has answered for anything", () => {
    const speaker = OneSpeaker.holding();
    speaker.stall(1000);
    speaker.claim(2n, HIGHER);
    speaker.run(150);
    expect(speaker.done.slice(0, 3)).to.deep.equal(["silence", "stop", "speak"]);
  });

  it("Y7: defends against a stranger at once, and at most once in 10 s", () => {
    const speaker = OneSpeaker.holding();
    for (let i = 0; i < 5; i++) speaker.takeover.onSeen(ADDRESS, STRANGER, true);
    expect(speaker.done).to.deep.equal(["again"]);
    expect(speaker.reports).to.include("Conflict");
    speaker.run(10_000);
    speaker.takeover.onSeen(ADDRESS, STRANGER, true);
    expect(speaker.done.filter((what) => what === "again")).to.have.length(2);
  });

  it("Y3: announces again when a stand-in is heard that was not when it should have, for it may have announced", () => {
    const speaker = new OneSpeaker([1n, 2n, 3n]);
    speaker.run(6000);
    speaker.forget();
    for (let i = 0; i < 2; i++) speaker.hear(2n, { type: "Ack", ready: true });
    speaker.run(1000);
    expect(speaker.done).to.deep.equal(["again"]);
  });

  it("offers nothing any more when its link is back at once, so that what nobody took stays", () => {
    const speaker = OneSpeaker.holding();
    const surroundings = { anchor: GATEWAY, caretake: true };
    speaker.takeover.onSurroundings({ ...surroundings, carrier: false });
    speaker.run(100);
    expect(speaker.sent.filter(({ body }) => body.type === "Offer")).to.not.deep.equal([]);
    speaker.takeover.onSurroundings({ ...surroundings, carrier: true });
    speaker.forget();
    speaker.run(3000);
    expect(speaker.sent.filter(({ body }) => body.type === "Offer")).to.deep.equal([]);
  });
});
