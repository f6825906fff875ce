import { expect } from "chai";
import { decide, type Evidence, type Verdict } from "./decide.ts";

const SILENCE: Evidence = {
  answeredBy: "Nobody",
  kernel: false,
  holder: undefined,
  nodeBeats: false,
  hearers: [],
  mySight: 2,
};
const speaks = { sight: 2, ready: true, announces: true } as const;

/** What was seen, and the line that decides; the lines stand in the order of the table. */
const TABLE: readonly (readonly [string, Partial<Evidence>, Verdict["line"], Verdict["next"]])[] = [
  ["the holder's MAC answers", { answeredBy: "Holder" }, "Answered", "PathFault"],
  [
    "the holder's MAC answers, whatever else is seen",
    { answeredBy: "Holder", kernel: true, nodeBeats: true },
    "Answered",
    "PathFault",
  ],
  ["another speaker answers", { answeredBy: "OtherSpeaker", kernel: true }, "AnsweredByOther", "Other"],
  [
    "the holder says it does not announce it",
    { holder: { ...speaks, announces: false }, kernel: true },
    "NotAnnounced",
    "Taking",
  ],
  [
    "the holder is starting and its kernel answers",
    { holder: { ...speaks, announces: false, ready: false }, kernel: true },
    "KernelOnly",
    "Care",
  ],
  [
    "the holder is starting and cannot be caretaken",
    { holder: { ...speaks, announces: false, ready: false } },
    "NotAnnounced",
    "Taking",
  ],
  ["only the kernel answers", { kernel: true }, "KernelOnly", "Care"],
  ["the holder speaks and sees less than I do", { holder: { ...speaks, sight: 1 } }, "Conceded", "Taking"],
  ["the holder speaks and sees as much as I do", { holder: speaks }, "HolderSpeaks", "Hold"],
  ["heartbeats arrive on the node path", { nodeBeats: true }, "HolderSpeaks", "Hold"],
  [
    "a member that sees as much as I do hears it",
    { hearers: [{ node: 3n, sight: 2 }] },
    "HeardByMember",
    "Hold",
  ],
  [
    "only a member that sees less than I do hears it",
    { hearers: [{ node: 3n, sight: 1 }] },
    "Silence",
    "Taking",
  ],
  ["nothing", {}, "Silence", "Taking"],
];

describe("the confirm table", () => {
  for (const [seen, evidence, line, next] of TABLE)
    it(`${seen}: ${line}, ${next}`, () => {
      expect(decide({ ...SILENCE, ...evidence })).to.include({ line, next });
    });

  it("makes a firm claim possible without a witness only where the holder itself let go", () => {
    for (const [seen, evidence, line] of TABLE) {
      const verdict = decide({ ...SILENCE, ...evidence });
      if (verdict.next === "Taking")
        expect(verdict.conceded, seen).to.equal(line === "NotAnnounced" || line === "Conceded");
    }
  });
});
