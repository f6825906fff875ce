import { expect } from "chai";
import { faults } from "./testing/judge.ts";

const advertisement = (spec: object) => ({ kind: "L2Advertisement", metadata: { name: "test" }, spec });

describe("the rules of selectors", () => {
  const cases: readonly [string, object, readonly string[]][] = [
    ["an empty selector", {}, []],
    ["labels", { matchLabels: { app: "web", "example.com/tier": "", a_b: "c.d-e_f" } }, []],
    ["In", { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] }, []],
    ["Exists", { matchExpressions: [{ key: "app", operator: "Exists", values: [] }] }, []],
    [
      "In without values",
      { matchExpressions: [{ key: "app", operator: "In" }] },
      ['.matchExpressions[0]: operator In on "app" has no values; list at least one in values'],
    ],
    [
      "NotIn with an empty list",
      { matchExpressions: [{ key: "app", operator: "NotIn", values: [] }] },
      ['.matchExpressions[0]: operator NotIn on "app" has no values; list at least one in values'],
    ],
    [
      "DoesNotExist with values",
      { matchExpressions: [{ key: "app", operator: "DoesNotExist", values: ["web"] }] },
      [
        '.matchExpressions[0]: operator DoesNotExist on "app" takes no values; remove values, or write In or NotIn',
      ],
    ],
    [
      "an unknown operator",
      { matchExpressions: [{ key: "app", operator: "Near" }] },
      [".matchExpressions[0].operator: must be equal to one of the allowed values"],
    ],
    [
      "a key with a blank",
      { matchExpressions: [{ key: "a b", operator: "Exists" }] },
      [
        '.matchExpressions[0].key: "a b" is not a label key; write a name such as "app" or "example.com/tier"',
      ],
    ],
    [
      "a label's key with a blank",
      { matchLabels: { "a b": "c" } },
      ['.matchLabels: "a b" is not a label key; write a name such as "app" or "example.com/tier"'],
    ],
    [
      "a label's value that ends in a dash",
      { matchLabels: { app: "web-" } },
      [
        '.matchLabels.app: "web-" is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
      ],
    ],
  ];
  for (const [what, selector, expected] of cases) {
    it(`${expected.length === 0 ? "take" : "refuse"} ${what}`, () => {
      expect(faults(advertisement({ nodeSelectors: [selector] }))).to.deep.equal(
        expected.map((fault) => `spec.nodeSelectors[0]${fault}`),
      );
    });
  }
});
