import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { customResourceDefinition, KINDS } from "@fairlead/api/crd.ts";
import { expect } from "chai";
import { MANIFESTS } from "../install/fairlead.ts";
import { CommandError } from "../lab/command.ts";
import { Lab } from "../lab/lab.ts";
import { advertisement, type Manifest, pool } from "./support/objects.ts";
import { paths } from "./support/steps.ts";

const V6_NAME = "2001-0db8-0010-0000-0000-0000-0000-0200";

function virtualIP(name: string, address: string, services: readonly string[] = ["default/web"]): Manifest {
  return {
    apiVersion: "fairlead.dev/v1beta1",
    kind: "VirtualIP",
    metadata: { name },
    spec: { address, pool: "lan", services },
  };
}

const entry = (text: string) => pool("bad", { addresses: ["198.51.100.200", text] });
const selecting = (selector: object) => advertisement("bad", { nodeSelectors: [selector] });
const allocation = (serviceAllocation: object) =>
  pool("bad", { addresses: ["198.51.100.200"], serviceAllocation });

/** Each wrong field, and what kubectl prints of it. */
const REFUSED: readonly [string, Manifest, string][] = [
  [
    "a pool without addresses",
    pool("bad", { addresses: [] }),
    'spec.addresses: Invalid value: lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"',
  ],
  ["a pool with a null list", pool("bad", { addresses: null }), "spec.addresses: Required value"],
  [
    "a pool with text for a list",
    pool("bad", { addresses: "198.51.100.200" }),
    "spec.addresses in body must be of type array",
  ],
  ["an empty entry", entry(""), 'spec.addresses[1]: Invalid value: "": is empty; write a CIDR such as'],
  ["an entry that is no address", entry("lan"), '"lan" is not an IP address; write a CIDR such as'],
  [
    "a number above 255",
    entry("198.51.100.250-198.51.100.259"),
    'spec.addresses[1]: Invalid value: "198.51.100.250-198.51.100.259": "198.51.100.259" is not an IPv4 address: one of its numbers is above 255',
  ],
  [
    "a leading zero",
    entry("198.51.100.010"),
    '"198.51.100.010" has a leading zero; write its numbers without',
  ],
  ["a leading zero in a CIDR", entry("198.51.100.010/30"), '"198.51.100.010/30" has a leading zero'],
  [
    "a length above 32",
    entry("198.51.100.0/33"),
    '"198.51.100.0/33" is not a CIDR; write an address, "/" and a length',
  ],
  [
    "a range backward",
    entry("198.51.100.20-198.51.100.10"),
    '"198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
  ],
  [
    "an IPv6 range backward",
    entry("2001:db8:10::10-2001:db8:10::9"),
    '"2001:db8:10::10-2001:db8:10::9" runs backward; write "2001:db8:10::9-2001:db8:10::10"',
  ],
  [
    "a range of two families",
    entry("198.51.100.1-2001:db8:10::1"),
    '"198.51.100.1-2001:db8:10::1" mixes IPv4 and IPv6; give each family a range of its own',
  ],
  [
    "a range of three",
    entry("198.51.100.1-198.51.100.2-198.51.100.3"),
    'has more than one "-"; write a range as "first-last"',
  ],
  [
    "a range of CIDRs",
    entry("198.51.100.0/25-198.51.100.128/25"),
    "is both a CIDR and a range; write one of the two",
  ],
  ["a zone", entry("2001:db8:10::203%eth0"), 'has a zone; remove the part from "%" on'],
  [
    "an IPv4-mapped address",
    entry("::ffff:198.51.100.200"),
    "is an IPv4-mapped IPv6 address; write the IPv4 address",
  ],
  [
    "the dash of a web page",
    entry("198.51.100.212\u2013198.51.100.213"),
    'contains U+2013 (en dash); write a plain "-" between the two addresses',
  ],
  ["an invisible blank", entry("198.51.100.212\u200b"), "contains U+200B (zero-width space)"],
  [
    "an entry twice",
    entry("198.51.100.200"),
    'spec.addresses: Invalid value: "198.51.100.200" is listed more than once; remove the others',
  ],
  [
    "more than 256 entries",
    pool("bad", { addresses: Array.from({ length: 257 }, (_, i) => `10.0.${i % 2}.${i >> 1}`) }),
    "spec.addresses: Too many: 257: must have at most 256 items",
  ],
  [
    "a misspelled field",
    pool("bad", { addresses: ["198.51.100.200"], autoassign: false }),
    'unknown field "spec.autoassign"',
  ],
  [
    "autoAssign as text",
    pool("bad", { addresses: ["198.51.100.200"], autoAssign: "no" }),
    'spec.autoAssign: Invalid value: "string": spec.autoAssign in body must be of type boolean',
  ],
  [
    "a negative priority",
    allocation({ priority: -1 }),
    "spec.serviceAllocation.priority in body should be greater than or equal to 0",
  ],
  [
    "a namespace that can be none",
    allocation({ namespaces: ["Web"] }),
    '"Web" is not a namespace name; write lower-case',
  ],
  [
    "a namespace twice",
    allocation({ namespaces: ["web", "web"] }),
    'spec.serviceAllocation.namespaces[1]: Duplicate value: "web"',
  ],
  [
    "a pool's selector without values",
    allocation({ namespaceSelectors: [{ matchExpressions: [{ key: "team", operator: "In" }] }] }),
    'spec.serviceAllocation.namespaceSelectors[0].matchExpressions[0]: Invalid value: operator In on "team" has no values; list at least one in values',
  ],
  [
    "In without values",
    selecting({ matchExpressions: [{ key: "zone", operator: "In", values: [] }] }),
    'spec.nodeSelectors[0].matchExpressions[0]: Invalid value: operator In on "zone" has no values; list at least one',
  ],
  [
    "Exists with values",
    selecting({ matchExpressions: [{ key: "zone", operator: "Exists", values: ["a"] }] }),
    'operator Exists on "zone" takes no values; remove values, or write In or NotIn',
  ],
  [
    "an unknown operator",
    selecting({ matchExpressions: [{ key: "zone", operator: "Near" }] }),
    'operator: Unsupported value: "Near": supported values: "In", "NotIn", "Exists", "DoesNotExist"',
  ],
  [
    "a label's key that can be none",
    selecting({ matchLabels: { "a zone": "a" } }),
    '"a zone" is not a label key; write a name such as "app" or "example.com/tier"',
  ],
  [
    "a label's value that can be none",
    selecting({ matchLabels: { zone: "-a" } }),
    '"-a" is not a label value; write at most 63 letters',
  ],
  [
    "an interface with a blank",
    advertisement("bad", { interfaces: ["eth 0"] }),
    'spec.interfaces[0]: Invalid value: "eth 0": "eth 0" is not an interface name; write it as "ip link" shows it',
  ],
  [
    "an interface name of 16 characters",
    advertisement("bad", { interfaces: ["sixteencharacter"] }),
    "in at most 15 characters",
  ],
  [
    "an interface twice",
    advertisement("bad", { interfaces: ["eth0", "eth0"] }),
    'spec.interfaces[1]: Duplicate value: "eth0"',
  ],
  [
    "a pool that can be none",
    advertisement("bad", { ipAddressPools: ["LAN"] }),
    '"LAN" is not an object name; write lower-case',
  ],
  [
    "a pool twice",
    advertisement("bad", { ipAddressPools: ["lan", "lan"] }),
    'spec.ipAddressPools[1]: Duplicate value: "lan"',
  ],
  [
    "a weight above 100",
    advertisement("bad", { preferredNodeSelectors: [{ weight: 101, preference: {} }] }),
    "spec.preferredNodeSelectors[0].weight in body should be less than or equal to 100",
  ],
  [
    "a preference without weight",
    advertisement("bad", { preferredNodeSelectors: [{ preference: {} }] }),
    "spec.preferredNodeSelectors[0].weight: Required value",
  ],
  [
    "a VirtualIP under another address's name",
    virtualIP("198.51.100.201", "198.51.100.200"),
    'metadata.name: Invalid value: metadata.name "198.51.100.201" does not stand for spec.address "198.51.100.200"; write the address',
  ],
  [
    "an IPv6 VirtualIP under another address's name",
    virtualIP(V6_NAME, "2001:db8:10::201"),
    `metadata.name "${V6_NAME}" does not stand for spec.address "2001:db8:10::201"; write its eight groups`,
  ],
  [
    "a VirtualIP's address that is not canonical",
    virtualIP(V6_NAME, "2001:DB8:10::200"),
    '"2001:DB8:10::200" is not in canonical form; write IPv6 in lower case',
  ],
  ["a VirtualIP of no address", virtualIP("lan", "lan"), '"lan" is not an IP address'],
  [
    "a VirtualIP of a Service without namespace",
    virtualIP("198.51.100.200", "198.51.100.200", ["web"]),
    '"web" is not a Service; write namespace/name',
  ],
];

