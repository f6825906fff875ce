import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { expect } from "chai";
import { readAdvertisement } from "../placement/advertise.ts";
import { advertisement } from "../testing/objects.ts";
import { readyCondition } from "./condition.ts";

const INTERFACES = ["eth0", "eth1", "bond0"];

function told(spec: L2AdvertisementSpec, interfaces: readonly string[] = INTERFACES): string {
  const surroundings = { pools: [], nodes: [], interfaces: new Set(interfaces) };
  const { status, reason, message } = readyCondition(
    readAdvertisement(advertisement("lan", spec)),
    surroundings,
  );
  return `${status} ${reason}: ${message}`;
}

describe("the interfaces that an advertisement names", () => {
  const all = "True InEffect: Everything that it refers to is there.";
  const cases: readonly [string, L2AdvertisementSpec, string][] = [
    ["that are there are not told", { interfaces: ["eth0", "bond0"] }, all],
    [
      "by patterns are told by what these stand for, in order",
      { interfaces: ["eth*", "bond0", "b*"] },
      `${all} "eth*" stands for eth0, eth1. "b*" stands for bond0.`,
    ],
    [
      "and that no node has are told with place and cure",
      { interfaces: ["eth0", "eth7"] },
      'False UnknownInterface: spec.interfaces[1] names interface "eth7", which does not exist: no node has it; correct the name as "ip link" shows it.',
    ],
    [
      "by a pattern that stands for none are told with place and cure",
      { interfaces: ["eth*", "wan?"] },
      'False UnknownInterface: spec.interfaces[1] is the pattern "wan?", which stands for no interface of any node: correct it.',
    ],
  ];
  for (const [title, spec, expected] of cases) it(title, () => expect(told(spec)).to.equal(expected));

  it("are not judged before a speaker has reported", () => {
    expect(told({ interfaces: ["eth*", "eth7"] }, [])).to.equal(all);
  });

  it("are named up to ten for each pattern", () => {
    const many = Array.from({ length: 12 }, (_, i) => `eth${String(i).padStart(2, "0")}`);
    expect(told({ interfaces: ["e*"] }, many)).to.match(/eth08, eth09 and 2 more\.$/);
  });
});
