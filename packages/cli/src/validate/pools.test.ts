import { expect } from "chai";
import { fileOf, found, poolOf } from "../testing/found.ts";
import { validate } from "./validate.ts";

/** What is found in a pool with these entries, the first of which is in line 7. */
const list = (...entries: readonly string[]): readonly string[] =>
  found(poolOf("addresses:", ...entries.map((entry) => `- ${entry}`)));

/** What the pools of a text cover: `IPv4 16/15: first-last, …`, the second number being those that can be handed out. */
const covers = (text: string): readonly string[] =>
  validate([fileOf(text)]).pools.flatMap(({ families }) =>
    families.map(
      ({ family, capacity, offered, ranges }) => `${family} ${capacity}/${offered}: ${ranges.join(", ")}`,
    ),
  );

const AT = (i: number): string => `${7 + i}:5 error: IPAddressPool "lan", spec.addresses[${i}]`;

describe("an address list in a file", () => {
  it("may have single addresses", () => {
    const text = poolOf("addresses: [198.51.100.205, 198.51.100.210-198.51.100.212, '2001:db8:10::9']");
    expect(found(text)).to.deep.equal([]);
    expect(covers(text)).to.deep.equal([
      "IPv4 4/4: 198.51.100.205, 198.51.100.210-198.51.100.212",
      "IPv6 1/1: 2001:db8:10::9",
    ]);
  });

  it("is told of a computed range beyond 255, and the other pool of the file is judged and covers what it has", () => {
    const text = `${poolOf("addresses: [198.51.100.250-198.51.100.259]")}---\n${poolOf("addresses: [203.0.113.0/28]").replace("lan", "other")}`;
    expect(found(text)).to.deep.equal([
      '6:15 error: IPAddressPool "lan", spec.addresses[0], "198.51.100.250-198.51.100.259" is not a range: its end "198.51.100.259" is not an IPv4 address: 259 is above 255',
    ]);
    expect(covers(text)).to.deep.equal(["IPv4 16/16: 203.0.113.0-203.0.113.15"]);
  });

  it("may have blanks, tabs and comments, and tells dashes and blanks that cannot be seen by their code points", () => {
    expect(
      list(
        '"198.51.100.200 - 198.51.100.205"  # office',
        '"198.51.100.206-198.51.100.207  "',
        '" 198.51.100.208/30"',
        '"\\t198.51.100.220"',
        "198.51.100.221 - 198.51.100.222",
      ),
    ).to.deep.equal([]);
    const cure = 'write a plain "-" between the two addresses of a range and remove invisible characters';
    expect(list("198.51.100.212\u2013198.51.100.213", "198.51.100.214\u200b")).to.deep.equal([
      `${AT(0)}, "198.51.100.212\u2013198.51.100.213" contains the character U+2013; ${cure}`,
      `${AT(1)}, "198.51.100.214\u200b" contains the character U+200B; ${cure}`,
    ]);
  });

  for (const [written, where] of [
    ["addresses:", "6:3"],
    ["addresses: []", "6:3"],
    ["addresses: null", "6:14"],
  ] as const) {
    it(`is told if it is empty: ${written}, and advertisements that name the pool are told so`, () => {
      const advertisement =
        "apiVersion: fairlead.dev/v1beta1\nkind: L2Advertisement\nmetadata: {name: a}\nspec: {ipAddressPools: [lan]}\n";
      expect(found(`${poolOf(written)}---\n${advertisement}`)).to.deep.equal([
        `${where} error: IPAddressPool "lan", spec.addresses, lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"`,
        '11:25 note: L2Advertisement "a", spec.ipAddressPools[0], IPAddressPool "lan" has no address; see what is said of it',
      ]);
    });
  }

  it("is told of an empty entry, and of a text where a list should be", () => {
    expect(list('""')).to.have.length(1);
    expect(list('""')[0]).to.match(
      /^7:5 error: IPAddressPool "lan", spec\.addresses\[0\], is empty; write a CIDR/,
    );
    const [scalar = "", ...others] = found(poolOf("addresses: 198.51.100.0/28"));
    expect(scalar).to.contain(
      '6:14 error: IPAddressPool "lan", spec.addresses, "198.51.100.0/28" is not right; write a list',
    );
    expect(others.filter((line) => !line.includes("lists no address"))).to.deep.equal([]);
  });

  it("may have IPv6 in all spellings, and covers what they mean", () => {
    expect(covers(poolOf("addresses: ['2001:DB8:0010:0:0:0:0:200/124', '2001:db8:20::/64']"))).to.deep.equal([
      "IPv6 18446744073709551632/18446744073709551632: 2001:db8:10::200-2001:db8:10::20f, 2001:db8:20::-2001:db8:20:0:ffff:ffff:ffff:ffff",
    ]);
    expect(list("::ffff:198.51.100.200", "198.51.100.010", "2001:db8:10::203%eth0")).to.deep.equal([
      `${AT(0)}, "::ffff:198.51.100.200" is an IPv4-mapped IPv6 address; write 198.51.100.200`,
      `${AT(1)}, "198.51.100.010" is not an IPv4 address: "010" has a leading zero; write 10`,
      `${AT(2)}, "2001:db8:10::203%eth0" has a zone; remove the part from "%" on`,
    ]);
  });

  it("is told of an address that ends in a colon and that YAML takes for a key", () => {
    expect(list("2001:db8::")).to.deep.equal([
      `${AT(0)}, {"2001:db8:":null} is not right; write text: "2001:db8::", in quotes, as YAML takes a colon at the end for that of a key`,
      ...list("2001:db8::").slice(1),
    ]);
  });

  it("is told of host bits, as a note, and covers the whole prefix", () => {
    const text = poolOf(
      "addresses: [198.51.100.10/24]",
      "avoidBuggyIPs: true",
      "exclude: [198.51.100.1, 198.51.100.240/28]",
    );
    expect(found(text)).to.deep.equal([
      '6:15 note: IPAddressPool "lan", spec.addresses[0], "198.51.100.10/24" has host bits set and is read as 198.51.100.0/24',
    ]);
    expect(covers(text)).to.deep.equal(["IPv4 256/238: 198.51.100.0-198.51.100.255"]);
  });

  it("is told of what another pool of the files has too, as a note on both, and both are covered", () => {
    const other = poolOf("addresses: [203.0.113.9, 198.51.100.0/28]").replace("lan", "other");
    const text = `${poolOf("addresses: [198.51.100.8-198.51.100.40]")}---\n${other}`;
    const both = "both can be used and no address is given twice, but write it in one of them";
    expect(found(text)).to.deep.equal([
      `6:15 note: IPAddressPool "lan", spec.addresses[0], 198.51.100.8-198.51.100.15 is in IPAddressPool "other" (a.yaml:11) too; ${both}`,
      `13:28 note: IPAddressPool "other", spec.addresses[1], 198.51.100.8-198.51.100.15 is in IPAddressPool "lan" (a.yaml:4) too; ${both}`,
    ]);
    expect(covers(text)).to.have.length(2);
  });
});

