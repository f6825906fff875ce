import { expect } from "chai";
import type { LabelSelector } from "./label-selector.ts";
import { anySelectorMatches, selectorMatches } from "./selector-matches.ts";

describe("label selectors", () => {
  const labels = { app: "web", tier: "front" };
  const cases: readonly [string, LabelSelector, boolean][] = [
    ["an empty selector matches everything", {}, true],
    ["a label with the value", { matchLabels: { app: "web" } }, true],
    ["a label with another value", { matchLabels: { app: "db" } }, false],
    ["all labels are needed", { matchLabels: { app: "web", zone: "a" } }, false],
    ["In", { matchExpressions: [{ key: "app", operator: "In", values: ["db", "web"] }] }, true],
    ["In without values", { matchExpressions: [{ key: "app", operator: "In" }] }, false],
    ["In on an absent label", { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, false],
    ["NotIn", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, false],
    [
      "NotIn on an absent label",
      { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] },
      true,
    ],
    ["Exists", { matchExpressions: [{ key: "tier", operator: "Exists" }] }, true],
    ["Exists on an absent label", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
    ["DoesNotExist", { matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] }, false],
    [
      "labels and expressions together",
      { matchLabels: { app: "web" }, matchExpressions: [{ key: "zone", operator: "Exists" }] },
      false,
    ],
  ];
  for (const [name, selector, matches] of cases) {
    it(`${name}: ${matches}`, () => expect(selectorMatches(selector, labels)).to.equal(matches));
  }

  it("no list of selectors restricts nothing, a list that matches nothing admits nobody", () => {
    expect(anySelectorMatches(undefined, labels)).to.equal(true);
    expect(anySelectorMatches([], labels)).to.equal(true);
    expect(anySelectorMatches([{ matchLabels: { app: "db" } }], labels)).to.equal(false);
    expect(anySelectorMatches([{ matchLabels: { app: "db" } }, {}], undefined)).to.equal(true);
  });
});
