import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { customResourceDefinition, KINDS } from "@fairlead/api/crd.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { MANIFESTS } from "../install/fairlead.ts";
import { CommandError } from "../lab/command.ts";
import { Lab } from "../lab/lab.ts";
import { advertisement, pool, reservation, virtualIP } from "./support/objects.ts";
import { REFUSED } from "./support/refused-objects.ts";
import { paths } from "./support/steps.ts";

const V6_NAME = "2001-0db8-0010-0000-0000-0000-0000-0200";

const BAD_POOL = pool("bad", { addresses: ["198.51.100.200", "x"] });

/** As addresses are written in the field, none of them wrong. */
const ADDRESSES = [
  "198.51.100.205",
  "198.51.100.210 - 198.51.100.212",
  "198.51.100.213-198.51.100.214  ",
  " 198.51.100.216/30",
  "198.51.100.230/29",
  "2001:DB8:0010:0:0:0:0:200/124",
  "2001:db8:10::7f-2001:db8:10::82",
];
const GOOD_POOL = pool("lan", {
  addresses: ADDRESSES,
  serviceAllocation: {
    priority: 1,
    namespaces: ["default"],
    namespaceSelectors: [{}],
    serviceSelectors: [{}],
  },
  exclude: ["198.51.100.211", " 198.51.100.216 - 198.51.100.217", "2001:db8:10::80/127"],
  disabled: false,
  reclaimPolicy: "Retain",
  releaseDelay: "1h30m",
  quota: { perNamespace: 3 },
  selection: "LeastRecentlyUsed",
  sharing: "SameNamespace",
  onInvalid: "Renumber",
});
const GOOD_ADVERTISEMENT = advertisement("lan", {
  ipAddressPools: ["lan"],
  interfaces: ["eth0", "bond0.100"],
  nodeSelectors: [{ matchExpressions: [{ key: "zone", operator: "NotIn", values: ["b"] }] }],
  preferredNodeSelectors: [{ weight: 100, preference: { matchLabels: { zone: "a" } } }],
});

