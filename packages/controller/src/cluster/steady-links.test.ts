import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { viewNode } from "../placement/node-view.ts";
import { node, speaker, speakerPod } from "../testing/objects.ts";
import { LINKS_STEADY_AFTER_MS, SteadyLinks } from "./steady-links.ts";

describe("the links of a node", () => {
  const on = (...interfaces: readonly (readonly [string, ...string[]])[]) => {
    const report = speaker(
      "a",
      interfaces.map(([name, ...addresses]) => ({ name, addresses })),
    );
    return viewNode(node("a"), { pods: [speakerPod("a")], report, patient: false }).interfaces;
  };
  const lan = ["lan0", "192.0.2.11/24"] as const;
  const wan = ["wan0", "203.0.113.11/24"] as const;
  type Step = readonly [ms: number, interfaces: ReturnType<typeof on>, steady: boolean];

  const cases: readonly [string, readonly Step[]][] = [
    ["are steady when the node is seen first", [[0, on(lan, wan), true]]],
    [
      "are steady once the last of them has been there for the time",
      [
        [0, on(lan), true],
        [0, on(lan, wan), false],
        [LINKS_STEADY_AFTER_MS - 1, on(lan, wan), false],
        [1, on(lan, wan), true],
      ],
    ],
    [
      "are steady when one is lost, and not when it is back",
      [
        [0, on(lan, wan), true],
        [0, on(lan), true],
        [1, on(lan, wan), false],
      ],
    ],
    [
      "are not steady when one gets its address, or another one",
      [
        [0, on(lan, ["wan0"]), true],
        [0, on(lan, wan), false],
        [LINKS_STEADY_AFTER_MS, on(lan, wan), true],
        [0, on(lan, ["wan0", "198.51.100.11/24"]), false],
      ],
    ],
    [
      "are as steady with one more address of the same subnet",
      [
        [0, on(lan), true],
        [0, on([...lan, "192.0.2.12/24"]), true],
      ],
    ],
  ];
  for (const [title, steps] of cases)
    it(title, () => {
      const clock = new FakeClock();
      const links = new SteadyLinks(clock, () => {});
      for (const [ms, interfaces, expected] of steps) {
        clock.advance(ms);
        expect(links.set("a", interfaces)).to.equal(expected);
      }
    });

  it("are told to be steady once, unless the node is gone by then", () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const links = new SteadyLinks(clock, (name) => told.push(name));
    for (const name of ["a", "b", "c"]) links.set(name, on(lan));
    for (const name of ["a", "b"]) links.set(name, on(lan, wan));
    links.delete("b");
    clock.advance(10 * LINKS_STEADY_AFTER_MS);
    expect(told).to.deep.equal(["a"]);
  });
});
