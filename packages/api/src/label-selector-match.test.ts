import { expect } from "chai";
import fc from "fast-check";
import type { LabelSelector } from "./label-selector.ts";
import { compileSelector } from "./label-selector-match.ts";
import { selectorMatches } from "./selector-matches.ts";
import { faults } from "./testing/judge.ts";

const NOT_A_VALUE =
  'is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';

describe("a compiled selector", () => {
  it("matches what the selector matches", () => {
    const labels = { app: "web", zone: "a" };
    for (const selector of [
      {},
      { matchLabels: { app: "web" } },
      { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] },
    ] satisfies LabelSelector[]) {
      const compiled = compileSelector(selector);
      expect(compiled.ok && compiled.value(labels)).to.equal(selectorMatches(selector, labels));
      expect(compiled.ok && compiled.value(undefined)).to.equal(selectorMatches(selector, undefined));
    }
  });

  it("sees an object's own labels only", () => {
    const compiled = compileSelector({ matchExpressions: [{ key: "constructor", operator: "Exists" }] });
    expect(compiled.ok && compiled.value({ app: "web" })).to.equal(false);
    expect(compiled.ok && compiled.value({ constructor: "web" })).to.equal(true);
  });

  const refused: readonly [LabelSelector, string][] = [
    [
      { matchExpressions: [{ key: "app", operator: "In", values: [] }] },
      'matchExpressions[0]: operator In on "app" has no values; list at least one in values',
    ],
    [
      { matchExpressions: [{ key: "app", operator: "Exists", values: ["web"] }] },
      'matchExpressions[0]: operator Exists on "app" takes no values; remove values, or write In or NotIn',
    ],
    [
      { matchExpressions: [{ key: "app", operator: "Near" as "In" }] },
      'matchExpressions[0]: operator Near on "app" is unknown; write In, NotIn, Exists or DoesNotExist',
    ],
    [
      { matchExpressions: [{ key: "app", operator: "In", values: ["web", "-"] }] },
      `matchExpressions[0]: "-" ${NOT_A_VALUE}`,
    ],
    [
      { matchLabels: { "a b": "c" } },
      'matchLabels: "a b" is not a label key; write a name such as "app" or "example.com/tier"',
    ],
    [{ matchLabels: { app: "x".repeat(64) } }, `matchLabels: "${"x".repeat(64)}" ${NOT_A_VALUE}`],
    [{ matchLabels: { app: 7 as unknown as string } }, `matchLabels: 7 ${NOT_A_VALUE}`],
  ];
  for (const [selector, fault] of refused) {
    it(`does not come of ${JSON.stringify(selector)}`, () => {
      expect(compileSelector(selector)).to.deep.equal({ ok: false, error: fault });
    });
  }

  it("comes of exactly those selectors that the API server takes", () => {
    const text = fc.string({ unit: fc.constantFrom(..."aZ0-_./ "), maxLength: 6 });
    const requirement = fc.record(
      {
        key: text,
        operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
        values: fc.array(text, { maxLength: 2 }),
      },
      { requiredKeys: ["key", "operator"] },
    );
    const anySelector = fc.record(
      {
        matchLabels: fc.dictionary(text, text, { maxKeys: 2 }),
        matchExpressions: fc.array(requirement, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anySelector, (selector) => {
        const object = {
          kind: "L2Advertisement",
          metadata: { name: "test" },
          spec: { nodeSelectors: [selector] },
        };
        expect(compileSelector(selector as LabelSelector).ok).to.equal(faults(object).length === 0);
      }),
      { numRuns: 150 },
    );
  });
});