describe("the kinds", function () {
  this.timeout(600_000);
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

  it("fill in what a person leaves out of a pool and of a reservation", async () => {
    const bare = { ...GOOD_POOL, spec: { addresses: ["198.51.100.205"] } };
    await applied({ ...bare, metadata: { name: "bare" } });
    const { spec: poolSpec } = await lab.api.get<IPAddressPool>(paths.pool("bare"));
    expect(poolSpec).to.deep.equal({
      addresses: ["198.51.100.205"],
      autoAssign: true,
      avoidBuggyIPs: false,
      disabled: false,
      reclaimPolicy: "Delete",
      releaseDelay: "10m",
      selection: "FirstFree",
      onInvalid: "Keep",
    });
    const spec = { address: "198.51.100.207", claim: { namespace: "web", name: "shop" } };
    await applied(reservation("198.51.100.207", spec));
    const reserved = await lab.api.get<VirtualIP>(paths.virtualIP("198.51.100.207"));
    expect(reserved.spec).to.deep.equal({ ...spec, services: [] });
    await lab.kubectl(["delete", "ippool/bare", "vip/198.51.100.207"]);
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
        BAD_POOL,
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
    const input = JSON.stringify(pool("big", { addresses, serviceAllocation, exclude: addresses }));
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
    expect(await lab.kubectl(["explain", "ippool.spec.releaseDelay"])).to.match(/waits\s+for\s+a\s+Service/);
    expect(await lab.kubectl(["explain", "vip.spec.claim"])).to.contain("made again");
    const all = await lab.kubectl(["explain", "vip", "--recursive"]);
    expect(all).to.contain("announcers");
  });

  it("are shown in columns under their short names", async () => {
    await applied(GOOD_POOL);
    await applied(virtualIP("198.51.100.205", "198.51.100.205"));
    await setStatus(paths.pool("lan"), {
      ipv4: { capacity: "20", used: "1", free: "16", reserved: "1", released: "0", excluded: "2" },
      invalid: "0",
      conditions: [condition("Ready", "True"), condition("Exhausted", "False")],
    });
    const since = "2026-01-01T00:00:00Z";
    await setStatus(paths.virtualIP("198.51.100.205"), {
      state: "Bound",
      announcers: [{ node: "node-1", interface: "eth0", mac: "02:00:5e:10:00:01", epoch: 1, since }],
      conditions: [condition("Announced", "True"), condition("Bound", "True")],
    });
    const claim = { namespace: "web", name: "shop" };
    await applied(reservation("198.51.100.207", { address: "198.51.100.207", claim }));
    await setStatus(paths.virtualIP("198.51.100.207"), { state: "Reserved" });
    expect(await table("vip")).to.deep.equal([
      {
        NAME: "198.51.100.205",
        ADDRESS: "198.51.100.205",
        POOL: "lan",
        SERVICE: '["default/web"]',
        NODE: "node-1",
        STATE: "Bound",
        ANNOUNCED: "True",
      },
      {
        NAME: "198.51.100.207",
        ADDRESS: "198.51.100.207",
        POOL: "",
        SERVICE: "[]",
        NODE: "",
        STATE: "Reserved",
        ANNOUNCED: "",
      },
    ]);
    const [, wide] = await table("vip", "-o", "wide");
    expect(wide).to.include({ CLAIM: '{"name":"shop","namespace":"web"}', CONFLICT: "" });
    const [lan] = await table("ippool");
    expect(lan).to.deep.equal({
      NAME: "lan",
      "IPV4 USED": "1",
      "IPV4 FREE": "16",
      "IPV6 USED": "",
      "IPV6 FREE": "",
      EXHAUSTED: "False",
      DISABLED: "false",
      "AUTO ASSIGN": "true",
      READY: "True",
      ADDRESSES: JSON.stringify(ADDRESSES),
    });
    const lines = async (kind: string) =>
      (await lab.kubectl(["get", kind])).split("\n").map((line) => line.split(/ {2,}/));
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
        proxy: "Healthy",
        conditions: [condition("HeartbeatPath", "False")],
      },
    });
    const [speakerHead, speaker] = await lines("speakers");
    const named = ["NAME", "VERSION", "INTERFACE", "ADDRESSES", "PROXY", "TROUBLE", "AGE"];
    expect(speakerHead).to.deep.equal(named);
    const told = ["node-1", "0.1.0", "eth0", '["198.51.100.11/24"]', "Healthy", "HeartbeatPath"];
    expect(speaker?.slice(0, told.length)).to.deep.equal(told);
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
    await lab.waitFor("the rules are back", async () => (await refusal(BAD_POOL)) !== "");
    await lab.kubectl(["label", "ippool", "old", "team=a"]);
    await setStatus(paths.pool("old"), { conditions: [condition("Ready", "False")] });
    const edited = pool("old", { addresses: ["198.51.100.20-198.51.100.10"], autoAssign: false });
    expect(await refusal(edited)).to.equal("");
    expect(await refusal(pool("old", { addresses: ["198.51.100.30-198.51.100.10"] }))).to.contain(
      "runs backward",
    );
    await lab.kubectl(["delete", "ippool", "old"]);
  });

  /** What `kubectl get` shows, by column; without the age. */
  async function table(kind: string, ...args: readonly string[]): Promise<readonly object[]> {
    const [head = "", ...lines] = (await lab.kubectl(["get", kind, ...args])).trimEnd().split("\n");
    const columns = [...head.matchAll(/\S+(?: \S+)*/g)];
    return lines.map((line) =>
      Object.fromEntries(
        columns.flatMap(([name], i) => {
          if (name === "AGE") return [];
          return [[name, line.slice(columns[i]?.index, columns[i + 1]?.index).trim()]];
        }),
      ),
    );
  }

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
