import { expect } from "chai";
import fc from "fast-check";
import type { L2Advertisement } from "../l2-advertisement.ts";
import { selectorMatches } from "../selector-matches.ts";
import { readL2Advertisement } from "./l2-advertisement.ts";
import { problemText } from "./problem.ts";

const read = (spec: unknown) =>
  readL2Advertisement({ metadata: { name: "lan" }, spec } as unknown as L2Advertisement);

describe("an L2Advertisement as it is read", () => {
  for (const spec of [undefined, null, {}]) {
    it(`with the spec ${JSON.stringify(spec)} restricts nothing`, () => {
      expect(read(spec)).to.deep.equal({
        value: {
          name: "lan",
          ipAddressPools: [],
          ipAddressPoolSelectors: [],
          nodeSelectors: [],
          interfaces: [],
          serviceSelectors: [],
          preferredNodeSelectors: [],
          onTermination: "Move",
          failbackAfterMs: undefined,
        },
        problems: [],
        notes: [],
      });
    });
  }

  it("has what is written", () => {
    const spec = {
      ipAddressPools: ["lan"],
      ipAddressPoolSelectors: [{ matchLabels: { site: "a" } }],
      nodeSelectors: [{}],
      interfaces: ["eth0", "br-lan"],
      serviceSelectors: [{ matchExpressions: [{ key: "app", operator: "Exists" }] }],
      preferredNodeSelectors: [{ weight: 10, preference: { matchLabels: { zone: "a" } } }],
      onTermination: "Drain",
    };
    const { value, problems } = read(spec);
    expect(value).to.deep.equal({ name: "lan", ...spec, failbackAfterMs: undefined });
    expect(problems).to.deep.equal([]);
  });

  it("never widens: what cannot be read as a restriction matches nothing", () => {
    const bad = { matchExpressions: [{ key: "zone", operator: "In" }] };
    const { value, problems } = read({
      ipAddressPools: [""],
      ipAddressPoolSelectors: ["all"],
      nodeSelectors: [bad],
      interfaces: [7],
      serviceSelectors: [{ matchLabels: "app=web" }],
    });
    expect(value.ipAddressPools).to.deep.equal([""]);
    expect(value.interfaces).to.deep.equal(["7"]);
    for (const selectors of [value.ipAddressPoolSelectors, value.nodeSelectors, value.serviceSelectors]) {
      expect(selectors).to.have.length(1);
      for (const labels of [undefined, {}, { zone: "a", none: "" }]) {
        expect(selectors.some((selector) => selectorMatches(selector, labels))).to.equal(false);
      }
    }
    expect(problems.map(problemText)).to.deep.equal([
      'spec.ipAddressPools[0]: "" is not right; write a name',
      'spec.ipAddressPoolSelectors[0]: "all" is not right; write a selector with matchLabels or matchExpressions',
      'spec.nodeSelectors[0]: matchExpressions[0]: operator In on "zone" has no values; list at least one in values',
      "spec.interfaces[0]: 7 is not right; write a name",
      'spec.serviceSelectors[0]: {"matchLabels":"app=web"} is not right; write a selector with matchLabels or matchExpressions',
    ]);
  });

  it("does without a preference that cannot be read, and keeps the others", () => {
    const { value, problems } = read({
      preferredNodeSelectors: [
        { weight: 101, preference: {} },
        { weight: 5, preference: { matchLabels: { zone: "a" } } },
        { preference: {} },
        { weight: 5 },
        null,
      ],
    });
    expect(value.preferredNodeSelectors).to.deep.equal([
      { weight: 5, preference: { matchLabels: { zone: "a" } } },
    ]);
    expect(problems.map((one) => one.field)).to.deep.equal([
      "spec.preferredNodeSelectors[0].weight",
      "spec.preferredNodeSelectors[2].weight",
      "spec.preferredNodeSelectors[3].preference",
      "spec.preferredNodeSelectors[4].preference",
      "spec.preferredNodeSelectors[4].weight",
    ]);
  });

  it("moves addresses at once when it cannot be read what else is meant", () => {
    const { value, problems } = read({ onTermination: "drain" });
    expect(value.onTermination).to.equal("Move");
    expect(problems.map(problemText)).to.deep.equal([
      'spec.onTermination: "drain" is not right; write Move or Drain',
    ]);
  });
  const failbacks: readonly [string, object, number | undefined, readonly string[]][] = [
    ["none", {}, undefined, []],
    ["Never", { failback: "Never" }, undefined, []],
    ["Immediate", { failback: "Immediate" }, 0, []],
    ["Quiet without a time", { failback: "Quiet" }, 300_000, []],
    ["Quiet with a time", { failback: "Quiet", failbackAfter: "1m30s" }, 90_000, []],
    ["an unknown word", { failback: "Soon" }, undefined, ["spec.failback"]],
    ["no time", { failback: "Quiet", failbackAfter: "soon" }, undefined, ["spec.failbackAfter"]],
    ["a time without Quiet", { failbackAfter: "5m" }, undefined, ["spec.failbackAfter"]],
    ["a time with Immediate", { failback: "Immediate", failbackAfter: "5m" }, 0, ["spec.failbackAfter"]],
    ["a number", { failback: "Quiet", failbackAfter: 60 }, undefined, ["spec.failbackAfter"]],
  ];
  for (const [title, spec, expected, at] of failbacks) {
    it(`with ${title} for failback ${expected === undefined ? "moves nothing back" : `waits ${expected} ms`}`, () => {
      const { value, problems } = read(spec);
      expect(value.failbackAfterMs).to.equal(expected);
      expect(problems.map((one) => one.field)).to.deep.equal(at);
    });
  }

  it("selects nothing by a restriction that is no list", () => {
    const { value, problems } = read({ ipAddressPools: "lan", nodeSelectors: { matchLabels: {} } });
    expect(value.ipAddressPools).to.deep.equal(['"lan"']);
    expect(value.nodeSelectors.map((one) => selectorMatches(one, {}))).to.deep.equal([false]);
    expect(problems.map(problemText)).to.deep.equal([
      'spec.ipAddressPools: "lan" is not right; write a list',
      'spec.nodeSelectors: {"matchLabels":{}} is not right; write a list',
    ]);
  });

  it("is never read by throwing, whatever the object holds", () => {
    const list = fc.array(fc.anything());
    const spec = fc.record({
      ipAddressPools: list,
      nodeSelectors: list,
      interfaces: list,
      preferredNodeSelectors: list,
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), spec), (anything) => {
        read(
          JSON.parse(JSON.stringify({ anything }, (_key, value) => (typeof value === "bigint" ? 0 : value)))
            .anything,
        );
      }),
      { numRuns: 500 },
    );
  });
});
