import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, type Manifest, namespace, pool, service, web } from "./support/objects.ts";
import { outcomes, says } from "./support/outcomes.ts";
import {
  addressed,
  announcer,
  apply,
  condition,
  noneHeld,
  page,
  paths,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

const ALLOCATED = "fairlead.dev/Allocated";
/** Longer than a deleted pool is waited for. */
const GONE_MS = 45_000;

/** A Service of one family that asks for a pool by name. */
function of(pool: string, name: string, family: "IPv4" | "IPv6" = "IPv4"): Manifest {
  return service(name, {
    annotations: { "fairlead.dev/address-pool": pool },
    spec: { ipFamilies: [family] },
  });
}

/** A Service that asks for nothing. */
const plain = (name: string): Manifest => service(name);

/** A pool that is handed out of only on request. */
const reserved = (name: string, addresses: readonly string[], more = {}): Manifest =>
  pool(name, { addresses, autoAssign: false, ...more });

describe("addresses are handed out", () => {
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

  /** Waits until the pool's status counts its addresses so. */
  const usage = (
    name: string,
    family: "ipv4" | "ipv6",
    expected: Readonly<Record<"capacity" | "used" | "free", string>>,
  ): Promise<boolean> =>
    lab.waitFor(`pool ${name} counts ${JSON.stringify(expected)} ${family} addresses`, async (see) => {
      const { status } = await lab.api.get<IPAddressPool>(paths.pool(name));
      see(status);
      const { capacity, used, free } = status?.[family] ?? {};
      return capacity === expected.capacity && used === expected.used && free === expected.free;
    });

  describe("of pools", () => {
    it("by range, CIDR and single address, of both families, from /32 to /64, first fit in the order of the list", async () => {
      await apply(
        lab,
        reserved("one", ["198.51.100.200/32"]),
        reserved("one6", ["2001:db8:10::200/128"]),
        reserved("mixed", [
          "198.51.100.205 - 198.51.100.206",
          "2001:db8:10::7f-2001:db8:10::80",
          "198.51.100.202",
          "198.51.100.208/31",
        ]),
        reserved("huge6", ["2001:db8:20::/64"]),
      );
      const mixed = ["a", "b", "c", "d", "e", "f"];
      await apply(
        lab,
        ...["one-a", "one-b"].map((name) => of("one", name)),
        ...["one6-a", "one6-b"].map((name) => of("one6", name, "IPv6")),
        ...mixed.map((name) => of("mixed", `mixed-${name}`)),
        ...["g", "h", "i"].map((name) => of("mixed", `mixed-${name}`, "IPv6")),
        ...["huge-a", "huge-b"].map((name) => of("huge6", name, "IPv6")),
        service("huge-last", {
          annotations: { "fairlead.dev/loadBalancerIPs": "2001:db8:20:0:ffff:ffff:ffff:ffff" },
          spec: { ipFamilies: ["IPv6"] },
        }),
        service("huge-beyond", {
          annotations: { "fairlead.dev/loadBalancerIPs": "2001:db8:20:1::" },
          spec: { ipFamilies: ["IPv6"] },
        }),
      );
      const said = await outcomes(lab, {
        "one-a": "198.51.100.200",
        "one-b": "PoolExhausted",
        "one6-a": "2001:db8:10::200",
        "one6-b": "PoolExhausted",
        "mixed-a": "198.51.100.205",
        "mixed-b": "198.51.100.206",
        "mixed-c": "198.51.100.202",
        "mixed-d": "198.51.100.208",
        "mixed-e": "198.51.100.209",
        "mixed-f": "PoolExhausted",
        "mixed-g": "2001:db8:10::7f",
        "mixed-h": "2001:db8:10::80",
        "mixed-i": "PoolExhausted",
        "huge-a": "2001:db8:20::",
        "huge-b": "2001:db8:20::1",
        "huge-last": "2001:db8:20:0:ffff:ffff:ffff:ffff",
        "huge-beyond": "AddressNotInAnyPool",
      });
      expect(said["one-b"]).to.contain('ool "one" has 1 of its 1 IPv4 addresses in use');
      expect(said["mixed-f"]).to.contain('ool "mixed" has 5 of its 5 IPv4 addresses in use');
      expect(said["mixed-i"]).to.contain('ool "mixed" has 2 of its 2 IPv6 addresses in use');
      await usage("one", "ipv4", { capacity: "1", used: "1", free: "0" });
      await usage("mixed", "ipv4", { capacity: "5", used: "5", free: "0" });
      await usage("mixed", "ipv6", { capacity: "2", used: "2", free: "0" });
      await usage("huge6", "ipv6", {
        capacity: "18446744073709551616",
        used: "3",
        free: "18446744073709551613",
      });
    });

    it("with the first and last addresses as avoidBuggyIPs says", async () => {
      const careful = { avoidBuggyIPs: true };
      await apply(
        lab,
        reserved("careful", ["198.18.0.254-198.18.1.1"], careful),
        reserved("careless", ["198.18.3.255-198.18.4.0"]),
        reserved("careful-24", ["198.18.5.0/24"], careful),
        reserved("careless-24", ["198.18.6.0/24"]),
        reserved("nothing", ["198.18.7.255-198.18.8.0"], careful),
      );
      const wants = (name: string, ip: string) =>
        service(name, { annotations: { "fairlead.dev/loadBalancerIPs": ip } });
      await apply(
        lab,
        ...["careful-a", "careful-b", "careful-c"].map((name) => of("careful", name)),
        ...["careless-a", "careless-b", "careless-c"].map((name) => of("careless", name)),
        of("careful-24", "careful-24-first"),
        wants("careful-24-zero", "198.18.5.0"),
        wants("careful-24-last", "198.18.5.255"),
        of("careless-24", "careless-24-first"),
        wants("careless-24-last", "198.18.6.255"),
        of("nothing", "nothing-a"),
      );
      const said = await outcomes(lab, {
        "careful-a": "198.18.0.254",
        "careful-b": "198.18.1.1",
        "careful-c": "PoolExhausted",
        "careless-a": "198.18.3.255",
        "careless-b": "198.18.4.0",
        "careless-c": "PoolExhausted",
        "careful-24-first": "198.18.5.1",
        "careful-24-zero": "AddressExcluded",
        "careful-24-last": "AddressExcluded",
        "careless-24-first": "198.18.6.0",
        "careless-24-last": "198.18.6.255",
        "nothing-a": "PoolExhausted",
      });
      expect(said["careful-c"]).to.match(/2 of its \d+ IPv4 addresses in use and \d+ left out/);
      expect(said["careful-24-last"]).to.contain(
        'asks for 198.18.5.255, which pool "careful-24" leaves out (avoidBuggyIPs); ask for another address',
      );
      expect(said["nothing-a"]).to.match(/0 of its (\d+) IPv4 addresses in use and \1 left out/);
      await usage("careful-24", "ipv4", { capacity: "256", used: "1", free: "253" });
      await usage("careless-24", "ipv4", { capacity: "256", used: "2", free: "254" });
    });
  });

  describe("to those whom a pool is for", () => {
    /** Not the names of another run: a namespace goes slowly. */
    const RED = `red-${process.pid}`;
    const BLUE = `blue-${process.pid}`;
    before(() => apply(lab, namespace(RED, { team: "red" }), namespace(BLUE, { team: "blue" })));
    after(() => lab.kubectl(["delete", "namespace", RED, BLUE, "--wait=false"]));

    it("by priority, then those with restrictions, then by name; of autoAssign: false only on request", async () => {
      const order = (priority: number) => ({ serviceAllocation: { priority } });
      await apply(
        lab,
        reserved("a-on-request", ["198.51.100.200"], order(1)),
        pool("b-unpinned", { addresses: ["198.51.100.201"] }),
        pool("c-unpinned", { addresses: ["198.51.100.202"] }),
        pool("d-pinned", { addresses: ["198.51.100.203"], serviceAllocation: { namespaces: ["default"] } }),
        pool("e-late", { addresses: ["198.51.100.204"], ...order(20) }),
        pool("f-early", { addresses: ["198.51.100.205"], ...order(10) }),
      );
      const names = ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6"];
      await apply(lab, ...names.map(plain));
      const said = await outcomes(lab, {
        "s-1": "198.51.100.205",
        "s-2": "198.51.100.204",
        "s-3": "198.51.100.203",
        "s-4": "198.51.100.201",
        "s-5": "198.51.100.202",
        "s-6": "PoolExhausted",
      });
      expect(said["s-6"]).to.contain('"f-early" has 1 of its 1').and.not.to.contain("a-on-request");
      await apply(lab, of("a-on-request", "s-6"));
      await outcomes(lab, { "s-6": "198.51.100.200" });
      await lab.kubectl(["delete", "service", ...names]);
      await lab.kubectl(["delete", "ippool", "b-unpinned", "c-unpinned", "d-pinned", "e-late", "f-early"]);
      await apply(lab, plain("alone"));
      const { alone } = await outcomes(lab, { alone: "NotAdmitted" });
      expect(alone).to.contain('ool "a-on-request" has autoAssign: false; name a pool that admits it');
    });

    it("by namespaces, namespaceSelectors and serviceSelectors in all combinations, and not to those who carry labels that nothing selects", async () => {
      const red = { namespaces: [RED] };
      const redTeam = { namespaceSelectors: [{ matchLabels: { team: "red" } }] };
      const gold = { serviceSelectors: [{ matchLabels: { tier: "gold" } }] };
      const noTeam = { namespaceSelectors: [{ matchLabels: { team: "nobody" } }] };
      const pools: readonly [string, object, string][] = [
        ["names", red, "red red-gold"],
        ["teams", redTeam, "red red-gold"],
        ["gold", gold, "red-gold blue-gold"],
        ["names-or-teams", { namespaces: [BLUE], ...redTeam }, "red red-gold blue blue-gold"],
        ["names-gold", { ...red, ...gold }, "red-gold"],
        ["teams-gold", { ...redTeam, ...gold }, "red-gold"],
        ["all-three", { namespaces: [BLUE], ...redTeam, ...gold }, "red-gold blue-gold"],
        ["names-no-team", { ...red, ...noTeam }, "red red-gold"],
        ["no-team", noTeam, ""],
        ["no-service", { serviceSelectors: [{ matchLabels: { tier: "lead" } }] }, ""],
        ["either-service", { serviceSelectors: [{ matchLabels: { tier: "lead" } }, {}] }, "all"],
        ["everybody", { namespaces: [], namespaceSelectors: [], serviceSelectors: [] }, "all"],
      ];
      const who = ["red", "red-gold", "blue", "blue-gold"];
      await apply(
        lab,
        ...pools.map(([name, serviceAllocation], i) =>
          reserved(name, [`198.18.10.${8 * i}/29`], { serviceAllocation }),
        ),
      );
      const cases = pools.flatMap(([pool, , admits]) =>
        who.map((applicant) => {
          const [team = "", tier = ""] = applicant.split("-");
          const admitted = admits === "all" || admits.split(" ").includes(applicant);
          return { pool, applicant, admitted, namespace: team === "red" ? RED : BLUE, labels: { tier } };
        }),
      );
      const manifests = cases.map(({ pool, applicant, namespace, labels }) =>
        service(`${pool}-${applicant}`, {
          ...{ namespace, labels },
          annotations: { "fairlead.dev/address-pool": pool },
        }),
      );
      await apply(lab, ...manifests);
      const admittedCounts = new Map<string, number>();
      const expected = cases.map(({ pool, applicant, admitted, namespace }) => {
        const count = admittedCounts.get(pool) ?? 0;
        if (admitted) admittedCounts.set(pool, count + 1);
        const first = 8 * pools.findIndex(([name]) => name === pool);
        return [
          `${namespace}/${pool}-${applicant}`,
          admitted ? `198.18.10.${first + count}` : "NotAdmitted",
        ] as const;
      });
      const said = await outcomes(lab, Object.fromEntries(expected));
      expect(said[`${BLUE}/names-blue`]).to.contain(
        `Annotation fairlead.dev/address-pool asks for pool "names", but pool "names" does not admit namespace "${BLUE}"; change its serviceAllocation or ask for another pool`,
      );
      expect(said[`${RED}/gold-red`]).to.contain('pool "gold" does not select the Service\'s labels');
    });

    it("as soon as the labels of the namespace or of the Service admit it; one that is no longer admitted keeps what it has", async () => {
      await apply(
        lab,
        pool("team", {
          addresses: ["198.51.100.210-198.51.100.219"],
          serviceAllocation: { namespaceSelectors: [{ matchLabels: { access: "yes" } }] },
        }),
        pool("tier", {
          addresses: ["198.51.100.220-198.51.100.229"],
          serviceAllocation: { serviceSelectors: [{ matchLabels: { tier: "gold" } }] },
        }),
      );
      for (const name of ["team", "tier"])
        await condition(lab, paths.pool(name), { type: "Ready", status: "True" });
      await apply(lab, service("waits", { namespace: RED }), plain("poor"));
      const said = await outcomes(lab, { [`${RED}/waits`]: "NotAdmitted", poor: "NotAdmitted" });
      expect(said.poor).to.match(
        /pool "team" does not admit namespace "default".*pool "tier" does not select/i,
      );
      await lab.kubectl(["label", "namespace", RED, "access=yes"]);
      await lab.kubectl(["label", "service", "poor", "tier=gold"]);
      await outcomes(lab, { [`${RED}/waits`]: "198.51.100.210", poor: "198.51.100.220" });
      await lab.kubectl(["label", "namespace", RED, "access-"]);
      await lab.kubectl(["label", "service", "poor", "tier-"]);
      await apply(lab, service("late", { namespace: RED }));
      await outcomes(lab, {
        [`${RED}/late`]: "NotAdmitted",
        [`${RED}/waits`]: "198.51.100.210 KeptOutsidePools",
        poor: "198.51.100.220 KeptOutsidePools",
      });
    });
  });

  describe("and stay", () => {
    /** The VirtualIPs of these addresses as they are, without what tells where they come from. */
    const records = async (ips: readonly string[]) => {
      const names = ips.map(virtualIPNameOf);
      const found = await Promise.all(names.map((name) => lab.api.get<VirtualIP>(paths.virtualIP(name))));
      return found.map(({ metadata, spec, status }) => ({
        uid: metadata.uid,
        placement: spec.placement,
        announcers: status?.announcers,
      }));
    };

    it("when a pool is shrunk, renamed or deleted: no address moves, and what no pool has any more is told", async function () {
      this.timeout(120_000);
      await apply(
        lab,
        pool("lan", { addresses: ["198.51.100.200-198.51.100.203"] }),
        reserved("old-name", ["198.51.100.210-198.51.100.211"]),
        reserved("doomed", ["198.51.100.220"]),
        reserved("away", ["198.51.100.230-198.51.100.231"]),
      );
      await apply(
        lab,
        ...["lan-a", "lan-b", "lan-c"].map(plain),
        service("renamed", { annotations: { "fairlead.dev/loadBalancerIPs": "198.51.100.210" } }),
        of("doomed", "doomed"),
        service("moved", { annotations: { "fairlead.dev/loadBalancerIPs": "198.51.100.231" } }),
      );
      const given = {
        "lan-a": "198.51.100.200",
        "lan-b": "198.51.100.201",
        "lan-c": "198.51.100.202",
        renamed: "198.51.100.210",
        doomed: "198.51.100.220",
        moved: "198.51.100.231",
      };
      await outcomes(lab, given);
      const ips = Object.values(given);
      for (const ip of ips) await announcer(lab, ip);
      const before = await records(ips);
      await lab.kubectl(["delete", "ippool", "old-name", "doomed"]);
      await apply(
        lab,
        pool("lan", { addresses: ["198.51.100.200-198.51.100.201"] }),
        reserved("new-name", ["198.51.100.210-198.51.100.211"]),
        reserved("away", ["198.51.100.230"]),
        reserved("there", ["198.51.100.231"]),
      );
      // Pools and Services are watched apart: by then the controller has seen that one of them is smaller.
      await outcomes(lab, { "lan-c": "198.51.100.202 KeptOutsidePools" });
      await apply(lab, ...["late-a", "late-b"].map(plain));
      const shrunk = await outcomes(lab, {
        ...given,
        "lan-c": "198.51.100.202 KeptOutsidePools",
        "late-a": "PoolExhausted",
        "late-b": "PoolExhausted",
      });
      expect(shrunk["lan-c"]).to.equal(
        'It has 198.51.100.202. No pool has 198.51.100.202 any more (it came from pool "lan"); the Service keeps it until it asks for another one or a pool has it again.',
      );
      expect(shrunk["late-a"]).to.contain("has 2 of its 2 IPv4 addresses in use");
      await says(lab, "moved", 'It has 198.51.100.231 (pool "there")');
      const gone = await outcomes(
        lab,
        { ...given, "lan-c": "198.51.100.202 KeptOutsidePools", doomed: "198.51.100.220 KeptOutsidePools" },
        GONE_MS,
      );
      expect(gone.doomed).to.contain('No pool has 198.51.100.220 any more (it came from pool "doomed")');
      await says(lab, "renamed", 'It has 198.51.100.210 (pool "new-name")');
      expect(await records(ips)).to.deep.equal(before);
      for (const [ip, name] of [
        ["198.51.100.210", "new-name"],
        ["198.51.100.231", "there"],
      ])
        await lab.waitFor(`the record of ${ip} names ${name}`, async (see) => {
          const record = (await virtualIPs(lab)).find(({ spec }) => spec.address === ip);
          see(record?.spec);
          return record?.spec.pool === name;
        });
      await page(lab, "client-1", "198.51.100.202");
      await page(lab, "client-1", "198.51.100.220");
      await apply(
        lab,
        pool("lan", { addresses: ["198.51.100.200-198.51.100.203"] }),
        reserved("doomed", ["198.51.100.220"]),
      );
      await outcomes(lab, { ...given, "late-a": "198.51.100.203", "late-b": "PoolExhausted" });
      expect(await records(ips)).to.deep.equal(before);
    });
  });

  describe("of a pool that is exhausted", () => {
    it("to the one that waits longest, as soon as one is free; the others are told the numbers", async () => {
      await apply(lab, pool("small", { addresses: ["198.51.100.200/31", "2001:db8:10::200"] }));
      await apply(lab, plain("holder-1"), plain("holder-2"));
      await outcomes(lab, { "holder-1": "198.51.100.200", "holder-2": "198.51.100.201" });
      // Names against the order of waiting, which is told apart by whole seconds.
      const waiting = ["w-3", "w-2", "w-1"];
      for (const name of waiting) {
        await apply(lab, plain(name));
        const told = await outcomes(lab, { [name]: "PoolExhausted" });
        expect(told[name]).to.equal(
          'It has no address. Pool "small" has 2 of its 2 IPv4 addresses in use; add addresses or delete a Service.',
        );
        const { lastTransitionTime } = await condition(lab, paths.service(name), {
          type: ALLOCATED,
          status: "False",
        });
        await lab.waitFor("the next second", () => Date.now() >= Date.parse(lastTransitionTime) + 1000);
      }
      await lab.kubectl(["delete", "service", "holder-2"]);
      await outcomes(lab, { "w-3": "198.51.100.201", "w-2": "PoolExhausted", "w-1": "PoolExhausted" });
      await apply(lab, plain("young"));
      await outcomes(lab, { young: "PoolExhausted" });
      await lab.kubectl(["delete", "service", "holder-1"]);
      await outcomes(lab, {
        "w-3": "198.51.100.201",
        "w-2": "198.51.100.200",
        "w-1": "PoolExhausted",
        young: "PoolExhausted",
      });
      await apply(lab, pool("small", { addresses: ["198.51.100.200/30"] }));
      await outcomes(lab, {
        "w-3": "198.51.100.201",
        "w-2": "198.51.100.200",
        "w-1": "198.51.100.202",
        young: "198.51.100.203",
      });
    });
  });

  describe("of pools that overlap", () => {
    it("from both, each address once; the overlap is told on both until it is gone", async () => {
      await apply(
        lab,
        pool("left", { addresses: ["198.51.100.200-198.51.100.203", "2001:db8:10::200/124"] }),
        pool("right", { addresses: ["198.51.100.202-198.51.100.205", "2001:db8:10::208/125"] }),
      );
      const wanted = { type: "Overlapping", status: "True", reason: "SharesAddresses" };
      const left = await condition(lab, paths.pool("left"), wanted);
      const right = await condition(lab, paths.pool("right"), wanted);
      const shared = (other: string) =>
        `It shares 198.51.100.202-198.51.100.203 with pool "${other}", 2001:db8:10::208-2001:db8:10::20f with pool "${other}".`;
      expect(left.message).to.contain(shared("right"));
      expect(right.message).to.contain(shared("left"));
      await condition(lab, paths.pool("left"), { type: "Ready", status: "True" });
      const asking = ["r-1", "l-1", "r-2", "l-2", "r-3", "l-3", "r-4"];
      await apply(lab, ...asking.map((name) => of(name.startsWith("r") ? "right" : "left", name)));
      await outcomes(lab, {
        "r-1": "198.51.100.202",
        "l-1": "198.51.100.200",
        "r-2": "198.51.100.203",
        "l-2": "198.51.100.201",
        "r-3": "198.51.100.204",
        "l-3": "PoolExhausted",
        "r-4": "198.51.100.205",
      });
      for (const ip of await addressed(lab, "r-1")) await page(lab, "client-1", ip);
      await usage("left", "ipv4", { capacity: "4", used: "4", free: "0" });
      await usage("right", "ipv4", { capacity: "4", used: "4", free: "0" });
      await apply(lab, pool("left", { addresses: ["198.51.100.200-198.51.100.201", "198.51.100.206"] }));
      await outcomes(lab, { "l-3": "198.51.100.206", "r-1": "198.51.100.202" });
      for (const name of ["left", "right"]) {
        await lab.waitFor(`pool ${name} overlaps no more`, async (see) => {
          const { status } = await lab.api.get<IPAddressPool>(paths.pool(name));
          see(status);
          return status?.conditions?.every(({ type }) => type !== "Overlapping");
        });
      }
    });
  });
});
