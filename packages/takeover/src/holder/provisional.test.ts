import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { ADDRESS, OneSpeaker } from "../testing/one-speaker.ts";

const OTHER = addressOf("IPv4", 0xc0000202n);
const LIST = [2n, 3n, 1n];

describe("a node that covers for two holders", () => {
  it("waits for the one that lives, and for no other, when it sees the gateway again", () => {
    const speaker = new OneSpeaker(LIST, false);
    speaker.takeover.onPlacements(
      [ADDRESS, OTHER].map((address) => ({ address, epoch: 1, list: LIST, first: false })),
    );
    const claims = [
      { address: ADDRESS, claim: { epoch: 1, step: 0, firm: true, index: 0, node: 2n } },
      { address: OTHER, claim: { epoch: 1, step: 1, firm: true, index: 1, node: 3n } },
    ];
    for (const item of claims)
      speaker.hear(item.claim.node, { type: "Claim", list: LIST, page: undefined, items: [item] });
    speaker.run(8000);
    expect(firmOf(speaker)).to.deep.equal({ [ADDRESS.text]: false, [OTHER.text]: false });

    speaker.gatewayAnswers(true);
    speaker.forget();
    for (let i = 0; i < 30; i++) {
      speaker.run(50);
      for (const { round, subject } of speaker.sentTo(3n, "Ask")) {
        const self = subject === 3n;
        const tell = { subject, round, ready: false, hasDuty: false, sight: 0, items: [] } as const;
        speaker.hear(3n, { type: "Tell", ...tell, self, sinceMs: self ? 0 : 60_000 });
      }
    }
    expect(firmOf(speaker)).to.deep.equal({ [ADDRESS.text]: true, [OTHER.text]: false });
  });
});

/** Whether the newest claim to each address that was said is firm. */
function firmOf(speaker: OneSpeaker): Readonly<Record<string, boolean>> {
  const said: Record<string, boolean> = {};
  for (const { body } of speaker.sent)
    if (body.type === "Claim")
      for (const { address, claim } of body.items) if (claim.node === 1n) said[address.text] = claim.firm;
  return said;
}
