import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { ADDRESS, OneSpeaker } from "../testing/one-speaker.ts";

const LIST = [1n, 2n, 3n];
/** More than are asked about in one go. */
const ADDRESSES: readonly IpAddress[] = [
  ADDRESS,
  ...Array.from({ length: 299 }, (_, i) => addressOf("IPv4", 0xc6120000n + BigInt(i))),
];
const LAST = ADDRESSES.at(-1) ?? ADDRESS;

/** Node 2 says that it knows of a claim of this node. */
function known(speaker: OneSpeaker, addresses: readonly IpAddress[], step: number, node: bigint): void {
  const claim = { epoch: 1, step, firm: true, index: 0, node };
  for (let at = 0; at < addresses.length; at += 15) {
    const items = addresses
      .slice(at, at + 15)
      .map((address) => ({ address, claim, knowledge: "Silent" as const }));
    speaker.hear(2n, { type: "Known", list: LIST, items });
  }
}

/** A speaker that announced all of them before it restarted; some of them have been asked about, and some wait for it. */
function restarted(): OneSpeaker {
  const speaker = new OneSpeaker(LIST);
  const placements = ADDRESSES.map((address) => ({ address, epoch: 1, list: LIST, first: false }));
  speaker.takeover.onPlacements(placements);
  known(speaker, ADDRESSES, 0, 1n);
  speaker.run(350);
  return speaker;
}

describe("what was announced before a restart", () => {
  const meanwhile: readonly { what: string; happens: (speaker: OneSpeaker) => void }[] = [
    { what: "nothing else happens", happens: () => {} },
    {
      what: "the controller decides anew about one that waits",
      happens: ({ takeover }) =>
        takeover.onPlacementChange([{ address: LAST, epoch: 2, list: LIST, first: false }], []),
    },
    {
      what: "one that waits turns out to have been taken by a node that is silent now",
      happens: (speaker) => known(speaker, [LAST], 1, 3n),
    },
    {
      what: "one that waits is not ours any more",
      happens: ({ takeover }) => takeover.onPlacementChange([], [LAST]),
    },
  ];
  for (const { what, happens } of meanwhile)
    it(`is announced again within a second or two though ${what}`, () => {
      const speaker = restarted();
      happens(speaker);
      expect(speaker.done).to.not.include("announce");
      speaker.run(2500);
      expect(speaker.done).to.include("announce");
      const [beat] = speaker.sentTo(2n, "Heartbeat").slice(-1);
      expect(beat?.restarting).to.equal(false);
    });
});
