import { expect } from "chai";
import fc from "fast-check";
import { SchemaChecker } from "../schema/check.ts";
import { poolOf, serviceOf } from "../testing/found.ts";
import { reportJson } from "./report-json.ts";
import { reportText } from "./report-text.ts";
import { type FileBytes, validate } from "./validate.ts";

const GOOD = `${poolOf("addresses: &a [198.51.100.0/28, '2001:db8::/64']", "exclude: *a", "serviceAllocation:", "  namespaceSelectors: [{matchLabels: {a: b}}]")}---\n${serviceOf({ "fairlead.dev/loadBalancerIPs": "198.51.100.7,2001:db8::1" }, "ipFamilyPolicy: PreferDualStack")}`;

const checker = new SchemaChecker();

/** The lines and columns that are told must be in the file. */
function check(file: FileBytes): void {
  const report = validate([file], checker);
  const lines = new TextDecoder().decode(file.bytes).split("\n");
  for (const { line, column } of report.findings) {
    expect(line).to.be.within(1, lines.length);
    expect(column).to.be.greaterThan(0);
  }
  reportText(report);
  JSON.parse(reportJson(report));
}

const fileOf = (text: string): FileBytes => ({ file: "a", bytes: new TextEncoder().encode(text) });

describe("whatever a file holds, validating it never throws:", () => {
  it("bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check({ file: "a", bytes })),
      { numRuns: 200 },
    );
  });

  it("text of the characters that mean something", () => {
    const token = fc.constantFrom(
      ..."{}[]:-,#&*!|>'\"%@`?~ \t\n\r".split(""),
      "- ",
      ": ",
      "\n---\n",
      "...",
      "<<: ",
      "&a ",
      "*a",
      "{{ x }}",
      "kind: ",
      "IPAddressPool",
      "Service",
      "apiVersion: fairlead.dev/v1beta1",
      "apiVersion: v1",
      "spec: ",
      "metadata: ",
      "name: ",
      "addresses: ",
      "198.51.100.0/24",
      "\n  ",
      "items: ",
      "kind: List",
      "\u200b",
      "\ufeff",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 60 }), (tokens) => check(fileOf(tokens.join("")))),
      { numRuns: 300 },
    );
  });

  it("a good file in which something was cut, repeated or replaced", () => {
    const at = fc.nat(GOOD.length);
    const put = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom("\n", "\t", "{", "[", "'", '"', "- ", "*a", "null", "---\n"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(at, at, put), { maxLength: 4 }), (edits) => {
        const text = edits.reduce(
          (now, [from, to, what]) => now.slice(0, from) + what + now.slice(Math.min(to, from + 12)),
          GOOD,
        );
        check(fileOf(text));
      }),
      { numRuns: 150 },
    );
  });

  it("objects of our kinds with anything in their fields", () => {
    const anything = fc.jsonValue({ maxDepth: 3 });
    const value = fc.oneof(
      anything,
      fc.constantFrom<unknown>("198.51.100.0/24", ["198.51.100.1"], {}, [], [{}]),
    );
    const fields = fc.dictionary(
      fc.constantFrom(
        "addresses",
        "exclude",
        "serviceAllocation",
        "ipAddressPools",
        "nodeSelectors",
        "interfaces",
        "preferredNodeSelectors",
        "address",
        "claim",
        "services",
        "type",
        "clusterIPs",
        "ipFamilies",
        "ports",
        "loadBalancerIP",
        "__proto__",
        "constructor",
      ),
      value,
    );
    const object = fc.record(
      {
        apiVersion: fc.constantFrom<unknown>("fairlead.dev/v1beta1", "metallb.io/v1beta1", "v1", 7),
        kind: fc.constantFrom<unknown>(
          "IPAddressPool",
          "L2Advertisement",
          "VirtualIP",
          "Speaker",
          "Service",
          "ConfigMap",
          "List",
          {},
        ),
        metadata: fc.oneof(
          anything,
          fc.record({ name: value, labels: value, annotations: value, namespace: value }),
        ),
        spec: fc.oneof(
          anything,
          fields,
          fields.map((one) => ({ ...one, type: "LoadBalancer" })),
        ),
        items: fc.array(anything),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(object, { maxLength: 3 }), (objects) =>
        check(fileOf(objects.map((one) => JSON.stringify(one)).join("\n---\n"))),
      ),
      { numRuns: 150 },
    );
  });

  it("many files that say the same", () => {
    const files = Array.from({ length: 50 }, (_, i) => ({ ...fileOf(GOOD), file: `f${i}` }));
    expect(validate(files, checker).findings.filter(({ severity }) => severity === "error")).to.have.length(
      98,
    );
  });
});

describe("a file that is made to cost much", () => {
  const files: readonly [what: string, text: string, told: string][] = [
    [
      "very many unknown fields",
      poolOf(...Array.from({ length: 20_000 }, (_, i) => `a${i}: 1`)),
      "more here than an object",
    ],
    [
      "a very long list",
      poolOf("addresses:", ...Array.from({ length: 20_000 }, (_, i) => `- 10.0.${i >> 8}.${i & 255}`)),
      "more here than an object",
    ],
    [
      "long lists in lists",
      poolOf(
        `serviceAllocation: ${JSON.stringify({ serviceSelectors: Array.from({ length: 600 }, () => ({ matchExpressions: Array.from({ length: 100 }, () => 0) })) })}`,
      ),
      "more here than an object",
    ],
    [
      "a long text of placeholders that do not end",
      poolOf(`addresses: ["${"${a".repeat(100_000)}"]`),
      "is not a number from 0 to 255",
    ],
    [
      "very many documents that cannot be read",
      "a: b: c\n---\n".repeat(10_100),
      "more than 10000 things were found",
    ],
  ];
  for (const [what, text, told] of files) {
    it(`is told so and costs little: ${what}`, () => {
      const { findings } = validate([fileOf(text)], checker);
      expect(findings.some(({ message }) => message.includes(told))).to.equal(true);
      expect(findings.every(({ message }) => message.length <= 1000)).to.equal(true);
    }).timeout(60_000);
  }
});