describe("a pool in a file", () => {
  it("may be a dump, with all that the API server adds", () => {
    const text = `apiVersion: v1
items:
- apiVersion: fairlead.dev/v1beta1
  kind: IPAddressPool
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"fairlead.dev/v1beta1","kind":"IPAddressPool","spec":{"adresses":[]}}
    creationTimestamp: "2026-11-27T04:27:00Z"
    generation: 1
    managedFields:
    - apiVersion: fairlead.dev/v1beta1
      fieldsType: FieldsV1
      fieldsV1: {"f:spec": {".": {}, "f:addresses": {}}}
      manager: kubectl
      operation: Update
      time: "2026-11-27T04:27:00Z"
    name: lan
    resourceVersion: "311"
    uid: 5cfd6a3b-6f1c-4f0b-8f43-5e0b6a9a4b11
  spec:
    addresses: [198.51.100.0/28]
  status:
    conditions: []
    ipv4: {capacity: "16", free: "16", used: "0"}
- {apiVersion: v1, kind: Namespace, metadata: {name: a, creationTimestamp: null}}
kind: List
metadata:
  resourceVersion: ""
`;
    expect(found(text)).to.deep.equal([]);
    expect(
      found(JSON.stringify({ apiVersion: "v1", kind: "List", items: [] }, undefined, "\t")),
    ).to.deep.equal([]);
  });

  it("may be JSON, indented with tabs, in which lines and columns are told too", () => {
    const object = {
      apiVersion: "fairlead.dev/v1beta1",
      kind: "IPAddressPool",
      metadata: { name: "lan" },
      spec: { addresses: ["x"] },
    };
    expect(
      found(JSON.stringify(object, undefined, "\t")).map((line) => line.split(" ", 2).join(" ")),
    ).to.deep.equal(["9:4 error:"]);
  });

  it("may have anchors, carriage returns and a byte order mark", () => {
    const text = "\ufeff# pools\r\nx: &range [198.51.100.0/28]\r\n".replace(/x: .*\r\n/, "");
    const pool = poolOf("addresses: &a [198.51.100.0/28]", "exclude: *a").replaceAll("\n", "\r\n");
    expect(found(text + pool)).to.deep.equal([]);
    expect(covers(text + pool)).to.deep.equal(["IPv4 16/0: 198.51.100.0-198.51.100.15"]);
    expect(found(text + pool.replace("198.51.100.0/28", "x"))).to.have.length(2);
  });

  it("needs a name that can be one, and no namespace", () => {
    const pool = poolOf("addresses: [198.51.100.0/28]");
    expect(found(pool.replace("name: lan", "nme: lan"))).to.deep.equal([
      '4:3 error: IPAddressPool, metadata.nme, "nme" is no field of metadata; did you mean name?',
    ]);
    expect(found(pool.replace("  name: lan", "  labels: {a: b}"))).to.deep.equal([
      "3:1 error: IPAddressPool, metadata.name, metadata.name is missing; write a name",
    ]);
    expect(found(pool.replace("lan", "My_Pool"))).to.deep.equal([
      '4:9 error: IPAddressPool "My_Pool", metadata.name, "My_Pool" is not an object name; write lower-case letters, digits, "-" and "."',
    ]);
    expect(found(pool.replace("lan", "lan\n  namespace: kube-system"))).to.deep.equal([
      '5:14 note: IPAddressPool "lan", metadata.namespace, IPAddressPool is cluster-scoped, so that namespace "kube-system" is ignored; remove it',
    ]);
    expect(found(pool.replace("lan", "lan\n  labels: {exposed: yes, b: 'no'}"))).to.deep.equal([
      '5:21 error: IPAddressPool "lan", metadata.labels.exposed, true is no text; put it in quotes',
    ]);
  });

  it("is told if the files have another of its name, in another file too", () => {
    const pool = poolOf("addresses: [198.51.100.0/28]");
    const { findings } = validate([fileOf(pool, "a.yaml"), fileOf(pool.replace("0/28", "32/28"), "b.yaml")]);
    expect(findings.map(({ file, line, message }) => `${file}:${line} ${message}`)).to.deep.equal([
      'b.yaml:4 IPAddressPool "lan" is in a.yaml:4 already, and the later one would replace it; rename or remove one',
    ]);
  });

  it("is judged by its schema where nothing else judges it", () => {
    expect(found(poolOf("addresses: [198.51.100.0/28]", "releaseDelay: 10 minutes"))).to.have.length(1);
    expect(found(poolOf("addresses: [198.51.100.0/28]", "quota: {perNamespace: 0}"))).to.have.length(1);
    expect(
      found(poolOf("addresses: [198.51.100.0/28]", "serviceAllocation: {namespaces: [Shop]}")),
    ).to.deep.equal([
      '7:36 error: IPAddressPool "lan", spec.serviceAllocation.namespaces[0], "Shop" is not a namespace name; write lower-case letters, digits and "-"',
    ]);
  });
});

