import { expect } from "chai";
import { node, speaker, speakerPod } from "../testing/objects.ts";
import { type NodeView, viewNode } from "./node-view.ts";
import { type Reach, ReachIndex, WIDER_AFTER_MS } from "./reach.ts";

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
    ["a node on both networks", on("lan0", "wan0"), ["narrow", "waits"]],
    ["a node on one of them", on("lan0"), ["waits"]],
    ["a node that has lost the link to one", on("lan0", "-wan0"), ["waits"]],
    ["a node on more networks than were known", on("lan0", "wan0", "san0"), ["narrow", "widest", "waits"]],
    ["a node that is gone", undefined, ["waits"]],
  ];
  for (const [what, view, expected] of cases)
    it(`are those that it would be wider for, or was: ${what}`, () => {
      const index = new ReachIndex();
      const reach = (names: readonly string[], networks: number, better: readonly string[] = []): Reach => ({
        ...{ interfaces: names, networks, better, afterMs: WIDER_AFTER_MS },
      });
      index.set("narrow", reach(["lan0", "wan0"], 1));
      index.set("wide", reach(["lan0", "wan0"], 2, ["b"]));
      index.set("widest", reach(["lan0", "wan0", "san0"], 2));
      index.set("waits", reach(["lan0", "wan0"], 1, ["a"]));
      index.set("left", reach(["lan0", "wan0"], 1));
      index.set("left", undefined);
      expect([...index.concerned("a", view)]).to.deep.equal(expected);
    });
});
