import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { ADDRESS, mac, OneSpeaker, STRANGER } from "../testing/one-speaker.ts";

/** A speaker that is given an address which nobody announced yet. */
function given(): OneSpeaker {
  const speaker = new OneSpeaker([1n, 2n, 3n]);
  speaker.takeover.onPlacements([{ address: ADDRESS, epoch: 2, list: [1n, 2n, 3n], first: true }]);
  // It hears first of what others have, for 0.3 s.
  speaker.run(350);
  return speaker;
}

/** Node 2 takes part in the round that runs. */
function tells(speaker: OneSpeaker): void {
  const round = speaker.sentTo(2n, "Ask").at(-1)?.round ?? 0;
  const tell = {
    subject: 1n,
    round,
    sinceMs: 0,
    ready: true,
    hasDuty: false,
    sight: 0,
    self: false,
    items: [],
  } as const;
  speaker.hear(2n, { type: "Tell", ...tell });
}

describe("an address that nobody announced yet", () => {
  it("is announced when nobody answers for it for 0.6 s", () => {
    const speaker = given();
    speaker.run(500);
    expect(speaker.done).to.not.include("announce");
    speaker.run(200);
    expect(speaker.done).to.include("announce");
    expect(speaker.reports).to.deep.equal([]);
  });

  it("is not announced while a stranger answers for it", () => {
    const speaker = given();
    speaker.takeover.onSeen(ADDRESS, STRANGER, false);
    speaker.run(1000);
    expect(speaker.done).to.not.include("announce");
    expect(speaker.reports).to.include("Conflict");
    speaker.run(3000);
    expect(speaker.done).to.include("announce");
  });

  it("is announced though a node answers whose speaker does not claim it, which is reported", () => {
    const speaker = given();
    speaker.takeover.onSeen(ADDRESS, mac(2), false);
    tells(speaker);
    speaker.run(1000);
    expect(speaker.done).to.include("announce");
    expect(speaker.reports).to.deep.equal(["AnsweredByNode"]);
  });

  it("is no reason for a report if the speaker of the node that answers may not be heard, or claims it", () => {
    const silent = given();
    silent.takeover.onSeen(ADDRESS, mac(2), false);
    silent.run(1000);
    expect(silent.reports).to.not.include("AnsweredByNode");
    const claimed = given();
    claimed.claim(2n, { epoch: 1, step: 0, firm: true, index: 1 });
    claimed.takeover.onSeen(ADDRESS, mac(2), false);
    tells(claimed);
    claimed.run(1000);
    expect(claimed.reports).to.not.include("AnsweredByNode");
  });
});

describe("an address that is placed here while the gateway does not answer", () => {
  function alone(placement: {
    readonly list?: readonly bigint[];
    readonly nowhereElse?: boolean;
  }): OneSpeaker {
    const speaker = new OneSpeaker([1n], false);
    const given = { address: ADDRESS, epoch: 2, list: [1n], first: false, nowhereElse: true, ...placement };
    speaker.takeover.onPlacements([given]);
    return speaker;
  }

  it("is announced after three rounds by the only node that may have it", () => {
    const speaker = alone({});
    speaker.run(1500);
    expect(speaker.done).to.not.include("announce");
    speaker.run(2500);
    expect(speaker.done).to.include("announce");
    expect(speaker.reports).to.include("AnchorLost");
  });

  it("is not if another node may have it, or does by the record or by the wire", () => {
    const answered = alone({});
    for (let i = 0; i < 100; i++) {
      answered.takeover.onSeen(ADDRESS, mac(2), false);
      answered.run(50);
    }
    const others = [alone({ list: [1n, 2n] }), alone({ nowhereElse: false })];
    for (const speaker of others) speaker.run(5000);
    for (const speaker of [...others, answered]) {
      expect(speaker.done).to.not.include("announce");
      expect(speaker.reports).to.include("AnchorLost");
    }
  });
});

describe("an address that nobody announces", () => {
  it("is asked about though thousands that are placed here are asked about again and again", () => {
    const speaker = new OneSpeaker([2n, 1n, 3n], false);
    const placed = Array.from({ length: 2600 }, (_, i) => {
      const address = addressOf("IPv4", 0xc6120000n + BigInt(i));
      return { address, epoch: 2, list: [1n, 2n, 3n], first: false };
    });
    speaker.takeover.onPlacementChange(placed, []);
    speaker.run(2300);
    // Those placed here wait for the gateway, which does not answer.
    expect(speaker.reports).to.include("AnchorLost");
    expect(speaker.done).to.include("announce");
  });
});
