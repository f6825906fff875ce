import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { expect } from "chai";
import { advertisement, node, speakerPod } from "../testing/objects.ts";
import { readAdvertisement } from "./advertise.ts";
import { FailbackIndex } from "./failback.ts";
import { type NodeView, viewNode } from "./node-view.ts";

const preferring = (name: string, rack: string, weight: number) => {
  const preference = { matchLabels: { rack } };
  const spec: L2AdvertisementSpec = { preferredNodeSelectors: [{ weight, preference }] };
  return readAdvertisement(advertisement(name, spec));
};
const first = preferring("first", "1", 10);
const second = preferring("second", "2", 20);

function inRack(rack: string): NodeView {
  return viewNode(node("a", { labels: { rack } }), {
    pods: [speakerPod("a")],
    report: undefined,
    patient: false,
  });
}

function index(): FailbackIndex {
  const failbacks = new FailbackIndex();
  failbacks.set("under-first", { afterMs: 0, weight: 0, advertisements: [first], better: [] });
  failbacks.set("under-both", { afterMs: 0, weight: 10, advertisements: [first, second], better: [] });
  failbacks.set("on-the-best", { afterMs: 0, weight: 20, advertisements: [first, second], better: [] });
  failbacks.set("was-better", { afterMs: 0, weight: 99, advertisements: [first], better: ["a"] });
  return failbacks;
}

describe("addresses that a node's change concerns because they go back", () => {
  const cases: readonly [string, NodeView | undefined, readonly string[]][] = [
    ["a node that an advertisement prefers", inRack("1"), ["under-first", "was-better"]],
    ["a node that one of several prefers", inRack("2"), ["under-both", "was-better"]],
    ["a node that none prefers", inRack("3"), ["was-better"]],
    ["a node that is gone", undefined, ["was-better"]],
  ];
  for (const [what, view, expected] of cases) {
    it(`are those for which it is, or was, better: ${what}`, () => {
      expect([...index().concerned("a", view)]).to.deep.equal(expected);
    });
  }

  it("are found by weighing the node once for each advertisement, however many addresses there are", () => {
    let looks = 0;
    const view: NodeView = {
      ...inRack("3"),
      get labels() {
        looks++;
        return { rack: "3" };
      },
    };
    const failbacks = index();
    for (let i = 0; i < 1000; i++)
      failbacks.set(`${i}`, { afterMs: 0, weight: 20, advertisements: [first, second], better: [] });
    expect([...failbacks.concerned("a", view)]).to.deep.equal(["was-better"]);
    expect(looks).to.equal(2);
  });
});
