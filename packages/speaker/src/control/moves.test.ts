import type { Announcer, Move } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { AnnouncedOn } from "../wire/messages.ts";
import { movesWith } from "./moves.ts";

const AT = "2026-03-01T12:00:00Z";
const ON: AnnouncedOn = {
  interface: "eth0",
  mac: "02:00:00:00:00:02",
  since: AT,
  epoch: 2,
  step: 0,
  provisional: false,
  reason: "Placed",
};

/** Since when nodes answer. */
const SINCE: Readonly<Record<string, string>> = {
  "worker-1": "2026-02-28T00:00:00Z",
  "worker-8": "2026-02-28T00:00:00Z",
  "worker-9": "2026-02-28T23:00:00Z",
};

const says = (node: string): Announcer => ({
  node,
  interface: "eth0",
  mac: "02:00:00:00:00:09",
  epoch: 1,
  since: SINCE[node] ?? "2026-01-01T00:00:00Z",
});

const move = (from: string, to: string, rest: Partial<Move> = {}): Move => ({
  from,
  to,
  at: "2026-02-01T00:00:00Z",
  by: "Controller",
  reason: "Move",
  ...rest,
});

interface Case {
  readonly nodes?: readonly string[];
  readonly reason?: string;
  readonly moves?: readonly Move[];
  /** Who the status said answered. */
  readonly before?: readonly string[];
  /** Who answers beside worker-1 from now on. */
  readonly beside?: readonly string[];
  readonly on?: Partial<AnnouncedOn>;
  readonly placedBefore?: string;
}

function after({ nodes = ["worker-1", "worker-2"], reason, moves, before = [], beside = [], ...rest }: Case) {
  const status = { announcers: before.map(says), ...(moves && { moves }) };
  const one = virtualIP("192.0.2.7", { nodes, epoch: 2, ...(reason !== undefined && { reason }) }, status);
  return movesWith(one, {
    node: "worker-1",
    on: { ...ON, ...rest.on },
    announcers: [...beside, "worker-1"].map(says),
    placedBefore: rest.placedBefore,
  });
}

describe("the moves of an address", () => {
  const news: readonly (readonly [string, Case, Partial<Move>])[] = [
    [
      "from who answered before, as the controller decided and for its reason",
      { before: ["worker-2"], reason: "NodeDrained" },
      { from: "worker-2", by: "Controller", reason: "NodeDrained" },
    ],
    [
      "from who answered before, as its stand-in found",
      { nodes: ["worker-2", "worker-1"], before: ["worker-2"], on: { step: 1, reason: "HolderDead" } },
      { from: "worker-2", by: "Speakers", reason: "HolderDead" },
    ],
    [
      "from the owner on record if the status says of nobody that it answers",
      { nodes: ["worker-2", "worker-1"], on: { step: 1, reason: "Offered" } },
      { from: "worker-2", by: "Speakers", reason: "Offered" },
    ],
    [
      "by the controller, whoever offered it first",
      { before: ["worker-2"], reason: "NodeCordoned", on: { reason: "Offered" } },
      { from: "worker-2", by: "Controller", reason: "NodeCordoned" },
    ],
    [
      "by the speakers if the controller has decided anew since",
      { before: ["worker-2"], reason: "Move", on: { epoch: 1, reason: "Vacant" } },
      { from: "worker-2", by: "Speakers", reason: "Vacant" },
    ],
    [
      "from where it was placed before, if who answered there has said that it does not any more",
      { placedBefore: "worker-3", reason: "Move" },
      { from: "worker-3", by: "Controller", reason: "Move" },
    ],
    [
      "from who answered on the last of several segments, once this node answers on it too",
      { before: ["worker-2", "worker-1"], reason: "MoreNetworks", placedBefore: "worker-2" },
      { from: "worker-2", by: "Controller", reason: "MoreNetworks" },
    ],
    [
      "from the holder of several segments that died, once this node has taken over the last",
      {
        nodes: ["worker-2", "worker-1"],
        before: ["worker-2", "worker-1"],
        on: { step: 1, reason: "HolderDead" },
      },
      { from: "worker-2", by: "Speakers", reason: "HolderDead" },
    ],
    [
      "from where it was placed before, if that has said that it answers on no segment any more",
      { before: ["worker-1"], placedBefore: "worker-2", reason: "Move" },
      { from: "worker-2", by: "Controller", reason: "Move" },
    ],
    [
      "from where it went last, rather than from where it was placed and never answered for",
      { moves: [move("worker-1", "worker-2")], placedBefore: "worker-3" },
      { from: "worker-2", by: "Controller", reason: "Placed" },
    ],
  ];
  for (const [what, given, expected] of news)
    it(`tell one ${what}`, () => {
      expect(after(given)).to.deep.equal([{ to: "worker-1", at: AT, ...expected }, ...(given.moves ?? [])]);
    });

  const none: readonly (readonly [string, Case])[] = [
    ["answers for the first time", {}],
    ["goes on answering", { before: ["worker-1"], moves: [move("worker-3", "worker-1")] }],
    [
      "goes on answering and one that came at the same time does not",
      { before: ["worker-1", "worker-8"], moves: [move("worker-3", "worker-1")] },
    ],
    ["goes on answering and one that came later does not", { before: ["worker-1", "worker-9"] }],
    [
      "answers on one segment more, and its placement is not followed on the others yet",
      { before: ["worker-1", "worker-2"], beside: ["worker-2"], placedBefore: "worker-2" },
    ],
    [
      "answers again and nobody else did",
      { moves: [move("worker-2", "worker-1")], placedBefore: "worker-2" },
    ],
    ["answers on one segment more", { before: ["worker-2"], beside: ["worker-2"] }],
    [
      "goes on answering and it is told already whence the address came",
      { before: ["worker-1"], moves: [move("worker-2", "worker-1")], placedBefore: "worker-2" },
    ],
  ];
  for (const [what, given] of none)
    it(`tell none when a node ${what}`, () => {
      expect(after(given)).to.deep.equal(given.moves);
    });

  it("are the last five", () => {
    const moves = [1, 2, 3, 4, 5].map((i) => move(`worker-${i}`, `worker-${i + 1}`));
    const told = after({ before: ["worker-2"], moves });
    expect(told?.map(({ to }) => to)).to.deep.equal([
      "worker-1",
      "worker-2",
      "worker-3",
      "worker-4",
      "worker-5",
    ]);
  });
});
