import { expect } from "chai";
import { node, speaker, speakerPod } from "../testing/objects.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { ReachIndex } from "./reach.ts";

function on(...names: readonly string[]): NodeView {
  const interfaces = names.map((name, i) => ({
    name: name.replace("-", ""),
    addresses: [`192.0.${i}.11/24`],
    carrier: !name.startsWith("-"),
  }));
  return viewNode(node("a"), { pods: [speakerPod("a")], report: speaker("a", interfaces), patient: false });
}

describe("addresses that a node's change concerns because it reaches more networks", () => {
  const cases: readonly [string, NodeView | undefined, readonly string[]][] = [
    ["a node on both networks", on("lan0", "wan0"), ["narrow", "any"]],
    ["a node on one of them", on("lan0"), []],
    ["a node that has lost the link to one", on("lan0", "-wan0"), []],
    ["a node on more networks than were known", on("lan0", "wan0", "san0"), ["narrow", "any", "widest"]],
    ["a node that is gone", undefined, []],
  ];
  for (const [what, view, expected] of cases)
    it(`are those that it would be wider for: ${what}`, () => {
      const index = new ReachIndex();
      index.set("narrow", { interfaces: ["lan0", "wan0"], networks: 1 });
      index.set("wide", { interfaces: ["lan0", "wan0"], networks: 2 });
      index.set("any", { interfaces: ["*"], networks: 1 });
      index.set("widest", { interfaces: ["*"], networks: 2 });
      index.set("left", { interfaces: ["*"], networks: 1 });
      index.set("left", undefined);
      expect([...index.concerned(view)]).to.deep.equal(expected);
    });
});
