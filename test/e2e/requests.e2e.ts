import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, type Manifest, namespace, pool, service, web } from "./support/objects.ts";
import { type Outcomes, outcomes } from "./support/outcomes.ts";
import {
  addressed,
  announcer,
  apply,
  noneHeld,
  paths,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

const PREFIXES = ["fairlead.dev/", "metallb.io/", "metallb.universe.tf/"];
const ADDRESSES = "fairlead.dev/loadBalancerIPs";
const POOL = "fairlead.dev/address-pool";

const SINGLE6 = { ipFamilies: ["IPv6"] };
const PREFER = { ipFamilyPolicy: "PreferDualStack" };
const REQUIRE = { ipFamilyPolicy: "RequireDualStack" };

/** A Service with these annotations. */
const asking = (name: string, annotations: Readonly<Record<string, string>>, spec = {}): Manifest =>
  service(name, { annotations, spec });

describe("a Service that asks for an address", () => {
  let lab: Lab;
  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, web(), advertisement("all", {}));
  });
  after(() => reset(lab));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-A", "-l", "fairlead-e2e", "--wait=true"]);
    await lab.kubectl(["delete", "ippool", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
  });

  /** UIDs of the VirtualIPs of these addresses: the same as long as nobody lets them go. */
  const uids = (...ips: readonly string[]): Promise<readonly (string | undefined)[]> =>
    Promise.all(
      ips.map(async (ip) => {
        const { metadata } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(ip)));
        return metadata.uid;
      }),
    );

  it("gets it by annotation, one or one of each family, by spec.loadBalancerIP and by pool annotation, under each prefix", async () => {
    const reserved = { autoAssign: false };
    await apply(
      lab,
      pool("lan", { addresses: ["198.51.100.200-198.51.100.229", "2001:db8:10::200-2001:db8:10::22f"] }),
      pool("on-request", { addresses: ["198.51.100.230-198.51.100.239"], ...reserved }),
    );
    const manifests = PREFIXES.flatMap((prefix, i) => [
      asking(`one-${i}`, { [`${prefix}loadBalancerIPs`]: `198.51.100.20${5 + i}` }),
      asking(`one6-${i}`, { [`${prefix}loadBalancerIPs`]: `2001:db8:10::20${5 + i}` }, SINGLE6),
      asking(`two-${i}`, { [`${prefix}loadBalancerIPs`]: `2001:db8:10::21${i}, 198.51.100.21${i}` }, REQUIRE),
      asking(`pool-${i}`, { [`${prefix}address-pool`]: "on-request" }),
      asking(`both-${i}`, {
        [`${prefix}address-pool`]: "on-request",
        [`${prefix}loadBalancerIPs`]: `198.51.100.23${5 + i}`,
      }),
    ]);
    await apply(
      lab,
      ...manifests,
      asking("field", {}, { loadBalancerIP: "198.51.100.220" }),
      asking("field6", {}, { ...SINGLE6, loadBalancerIP: "2001:db8:10::220" }),
      asking("field-on-request", {}, { loadBalancerIP: "198.51.100.239" }),
      asking("field-and-annotation", { [ADDRESSES]: "198.51.100.221" }, { loadBalancerIP: "198.51.100.221" }),
      asking("first-of-two", { [ADDRESSES]: "198.51.100.222" }, PREFER),
    );
    await outcomes(lab, {
      ...Object.fromEntries(
        [0, 1, 2].flatMap((i) => [
          [`one-${i}`, `198.51.100.20${5 + i}`],
          [`one6-${i}`, `2001:db8:10::20${5 + i}`],
          [`two-${i}`, `198.51.100.21${i} 2001:db8:10::21${i}`],
          [`pool-${i}`, `198.51.100.23${i}`],
          [`both-${i}`, `198.51.100.23${5 + i}`],
        ]),
      ),
      field: "198.51.100.220",
      field6: "2001:db8:10::220",
      "field-on-request": "198.51.100.239",
      "field-and-annotation": "198.51.100.221",
      "first-of-two": "198.51.100.222 2001:db8:10::200",
    });
    await apply(lab, asking("one-0", { [ADDRESSES]: "198.51.100.223" }));
    await outcomes(lab, { "one-0": "198.51.100.223" });
    await announcer(lab, "198.51.100.223");
  });

  it("and contradicts itself is told so with both statements, gets nothing and loses nothing, and is told once", async () => {
    await apply(
      lab,
      pool("p", { addresses: ["198.51.100.200-198.51.100.209", "2001:db8:10::200/124"] }),
      pool("q", { addresses: ["198.51.100.210-198.51.100.219"] }),
    );
    const holders = ["holder", "field-holder"];
    await apply(lab, ...holders.map((name) => asking(name, { [POOL]: "q" })));
    await outcomes(lab, { holder: "198.51.100.210", "field-holder": "198.51.100.211" });
    const audit = new Audit(lab);
    const mixed = { "metallb.universe.tf/address-pool": "q", "metallb.io/loadBalancerIPs": "198.51.100.205" };
    await apply(
      lab,
      asking("fresh", mixed),
      asking("holder", { ...mixed, [POOL]: "q" }),
      asking("field", { [POOL]: "q" }, { loadBalancerIP: "198.51.100.206" }),
      asking("field-holder", { [POOL]: "q" }, { loadBalancerIP: "198.51.100.206" }),
      asking("two-fields", { [ADDRESSES]: "198.51.100.201" }, { loadBalancerIP: "198.51.100.202" }),
      asking("two-of-one", { [ADDRESSES]: "198.51.100.201,198.51.100.202" }, PREFER),
      asking("other-family", { [ADDRESSES]: "198.51.100.201,2001:db8:10::201" }),
      asking("prefixes", { "metallb.io/address-pool": "q", "fairlead.dev/address-pool": "p" }),
    );
    const said = await outcomes(lab, {
      fresh: "Contradiction",
      holder: "198.51.100.210 Contradiction",
      field: "Contradiction",
      "field-holder": "198.51.100.211 Contradiction",
      "two-fields": "Contradiction",
      "two-of-one": "BadRequest",
      "other-family": "FamilyNotAvailable",
      prefixes: "198.51.100.200",
    });
    const against = (address: string, one: string, other: string): string =>
      `${one} asks for ${address}, which is in pool "p", and annotation ${other} for pool "q", which has 198.51.100.210-198.51.100.219; change one of the two.`;
    expect(said.fresh).to.equal(
      `It has no address. ${against("198.51.100.205", "Annotation metallb.io/loadBalancerIPs", "metallb.universe.tf/address-pool")}`,
    );
    expect(said.holder).to.equal(
      `It keeps 198.51.100.210 (pool "q"). ${against("198.51.100.205", "Annotation metallb.io/loadBalancerIPs", POOL)}`,
    );
    expect(said["field-holder"]).to.equal(
      `It keeps 198.51.100.211 (pool "q"). ${against("198.51.100.206", "spec.loadBalancerIP", POOL)}`,
    );
    expect(said["two-fields"]).to.equal(
      `It has no address. spec.loadBalancerIP asks for 198.51.100.202 and annotation ${ADDRESSES} for "198.51.100.201"; remove one of the two.`,
    );
    expect(said["two-of-one"]).to.contain(
      `${ADDRESSES} asks for two IPv4 addresses, 198.51.100.201 and 198.51.100.202; name at most one of each family`,
    );
    expect(said["other-family"]).to.contain(
      `${ADDRESSES} asks for 2001:db8:10::201, but the Service has no IPv6 cluster IP`,
    );
    expect(said.prefixes).to.contain(
      'nnotation fairlead.dev/address-pool says "p" and metallb.io/address-pool says "q"; the first is followed, remove the other',
    );
    await settled(lab);
    const writes = (name: string) => audit.writes.filter((write) => write.name === name).length;
    for (const name of Object.keys(said)) expect(writes(name), `writes of ${name}`).to.equal(1);
    const held = (await virtualIPs(lab)).map(({ spec }) => spec.address).sort();
    expect(held).to.deep.equal(["198.51.100.200", "198.51.100.210", "198.51.100.211"]);
    await apply(lab, asking("fresh", { "metallb.io/loadBalancerIPs": "198.51.100.205" }));
    await outcomes(lab, { fresh: "198.51.100.205" });
  });

  it("may spell it as people do; its status is canonical, another spelling is no change, and what is no address is refused", async () => {
    await apply(lab, pool("v6", { addresses: ["2001:DB8:0010:0:0:0:0:200/124", "198.51.100.8/29"] }));
    const spelled: Outcomes = {
      zeros: "2001:db8:10::0201",
      capitals: "2001:DB8:10::202",
      mapped: "::ffff:198.51.100.200",
      octal: "198.51.100.010",
      zone: "2001:db8:10::203%eth0",
      prefix: "2001:db8:10::204/128",
      "not-an-ip": "lan",
    };
    const ask = (name: string, ip: string) =>
      asking(name, { [ADDRESSES]: ip }, { ...PREFER, ipFamilies: ["IPv6", "IPv4"] });
    await apply(
      lab,
      ...Object.entries(spelled).map(([name, ip]) => ask(name, ip)),
      asking("field", {}, { ...SINGLE6, loadBalancerIP: "2001:DB8:10:0::205" }),
      asking("field-octal", {}, { loadBalancerIP: "198.51.100.010" }),
      asking("field-not-an-ip", {}, { loadBalancerIP: "not an ip" }),
    );
    const expected = {
      zeros: "198.51.100.8 2001:db8:10::201",
      capitals: "198.51.100.9 2001:db8:10::202",
      mapped: "BadRequest",
      octal: "BadRequest",
      zone: "BadRequest",
      prefix: "BadRequest",
      "not-an-ip": "BadRequest",
      field: "2001:db8:10::205",
      "field-octal": "BadRequest",
      "field-not-an-ip": "BadRequest",
    };
    const said = await outcomes(lab, expected);
    expect(said.mapped).to.contain(
      '"::ffff:198.51.100.200" is an IPv4-mapped IPv6 address; write 198.51.100.200',
    );
    expect(said.octal).to.contain(
      '"198.51.100.010" is not an IPv4 address: "010" has a leading zero; write 10',
    );
    expect(said.zone).to.contain('"2001:db8:10::203%eth0" has a zone; remove the part from "%" on');
    expect(said.prefix).to.contain(
      '"2001:db8:10::204/128" is a prefix, not an address; remove the part from "/" on',
    );
    expect(said["not-an-ip"]).to.contain(`nnotation ${ADDRESSES}: "lan" is not an IP address`);
    expect(said["field-not-an-ip"]).to.contain('spec.loadBalancerIP: "not an ip" is not an IP address');
    await settled(lab);
    const before = await uids("2001:db8:10::201", "2001:db8:10::202", "198.51.100.8");
    const audit = new Audit(lab);
    await apply(lab, ask("zeros", "2001:0DB8:10:0:0::201"), ask("capitals", " 2001:db8:0010::202 "));
    await settled(lab);
    expect(audit.writes).to.deep.equal([]);
    await outcomes(lab, expected);
    expect(await uids("2001:db8:10::201", "2001:db8:10::202", "198.51.100.8")).to.deep.equal(before);
  });

  it("of a pool without autoAssign gets its first and its last one and none beside them", async () => {
    await apply(
      lab,
      pool("edges", {
        addresses: ["198.51.100.70-198.51.100.99", "2001:db8:10::7f-2001:db8:10::82"],
        autoAssign: false,
      }),
    );
    const v4 = ["70", "99", "71", "69", "100"];
    const v6 = ["7f", "82", "80", "7e", "83"];
    await apply(
      lab,
      ...v4.map((last) => asking(`v4-${last}`, { [ADDRESSES]: `198.51.100.${last}` })),
      ...v6.map((last) => asking(`v6-${last}`, { [ADDRESSES]: `2001:db8:10::${last}` }, SINGLE6)),
    );
    const said = await outcomes(lab, {
      "v4-70": "198.51.100.70",
      "v4-99": "198.51.100.99",
      "v4-71": "198.51.100.71",
      "v4-69": "AddressNotInAnyPool",
      "v4-100": "AddressNotInAnyPool",
      "v6-7f": "2001:db8:10::7f",
      "v6-82": "2001:db8:10::82",
      "v6-80": "2001:db8:10::80",
      "v6-7e": "AddressNotInAnyPool",
      "v6-83": "AddressNotInAnyPool",
    });
    expect(said["v4-69"]).to.equal(
      `It has no address. Annotation ${ADDRESSES} asks for 198.51.100.69, which is in no pool (pool "edges" has 198.51.100.70-198.51.100.99); ask for another address or add it to an IPAddressPool.`,
    );
    expect(said["v6-83"]).to.contain('(pool "edges" has 2001:db8:10::7f-2001:db8:10::82)');
  });

  describe("that it cannot have", () => {
    const NAMESPACE = `shop-${process.pid}`;
    before(() => apply(lab, namespace(NAMESPACE)));
    after(() => lab.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]));

    it("is told pool, address, namespace and holder, and gets it by itself as soon as it can", async () => {
      const shop = (namespaces: readonly string[]) =>
        pool("shop", { addresses: ["198.51.100.210-198.51.100.219"], serviceAllocation: { namespaces } });
      await apply(lab, pool("lan", { addresses: ["198.51.100.200-198.51.100.209"] }), shop([NAMESPACE]));
      await apply(lab, asking("holder", { [ADDRESSES]: "198.51.100.205" }));
      await apply(lab, service("keeper"));
      await outcomes(lab, { holder: "198.51.100.205", keeper: "198.51.100.200" });
      await apply(
        lab,
        asking("outside", { [ADDRESSES]: "198.51.100.240" }),
        asking("outside-its-pool", { [ADDRESSES]: "198.51.100.241", [POOL]: "lan" }),
        asking("unknown-pool", { [POOL]: "nowhere" }),
        asking("excluded", { [ADDRESSES]: "198.51.100.215" }),
        asking("excluded-pool", { [POOL]: "shop" }),
        asking("taken", { [ADDRESSES]: "198.51.100.205" }),
        asking("keeper", { [ADDRESSES]: "198.51.100.205" }),
        service("not-excluded", { namespace: NAMESPACE, annotations: { [POOL]: "shop" } }),
      );
      const said = await outcomes(lab, {
        outside: "AddressNotInAnyPool",
        "outside-its-pool": "AddressNotInAnyPool",
        "unknown-pool": "PoolNotFound",
        excluded: "NotAdmitted",
        "excluded-pool": "NotAdmitted",
        taken: "AddressTaken",
        keeper: "198.51.100.200 AddressTaken",
        [`${NAMESPACE}/not-excluded`]: "198.51.100.210",
      });
      expect(said.outside).to.contain(
        'asks for 198.51.100.240, which is in no pool (pool "shop" has 198.51.100.210-198.51.100.219; pool "lan" has 198.51.100.200-198.51.100.209); ask for another address or add it to an IPAddressPool.',
      );
      expect(said["outside-its-pool"]).to.contain(
        'asks for 198.51.100.241, which is in no pool (pool "lan" has 198.51.100.200-198.51.100.209)',
      );
      expect(said["unknown-pool"]).to.equal(
        `It has no address. Annotation ${POOL} asks for pool "nowhere", which does not exist; create it, correct the name or remove the annotation.`,
      );
      expect(said.excluded).to.contain(
        'asks for 198.51.100.215, but pool "shop" does not admit namespace "default"; change its serviceAllocation or ask for another address.',
      );
      expect(said["excluded-pool"]).to.contain(
        `${POOL} asks for pool "shop", but pool "shop" does not admit namespace "default"`,
      );
      const taken =
        'asks for 198.51.100.205 of pool "lan", but default/holder holds it; it is given as soon as it can be';
      expect(said.taken).to.contain(taken);
      expect(said.keeper).to.contain('It keeps 198.51.100.200 (pool "lan").').and.to.contain(taken);
      await lab.kubectl(["delete", "service", "holder"]);
      await apply(
        lab,
        shop([NAMESPACE, "default"]),
        pool("more", { addresses: ["198.51.100.240-198.51.100.249"], autoAssign: false }),
        pool("lan", { addresses: ["198.51.100.200-198.51.100.209", "198.51.100.230"] }),
        pool("nowhere", { addresses: ["198.51.100.231"], autoAssign: false }),
      );
      const [first, second] = await lab.waitFor(
        "one of the two that wait has the freed address",
        async () => {
          for (const [has, waits] of [
            ["taken", "keeper"],
            ["keeper", "taken"],
          ] as const) {
            const { spec } = await lab.api.get<VirtualIP>(paths.virtualIP("198.51.100.205"));
            if (spec.services.includes(`default/${has}`)) return [has, waits] as const;
          }
          return undefined;
        },
      );
      await outcomes(lab, {
        outside: "198.51.100.240",
        "unknown-pool": "198.51.100.231",
        excluded: "198.51.100.215",
        [first]: "198.51.100.205",
        [second]: second === "keeper" ? "198.51.100.200 AddressTaken" : "AddressTaken",
      });
      await announcer(lab, "198.51.100.205");
    });
  });

  describe("of the families that it can use", () => {
    const v4 = "198.51.100.200-198.51.100.209";
    const v6 = "2001:db8:10::200-2001:db8:10::209";
    const of = (pool: string, name: string, spec: object): Manifest => asking(name, { [POOL]: pool }, spec);

    it("gets one or both, as its policy and the pool allow", async () => {
      await apply(
        lab,
        pool("p4", { addresses: [v4], autoAssign: false }),
        pool("p6", { addresses: [v6], autoAssign: false }),
        pool("both", { addresses: ["198.51.100.210/30", "2001:db8:10::210/125"], autoAssign: false }),
      );
      const policies = { single4: {}, single6: SINGLE6, prefer: PREFER, require: REQUIRE };
      await apply(
        lab,
        ...Object.entries(policies).flatMap(([name, spec]) =>
          ["p4", "p6", "both"].map((pool) => of(pool, `${name}-${pool}`, spec)),
        ),
      );
      const said = await outcomes(lab, {
        "single4-p4": "198.51.100.200",
        "single4-p6": "FamilyNotAvailable",
        "single4-both": "198.51.100.208",
        "single6-p4": "FamilyNotAvailable",
        "single6-p6": "2001:db8:10::200",
        "single6-both": "2001:db8:10::210",
        "prefer-p4": "198.51.100.201",
        "prefer-p6": "2001:db8:10::201",
        "prefer-both": "198.51.100.209 2001:db8:10::211",
        "require-p4": "FamilyNotAvailable",
        "require-p6": "FamilyNotAvailable",
        "require-both": "198.51.100.210 2001:db8:10::212",
      });
      expect(said["single4-p6"]).to.contain('Pool "p6" has no IPv4 addresses; add IPv4 addresses to a pool');
      expect(said["prefer-p4"]).to.equal(
        'It has 198.51.100.201 (pool "p4"). Pool "p4" has no IPv6 addresses; add IPv6 addresses to a pool.',
      );
      expect(said["require-p6"]).to.contain('It has no address. Pool "p6" has no IPv4 addresses');
    });

    it("gets the second family as soon as there is one, and never gives up the first for it", async () => {
      await apply(lab, pool("p4", { addresses: [v4], autoAssign: false }));
      await apply(lab, of("p4", "prefer", PREFER), of("p4", "single", {}), of("p4", "require", REQUIRE));
      await outcomes(lab, {
        prefer: "198.51.100.200",
        single: "198.51.100.201",
        require: "FamilyNotAvailable",
      });
      const held = await uids("198.51.100.200", "198.51.100.201");
      await apply(
        lab,
        of("p4", "prefer", REQUIRE),
        of("p4", "single", { ...REQUIRE, ipFamilies: ["IPv4", "IPv6"] }),
      );
      const refused = await outcomes(lab, {
        prefer: "198.51.100.200 FamilyNotAvailable",
        single: "198.51.100.201 FamilyNotAvailable",
      });
      expect(refused.single).to.equal(
        'It keeps 198.51.100.201 (pool "p4"). Pool "p4" has no IPv6 addresses; add IPv6 addresses to a pool.',
      );
      await apply(lab, pool("p4", { addresses: [v4, v6], autoAssign: false }));
      const seconds: string[] = [];
      for (const [name, first] of [
        ["prefer", "198.51.100.200"],
        ["single", "198.51.100.201"],
        ["require", "198.51.100.202"],
      ] as const) {
        const [kept, added = ""] = await addressed(lab, name, 2);
        expect(kept).to.equal(first);
        await outcomes(lab, { [name]: `${first} ${added}` });
        seconds.push(added);
      }
      expect(seconds.sort()).to.deep.equal(["2001:db8:10::200", "2001:db8:10::201", "2001:db8:10::202"]);
      expect(await uids("198.51.100.200", "198.51.100.201")).to.deep.equal(held);
      await apply(lab, of("p4", "prefer", { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }));
      await outcomes(lab, { prefer: "198.51.100.200" });
      expect(await uids("198.51.100.200")).to.deep.equal(held.slice(0, 1));
    });
  });
});
