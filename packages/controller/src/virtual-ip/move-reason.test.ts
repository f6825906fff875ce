import { expect } from "chai";
import type { NodeView } from "../placement/node-view.ts";
import { type Leaving, type MoveReason, moveReason } from "./move-reason.ts";

const NODE: NodeView = {
  name: "node-a",
  labels: {},
  fault: undefined,
  cordoned: false,
  keeps: true,
  settled: true,
  steady: true,
  drained: false,
  proxyUnhealthy: false,
  speaker: "Running",
  interfaces: [],
  dark: [],
};

describe("the reason for which an address leaves a node", () => {
  const cases: readonly (readonly [string, Partial<Leaving>, MoveReason])[] = [
    ["what forbids it there", { left: "NodeNotReady" }, "NodeNotReady"],
    [
      "what forbids it there, though a person wants it elsewhere",
      { left: "NoLocalEndpoint", wanted: true },
      "NoLocalEndpoint",
    ],
    ["a person's wish", { wanted: true }, "Move"],
    ["a person's wish, of a cordoned node too", { wanted: true, node: { ...NODE, cordoned: true } }, "Move"],
    ["that the node is gone", { node: undefined }, "NodeGone"],
    [
      "that it is drained, which counts as cordoned",
      { node: { ...NODE, cordoned: true, drained: true } },
      "NodeDrained",
    ],
    [
      "that its kube-proxy is unhealthy, which counts as cordoned",
      { node: { ...NODE, cordoned: true, proxyUnhealthy: true } },
      "ProxyUnhealthy",
    ],
    ["that it is cordoned", { node: { ...NODE, cordoned: true } }, "NodeCordoned"],
    [
      "that it is cordoned, though another reaches more networks",
      { node: { ...NODE, cordoned: true }, mends: true },
      "NodeCordoned",
    ],
    ["that another reaches more networks", { mends: true }, "MoreNetworks"],
    ["that another is better", {}, "Preferred"],
  ];
  for (const [what, given, reason] of cases)
    it(`is ${what}`, () => {
      expect(moveReason({ node: NODE, left: undefined, wanted: false, mends: false, ...given })).to.equal(
        reason,
      );
    });
});
