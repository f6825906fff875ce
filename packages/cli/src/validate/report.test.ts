import { expect } from "chai";
import { fileOf, poolOf, serviceOf } from "../testing/found.ts";
import { reportJson } from "./report-json.ts";
import { reportText } from "./report-text.ts";
import { validate } from "./validate.ts";

const POOLS = `${poolOf("adresses: []", "addresses:", "- 198.51.100.10/29", "- 2001:db8::/64", "avoidBuggyIPs: true")}---
apiVersion: apps/v1
kind: Deployment
---
${serviceOf({ "fairlead.dev/loadBalancerIPs": "x" })}`;

describe("the report about files", () => {
  it("is, for people, one line for each thing found, in blocks, then what pools cover, and a summary", () => {
    const files = [fileOf(POOLS, "pools.yaml"), fileOf("a: b: c\n", "-")];
    expect(reportText(validate(files))).to.equal(`\
pools.yaml:6:3: error: IPAddressPool "lan", spec.adresses: "adresses" is no field of spec; did you mean addresses?
pools.yaml:8:5: note: IPAddressPool "lan", spec.addresses[0]: "198.51.100.10/29" has host bits set and is read as 198.51.100.8/29

pools.yaml:20:35: error: Service "web", metadata.annotations["fairlead.dev/loadBalancerIPs"]: annotation fairlead.dev/loadBalancerIPs: "x" is not an IP address: "x" is not a number from 0 to 255

-:1:4: error: "b" is a second key in one line; expected the value in quotes, or this key on a line of its own, indented further

pools.yaml:1:1: IPAddressPool "lan" covers 8 IPv4 addresses: 198.51.100.8-198.51.100.15
pools.yaml:1:1: IPAddressPool "lan" covers 18446744073709551616 IPv6 addresses: 2001:db8::-2001:db8::ffff:ffff:ffff:ffff

3 errors and 1 note in 2 objects; 1 object of other kinds not checked (Deployment 1)
`);
  });

  it("says so if there is nothing to say", () => {
    expect(reportText(validate([fileOf("# nothing\n")]))).to.equal("0 errors and 0 notes in 0 objects\n");
  });

  it("shows some ranges of a long list, and how much is left out", () => {
    const addresses = Array.from({ length: 10 }, (_, i) => `198.51.100.${2 * i}`);
    const text = reportText(
      validate([fileOf(poolOf(`addresses: [${addresses}]`, "exclude: [198.51.100.0]"))]),
    );
    const shown = addresses.slice(0, 8).join(", ");
    expect(text).to.contain(
      `covers 10 IPv4 addresses: ${shown} and 2 more ranges; 9 of them can be handed out, the others are left out`,
    );
  });

  it("sends no control characters to the terminal, and shows what cannot be seen", () => {
    const text =
      'apiVersion: fairlead.dev/v1beta1\nkind: "IPAddressPool\\e"\nmetadata: {name: "a\\u202e\\u200b\\a"}\n';
    const shown = reportText(validate([fileOf(text, "b\u001b[2J")]));
    expect(shown.replaceAll("\n", "")).to.match(/^[\x20-\x7e]+$/);
    expect(shown).to.contain("b\\u001b[2J:");
  });

  it("is, for programs, one JSON document of a stable form", () => {
    const report = validate([fileOf(POOLS, "pools.yaml")]);
    const errors = report.findings.filter(({ severity }) => severity === "error");
    expect(JSON.parse(reportJson(report))).to.deep.equal({
      valid: false,
      errors: 2,
      notes: 1,
      checked: 2,
      skipped: [{ kind: "Deployment", count: 1 }],
      findings: [
        {
          severity: "error",
          file: "pools.yaml",
          line: 6,
          column: 3,
          object: { kind: "IPAddressPool", name: "lan" },
          field: "spec.adresses",
          value: "[]",
          message: '"adresses" is no field of spec; did you mean addresses?',
        },
        {
          severity: "note",
          file: "pools.yaml",
          line: 8,
          column: 5,
          object: { kind: "IPAddressPool", name: "lan" },
          field: "spec.addresses[0]",
          value: '"198.51.100.10/29"',
          message: '"198.51.100.10/29" has host bits set and is read as 198.51.100.8/29',
        },
        JSON.parse(JSON.stringify(errors[1])),
      ],
      pools: [
        {
          file: "pools.yaml",
          line: 1,
          column: 1,
          object: { kind: "IPAddressPool", name: "lan" },
          families: [
            { family: "IPv4", capacity: "8", offered: "8", ranges: ["198.51.100.8-198.51.100.15"] },
            {
              family: "IPv6",
              capacity: "18446744073709551616",
              offered: "18446744073709551616",
              ranges: ["2001:db8::-2001:db8::ffff:ffff:ffff:ffff"],
            },
          ],
        },
      ],
    });
  });
});