/** As pools are written in the field, none of them wrong. */
const GOOD_POOL = pool("lan", {
  addresses: [
    "198.51.100.205",
    "198.51.100.210 - 198.51.100.212",
    "198.51.100.213-198.51.100.214  ",
    " 198.51.100.216/30",
    "198.51.100.230/29",
    "2001:DB8:0010:0:0:0:0:200/124",
    "2001:db8:10::7f-2001:db8:10::82",
  ],
  serviceAllocation: {
    priority: 1,
    namespaces: ["default"],
    namespaceSelectors: [{}],
    serviceSelectors: [{}],
  },
});
const GOOD_ADVERTISEMENT = advertisement("lan", {
  ipAddressPools: ["lan"],
  interfaces: ["eth0", "bond0.100"],
  nodeSelectors: [{ matchExpressions: [{ key: "zone", operator: "NotIn", values: ["b"] }] }],
  preferredNodeSelectors: [{ weight: 100, preference: { matchLabels: { zone: "a" } } }],
});

describe("the kinds", function () {
  this.timeout(120_000);
  const name = `kinds-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), "fairlead-kinds-"));
  let lab: Lab;

  before(async () => {
    lab = await Lab.up({ name, nodes: 1, clients: 0 });
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await Lab.takeDown(name);
  });

  const applied = (manifest: object, ...args: readonly string[]): Promise<string> =>
    lab.kubectl(["apply", ...args, "-f", "-"], { input: JSON.stringify(manifest) });

  /** What kubectl says against the manifest; "" if it is taken. */
  async function refusal(manifest: object): Promise<string> {
    try {
      await applied(manifest, "--dry-run=server");
      return "";
    } catch (error) {
      if (error instanceof CommandError) return error.result.stderr;
      throw error;
    }
  }

  it("CF3: are installed with the programs and used in one go, in any order", async () => {
    const rendered = await lab.kubectl(["kustomize", MANIFESTS]);
    const documents = rendered.split("\n---\n");
    const objects = [GOOD_POOL, GOOD_ADVERTISEMENT].map((manifest) => JSON.stringify(manifest));
    const file = join(folder, "all.yaml");
    writeFileSync(file, [...objects, ...documents.reverse()].join("\n---\n"));
    // kubectl gives up on what it finds no kind or namespace for, goes on with the rest, and is run again by whoever
    // installs (a person, a chart, a GitOps tool) until nothing is left.
    const result = await lab.waitFor("everything to be applied", async (see) => {
      try {
        return await lab.kubectl(["apply", "-f", file]);
      } catch (error) {
        see(error instanceof CommandError ? error.result.stderr.slice(0, 300) : error);
        return undefined;
      }
    });
    expect(result).to.match(/ipaddresspool.fairlead.dev\/lan (created|unchanged)/);
    expect(await lab.kubectl(["apply", "-k", MANIFESTS])).not.to.match(/created/);
    expect(await lab.kubectl(["diff", "-k", MANIFESTS])).to.equal("");
  });

  it("take objects as people write them", async () => {
    for (const manifest of [GOOD_POOL, GOOD_ADVERTISEMENT, advertisement("all", {})]) {
      expect(await refusal(manifest)).to.equal("");
    }
    const bare = { apiVersion: "fairlead.dev/v1beta1", kind: "L2Advertisement", metadata: { name: "bare" } };
    expect(await refusal(bare)).to.equal("");
    expect(await refusal(virtualIP("198.51.100.205", "198.51.100.205"))).to.equal("");
    expect(await refusal(virtualIP(V6_NAME, "2001:db8:10::200"))).to.equal("");
  });

  describe("CF1: refuse, with field, value and remedy,", () => {
    for (const [what, manifest, text] of REFUSED) {
      it(what, async () => expect(await refusal(manifest)).to.contain(text));
    }

    it("another address in place of a VirtualIP's first", async () => {
      await applied(virtualIP("198.51.100.205", "198.51.100.205"));
      expect(await refusal(virtualIP("198.51.100.205", "198.51.100.206"))).to.contain(
        'spec.address: Invalid value: "198.51.100.206": cannot be changed; create a VirtualIP named after the other address',
      );
      await lab.kubectl(["delete", "virtualip", "198.51.100.205"]);
    });

    it("one bad entry among good ones, and take all others of the same file", async () => {
      const manifests = [
        pool("first", { addresses: ["198.51.100.1"] }),
        entry("x"),
        pool("second", { addresses: ["198.51.100.2"] }),
      ];
      const file = join(folder, "mixed.json");
      writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }));
      const failed = await lab.kubectl(["apply", "-f", file]).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(CommandError);
      expect(await lab.kubectl(["get", "ippool", "first", "second", "-o", "name"])).to.equal(
        "ipaddresspool.fairlead.dev/first\nipaddresspool.fairlead.dev/second\n",
      );
      await lab.kubectl(["delete", "ippool", "first", "second"]);
    });
  });

  it("take the longest list that their bounds allow", async () => {
    const hex = (i: number): string => i.toString(16).padStart(4, "0");
    const addresses = Array.from({ length: 256 }, (_, i) => {
      const start = `2001:0db8:0000:0000:0000:0000:${hex(i)}`;
      return `${start}:0000-${start}:ffff`;
    });
    const requirement = {
      key: "zone",
      operator: "In",
      values: Array.from({ length: 128 }, (_, i) => `zone-${i}`),
    };
    const selector = { matchExpressions: Array.from({ length: 16 }, () => requirement) };
    const serviceAllocation = { namespaceSelectors: Array.from({ length: 16 }, () => selector) };
    const input = JSON.stringify(pool("big", { addresses, serviceAllocation }));
    expect(await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { input })).to.contain("created");
  });

  it("explain each field to kubectl", async () => {
    expect(await lab.kubectl(["explain", "ippool.spec.addresses"])).to.match(
      /CIDRs \("192\.0\.2\.0\/28"\), ranges/,
    );
    expect(await lab.kubectl(["explain", "l2adv.spec.preferredNodeSelectors.weight"])).to.contain(
      "Added to the score",
    );
    expect(await lab.kubectl(["explain", "vip.spec.placement.nodes"])).to.match(/nobody\s+may\s+answer/);
    expect(await lab.kubectl(["explain", "speakers.status.interfaces"])).to.contain("carrier");
    const all = await lab.kubectl(["explain", "vip", "--recursive"]);
    expect(all).to.contain("announcers");
  });

  it("are shown in columns under their short names", async () => {
    await applied(GOOD_POOL);
    await applied(virtualIP("198.51.100.205", "198.51.100.205"));
    await setStatus(paths.pool("lan"), {
      ipv4: { capacity: "20", used: "1", free: "19" },
      conditions: [condition("Ready", "True")],
    });
    const since = "2026-01-01T00:00:00Z";
    await setStatus(paths.virtualIP("198.51.100.205"), {
      state: "Announced",
      announcers: [{ node: "node-1", interface: "eth0", mac: "02:00:5e:10:00:01", epoch: 1, since }],
    });
    const lines = async (kind: string) =>
      (await lab.kubectl(["get", kind])).split("\n").map((line) => line.split(/ {2,}/));
    const [vipHead, vip] = await lines("vip");
    expect(vipHead).to.deep.equal(["NAME", "ADDRESS", "POOL", "SERVICE", "NODE", "STATE", "AGE"]);
    expect(vip?.slice(0, -1)).to.deep.equal([
      "198.51.100.205",
      "198.51.100.205",
      "lan",
      '["default/web"]',
      "node-1",
      "Announced",
    ]);
    const [poolHead, poolLine] = await lines("ippool");
    expect(poolHead?.slice(2)).to.deep.equal([
      "AUTO ASSIGN",
      "IPV4 USED",
      "IPV4 FREE",
      "IPV6 USED",
      "IPV6 FREE",
      "READY",
      "AGE",
    ]);
    expect(poolLine).to.include.members(["true", "1", "19", "True"]);
    const [advertisementHead] = await lines("l2adv");
    expect(advertisementHead).to.deep.equal(["NAME", "POOLS", "INTERFACES", "READY", "AGE"]);
    await applied({
      apiVersion: "fairlead.dev/v1beta1",
      kind: "Speaker",
      metadata: { name: "node-1" },
      status: {
        version: "0.1.0",
        interfaces: [
          { name: "eth0", mac: "02:00:5e:10:00:01", carrier: true, addresses: ["198.51.100.11/24"] },
        ],
      },
    });
    const [speakerHead, speaker] = await lines("speakers");
    expect(speakerHead).to.deep.equal(["NAME", "VERSION", "INTERFACES", "AGE"]);
    expect(speaker?.slice(0, 3)).to.deep.equal(["node-1", "0.1.0", "eth0"]);
  });

  it("leave an object from before a rule editable, and refuse only what is changed for the worse", async () => {
    const kind = KINDS.find((one) => one.kind === "IPAddressPool");
    if (kind === undefined) throw new Error("there is no kind IPAddressPool");
    const definition = customResourceDefinition(kind);
    const lax = JSON.parse(JSON.stringify(definition), (key, value) =>
      key === "x-kubernetes-validations" ? undefined : value,
    );
    const old = pool("old", { addresses: ["198.51.100.20-198.51.100.10"] });
    await applied(lax);
    await lab.waitFor("the old object is taken", async () => (await refusal(old)) === "");
    await applied(old);
    await applied(definition);
    await lab.waitFor("the rules are back", async () => (await refusal(entry("x"))) !== "");
    await lab.kubectl(["label", "ippool", "old", "team=a"]);
    await setStatus(paths.pool("old"), { conditions: [condition("Ready", "False")] });
    const edited = pool("old", { addresses: ["198.51.100.20-198.51.100.10"], autoAssign: false });
    expect(await refusal(edited)).to.equal("");
    expect(await refusal(pool("old", { addresses: ["198.51.100.30-198.51.100.10"] }))).to.contain(
      "runs backward",
    );
    await lab.kubectl(["delete", "ippool", "old"]);
  });

  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: "Test",
    message: "Written by a test.",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });

  async function setStatus(path: string, body: object): Promise<void> {
    const { status, text } = await lab.api.send("PATCH", `${path}/status`, {
      body: { status: body },
      contentType: "application/merge-patch+json",
    });
    expect(status, text).to.equal(200);
  }
});