describe("an advertisement in a file", () => {
  const advertisement = (spec: string): string =>
    `apiVersion: fairlead.dev/v1beta1\nkind: L2Advertisement\nmetadata: {name: a}\n${spec}\n`;
  for (const spec of ["", "spec:", "spec: {}", "spec: {interfaces: [eth0, br-lan]}"]) {
    it(`is right: ${spec || "without spec"}`, () => expect(found(advertisement(spec))).to.deep.equal([]));
  }

  it("is told if it names a pool that the files do not have, as a note", () => {
    const text = `${poolOf("addresses: [198.51.100.0/28]")}---\n${advertisement("spec: {ipAddressPools: [lan, lam, far]}")}`;
    expect(found(text)).to.deep.equal([
      '11:30 note: L2Advertisement "a", spec.ipAddressPools[1], IPAddressPool "lam" is not in these files; it must be in the cluster; or did you mean lan?',
      '11:35 note: L2Advertisement "a", spec.ipAddressPools[2], IPAddressPool "far" is not in these files; it must be in the cluster',
    ]);
  });

  it("is told where it is wrong", () => {
    const spec = [
      "spec:",
      "  ipAddressPool: [lan]",
      "  nodeSelector: {}",
      "  interfaces: [eth0/1]",
      "  nodeSelectors:",
      "  - matchLabels: {rack: yes}",
      "  - matchExpression: []",
    ];
    expect(found(advertisement(spec.join("\n")))).to.deep.equal([
      '5:3 error: L2Advertisement "a", spec.ipAddressPool, "ipAddressPool" is no field of spec; did you mean ipAddressPools?',
      '6:3 error: L2Advertisement "a", spec.nodeSelector, "nodeSelector" is no field of spec; did you mean nodeSelectors?',
      '7:16 error: L2Advertisement "a", spec.interfaces[0], "eth0/1" is not an interface name; write it as "ip link" shows it, in at most 15 characters, without blanks, "/" and ":", or as a pattern such as "eth*"',
      '9:5 error: L2Advertisement "a", spec.nodeSelectors[0], matchLabels: true is not a label value; write at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit; true without quotes is no text',
      '10:5 error: L2Advertisement "a", spec.nodeSelectors[1].matchExpression, "matchExpression" is no field of spec.nodeSelectors[1]; did you mean matchExpressions?',
    ]);
  });
});

describe("a VirtualIP in a file", () => {
  it("is judged by its schema", () => {
    const vip = (name: string, spec: string): string =>
      `apiVersion: fairlead.dev/v1beta1\nkind: VirtualIP\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
    expect(
      found(vip("198.51.100.7", "{address: 198.51.100.7, claim: {namespace: shop, name: web}}")),
    ).to.deep.equal([]);
    expect(
      found(vip("198.51.100.7", "{address: 198.51.100.7, claim: {namespace: shop, service: web}}")),
    ).to.have.length.greaterThan(0);
    expect(found(vip("web", "{address: 198.51.100.7, claim: {namespace: shop, name: web}}"))[0]).to.match(
      /^3:18 error: VirtualIP "web", metadata.name, /,
    );
  });
});
