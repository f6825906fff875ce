import type { Scenario } from "../scenario.ts";

const MOST = { longestOverlapMs: 1200, longestStrandedMs: 4000, movesPerFault: 1 };

/** What random runs failed by, made as small as it goes. */
export const FOUND: readonly Scenario[] = [
  {
    name: "two nodes without a gateway, the owner boots again before it is missed",
    world: { nodes: 2, addresses: 1, hasGateway: false },
    faults: [{ kind: "Crash", node: 1, forMs: 441, atMs: 1000 }],
    repairedMs: 4000,
    lengthMs: 12_000,
    most: MOST,
  },
  {
    name: "two nodes without a gateway, an upgrade takes place beside a partition",
    world: { nodes: 2, addresses: 1, hasGateway: false },
    faults: [
      { kind: "Drain", node: 1, forMs: 0, atMs: 1000 },
      { kind: "SpeakerDies", node: 2, forMs: 3990, cache: true, atMs: 6000 },
      { kind: "Partition", segment: 1, apart: [2], forMs: 516, atMs: 8000 },
    ],
    repairedMs: 12_000,
    lengthMs: 20_000,
    most: MOST,
  },
  {
    name: "two nodes without a gateway, the owner's link is back while the node that took over is upgraded",
    world: { nodes: 2, addresses: 1, hasGateway: false },
    faults: [
      { kind: "Cut", node: 2, segment: 1, to: 1, bothWays: true, forMs: 1471, atMs: 0 },
      { kind: "NoCarrier", node: 1, segment: 1, forMs: 7521, atMs: 1000 },
      { kind: "Upgrade", node: 2, forMs: 1238, atMs: 7000 },
    ],
    repairedMs: 10_000,
    lengthMs: 30_000,
    most: MOST,
  },
  {
    name: "one of two segments is passed on after the owner has taken the other one back",
    world: { nodes: 2, addresses: 1, segments: 2, networks: 2 },
    faults: [
      { kind: "NoApi", forMs: 2297, atMs: 1000 },
      { kind: "NoCarrier", node: 1, segment: 1, forMs: 0, atMs: 2000 },
      { kind: "Partition", segment: 1, apart: [2], forMs: 318, atMs: 3000 },
      { kind: "Partition", segment: 2, apart: [1], forMs: 506, atMs: 6000 },
    ],
    repairedMs: 8000,
    lengthMs: 20_000,
    most: MOST,
  },
  {
    name: "a stand-in that only covered ends in a break, and the owner had not heard of it",
    world: { nodes: 2, addresses: 1, hasGateway: false },
    faults: [
      { kind: "Upgrade", node: 1, forMs: 1076, atMs: 1000 },
      { kind: "Cut", node: 2, segment: 1, to: 1, bothWays: false, forMs: 3969, atMs: 2000 },
      { kind: "Cut", node: 2, segment: 1, to: 1, bothWays: true, forMs: 4893, atMs: 6000 },
      { kind: "SpeakerDies", node: 2, forMs: 0, cache: true, atMs: 10_000 },
    ],
    repairedMs: 12_000,
    lengthMs: 22_000,
    most: MOST,
  },
  {
    name: "the owner boots while the node that took over is upgraded, and resumes its old claim",
    world: { nodes: 2, addresses: 1 },
    faults: [
      { kind: "Crash", node: 1, forMs: 4148, atMs: 1000 },
      { kind: "Upgrade", node: 2, forMs: 389, atMs: 5000 },
    ],
    repairedMs: 6000,
    lengthMs: 14_000,
    most: MOST,
  },
];
