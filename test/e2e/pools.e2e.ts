import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { leader, otherLeader, replacePod } from "./support/controllers.ts";
import { DUAL_STACK } from "./support/held.ts";
import { clear, gone, keptFor } from "./support/keepings.ts";
import { type Manifest, namespace, pool, service } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { type CountedPool, candidatesOf, ownCount } from "./support/own-count.ts";
import { measured, type Usages, usage } from "./support/pool-usage.ts";
import { addressed, apply, condition, merge, paths, reset } from "./support/steps.ts";

const SINGLE6 = { ipFamilies: ["IPv6"] };

const plain = (name: string): Manifest => service(name);
const plain6 = (name: string): Manifest => service(name, { spec: SINGLE6 });
const dual = (name: string, namespace = "default"): Manifest =>
  service(name, { namespace, spec: DUAL_STACK });

/** A Service that asks for an address. */
const wants = (name: string, ip: string): Manifest =>
  service(name, {
    annotations: { "fairlead.dev/loadBalancerIPs": ip },
    spec: ip.includes(":") ? SINGLE6 : {},
  });

/** A Service that asks for a pool by name. */
const of = (pool: string, name: string, spec: object = {}): Manifest =>
  service(name, { annotations: { "fairlead.dev/address-pool": pool }, spec: { ...spec } });

describe("a pool", () => {
  let lab: Lab;
  before(async () => {
    lab = await cluster();
    await reset(lab);
  });
  after(() => clear(lab));
  afterEach(() => clear(lab));

  describe("that has addresses which are not for Services", () => {
    const LAN = {
      addresses: ["198.51.100.0/24", "2001:db8:10::/123"],
      exclude: [
        ...["198.51.100.2", "198.51.100.5", "198.51.100.8/31", "198.51.100.14-198.51.100.252"],
        ...["2001:db8:10::2-2001:db8:10::e", "2001:db8:10::14/126", "2001:db8:10::18/125"],
      ],
    };
    /** Everything else is left out, or used by the network: 0, 1, 11 to 13 and the broadcast address. */
    const LEFT = [3, 4, 6, 7, 10, 253, 254].map((host) => `198.51.100.${host}`);
    const LEFT6 = ["2001:db8:10::f", "2001:db8:10::10"];

    it("hands out neither what it leaves out nor what the network itself uses, by itself or on request, and everything else", async () => {
      await apply(lab, pool("lan", LAN));
      await usage(lab, "ipv4", { lan: { free: 7, excluded: 249 } });
      await usage(lab, "ipv6", { lan: { free: 2, excluded: 30 } });
      const asked = {
        network: ["198.51.100.0", "network address"],
        gateway: ["198.51.100.1", "gateway"],
        "node-a": ["198.51.100.11", 'node "node-1"'],
        "node-b": ["198.51.100.13", 'node "node-3"'],
        broadcast: ["198.51.100.255", "broadcast address"],
        single: ["198.51.100.5", 'pool "lan" leaves out (exclude)'],
        range: ["198.51.100.14", 'pool "lan" leaves out (exclude)'],
        "range-end": ["198.51.100.252", 'pool "lan" leaves out (exclude)'],
        cidr: ["198.51.100.9", 'pool "lan" leaves out (exclude)'],
        gateway6: ["2001:db8:10::1", "gateway"],
        "node6-a": ["2001:db8:10::12", 'node "node-2"'],
        range6: ["2001:db8:10::e", 'pool "lan" leaves out (exclude)'],
        cidr6: ["2001:db8:10::17", 'pool "lan" leaves out (exclude)'],
      } as const;
      const names = Object.keys(asked) as (keyof typeof asked)[];
      await apply(lab, ...names.map((name) => wants(name, asked[name][0])));
      const told = await outcomes(
        lab,
        Object.fromEntries(names.map((name) => [name, "AddressExcluded"])) as Record<
          keyof typeof asked,
          string
        >,
      );
      for (const name of names) {
        const [ip, what] = asked[name];
        expect(told[name]).to.contain(`asks for ${ip}, which`).and.to.contain(what);
        expect(told[name]).to.match(/^It has no address\. .*; ask for another address\.$/);
      }
      await apply(lab, ...LEFT.map((_, i) => plain(`s-${i}`)), ...LEFT6.map((_, i) => plain6(`t-${i}`)));
      await outcomes(lab, {
        ...Object.fromEntries(LEFT.map((ip, i) => [`s-${i}`, ip])),
        ...Object.fromEntries(LEFT6.map((ip, i) => [`t-${i}`, ip])),
      });
      await apply(lab, plain("one-more"), plain6("one-more6"));
      const more = await outcomes(lab, { "one-more": "PoolExhausted", "one-more6": "PoolExhausted" });
      expect(more["one-more"]).to.contain(
        'ool "lan" has 7 of its 256 IPv4 addresses in use and 249 left out',
      );
      expect(more["one-more6"]).to.contain('ool "lan" has 2 of its 32 IPv6 addresses in use and 30 left out');
      await usage(lab, "ipv4", { lan: { used: 7, excluded: 249 } });
      await usage(lab, "ipv6", { lan: { used: 2, excluded: 30 } });
    });

    it("follows the network: what a node has just taken is not handed out and is given when the node lets it go; who holds it keeps it", async () => {
      const taken = ["198.51.100.3/24", "198.51.100.4/24", "2001:db8:10::f/64", "2001:db8:10::10/64"];
      const onNode = (verb: "add" | "del") =>
        Promise.all(taken.map((prefix) => lab.exec("node-1", addressCommand(verb, prefix))));
      await apply(lab, pool("lan", LAN));
      await apply(lab, plain("first"), plain6("first6"));
      await outcomes(lab, { first: "198.51.100.3", first6: "2001:db8:10::f" });
      await onNode("add");
      try {
        await usage(lab, "ipv4", { lan: { used: 1, free: 5, excluded: 250 } });
        await usage(lab, "ipv6", { lan: { used: 1, excluded: 31 } });
        await apply(lab, plain("second"), plain6("second6"), wants("asks", "198.51.100.4"));
        const { asks } = await outcomes(lab, {
          first: "198.51.100.3",
          first6: "2001:db8:10::f",
          second: "198.51.100.6",
          second6: "PoolExhausted",
          asks: "AddressExcluded",
        });
        expect(asks).to.contain('198.51.100.4, which is the address of node "node-1"');
      } finally {
        await onNode("del");
      }
      await outcomes(lab, {
        first: "198.51.100.3",
        second: "198.51.100.6",
        second6: "2001:db8:10::10",
        asks: "198.51.100.4",
      });
    });
  });

  describe("that is counted", () => {
    /** Each at the end of a /24, so that there is a broadcast address for `avoidBuggyIPs` to leave out. */
    const SHAPES: Readonly<Record<string, { readonly entry: string; readonly excludable: string }>> = {
      "32": { entry: "255/32", excludable: "255" },
      "31": { entry: "254/31", excludable: "254" },
      "30": { entry: "252/30", excludable: "253" },
      range: { entry: "255-N255", excludable: "255" },
      "128": { entry: "ff/128", excludable: "ff" },
      "127": { entry: "fe/127", excludable: "fe" },
      "126": { entry: "fc/126", excludable: "fd" },
      range6: { entry: "ff-Nff", excludable: "ff" },
    };

    /** One pool of each shape in each variant, by name, with the beginning of its addresses. */
    const POOLS = new Map(
      Object.entries(SHAPES).flatMap(([shape, { entry, excludable }], i) =>
        ["all", "careful", "without", "both"].map((variant, j) => {
          const isIPv6 = /ff|fe|fc/.test(entry);
          const beginning = isIPv6 ? `2001:db8:3${i}:${j + 1}::` : `198.18.${10 * i + j}.`;
          const counted: CountedPool = {
            addresses: [beginning + entry.replace("N", beginning)],
            ...((variant === "without" || variant === "both") && { exclude: [beginning + excludable] }),
            ...((variant === "careful" || variant === "both") && { avoidBuggyIPs: true }),
          };
          return [`p${shape}-${variant}`, { beginning, counted, family: isIPv6 ? "ipv6" : "ipv4" }] as const;
        }),
      ),
    );

    /** What each pool of a family has by a count of our own. */
    const counts = (family: "ipv4" | "ipv6", held: ReadonlySet<string>): Usages =>
      Object.fromEntries(
        [...POOLS]
          .filter(([, one]) => one.family === family)
          .map(([name, { beginning, counted }]) => {
            const { offered: _, ...count } = ownCount(counted, candidatesOf(beginning), held);
            return [name, count];
          }),
      );

    const add = async (held: ReadonlySet<string>): Promise<void> => {
      for (const family of ["ipv4", "ipv6"] as const) {
        await usage(lab, family, counts(family, held));
        await measured(lab, family, counts(family, held));
      }
    };

    it("adds up when it is empty, when nothing is left of it and when it is empty again, however small it is", async () => {
      await apply(
        lab,
        ...[...POOLS].map(([name, { counted }]) => pool(name, { ...counted, autoAssign: false })),
      );
      await add(new Set());
      const expected = new Map<string, string>();
      const manifests: Manifest[] = [];
      for (const [name, { beginning, counted, family }] of POOLS) {
        const { offered } = ownCount(counted, candidatesOf(beginning), new Set());
        for (let i = 0; i <= offered.length; i++) {
          manifests.push(of(name, `${name}-${i}`, family === "ipv6" ? SINGLE6 : {}));
          expected.set(`${name}-${i}`, offered[i] ?? "PoolExhausted");
        }
      }
      await apply(lab, ...manifests);
      await outcomes(lab, Object.fromEntries(expected), 30_000);
      await add(new Set(expected.values()));
      await lab.kubectl(["delete", "services", ...expected.keys()]);
      await add(new Set());
    });

    it("adds up exactly where a number of 64 bits is too small, with and without what it leaves out", async () => {
      const wide = (n: number) => [`2001:db8:${n}0::/64`, `2001:db8:${n}1::/64`, `2001:db8:${n}2::/48`];
      const without = { exclude: ["2001:db8:40::/65", "2001:db8:42:1::7", "2001:db8:42::-2001:db8:42::f"] };
      await apply(
        lab,
        pool("wide", { addresses: wide(3), autoAssign: false, avoidBuggyIPs: true }),
        pool("wide-without", { addresses: wide(4), autoAssign: false, ...without }),
        pool("eight", { addresses: ["11.0.0.0/8"], autoAssign: false, avoidBuggyIPs: true }),
      );
      const all = 2n * 2n ** 64n + 2n ** 80n;
      const excluded = 2n ** 63n + 1n + 16n;
      const buggy = 2 * 2 ** 16;
      await usage(lab, "ipv6", {
        wide: { free: all },
        "wide-without": { free: all - excluded, excluded },
      });
      await usage(lab, "ipv4", { eight: { free: 2 ** 24 - buggy, excluded: buggy } });
      await apply(
        lab,
        of("wide", "a", SINGLE6),
        of("wide-without", "b", SINGLE6),
        wants("c", "2001:db8:42:ffff:ffff:ffff:ffff:ffff"),
        of("eight", "d"),
        wants("e", "11.255.255.254"),
      );
      await outcomes(lab, {
        a: "2001:db8:30::",
        b: "2001:db8:40:0:8000::",
        c: "2001:db8:42:ffff:ffff:ffff:ffff:ffff",
        d: "11.0.0.1",
        e: "11.255.255.254",
      });
      await usage(lab, "ipv6", {
        wide: { used: 1, free: all - 1n },
        "wide-without": { used: 2, free: all - excluded - 2n, excluded },
      });
      await usage(lab, "ipv4", { eight: { used: 2, free: 2 ** 24 - buggy - 2, excluded: buggy } });
    });
  });

  describe("that is disabled", () => {
    const ADDRESSES = ["198.51.100.200-198.51.100.204", "2001:db8:10::200-2001:db8:10::203"];

    it("hands out nothing new and says so; who holds an address of it keeps it, and who is kept one gets it", async () => {
      await apply(lab, pool("lan", { addresses: ADDRESSES, releaseDelay: "10m" }));
      await apply(lab, dual("holder"), dual("comes-back"));
      const held = {
        holder: "198.51.100.200 2001:db8:10::200",
        "comes-back": "198.51.100.201 2001:db8:10::201",
      };
      await outcomes(lab, held);
      await apply(lab, pool("lan", { addresses: ADDRESSES, releaseDelay: "10m", disabled: true }));
      await lab.kubectl(["delete", "service", "comes-back"]);
      await usage(lab, "ipv4", { lan: { used: 1, released: 1, free: 3 } });
      await apply(
        lab,
        keptFor("198.51.100.203", "default/expected"),
        plain("any"),
        wants("by-address", "198.51.100.204"),
        wants("by-address6", "2001:db8:10::202"),
        of("lan", "by-pool"),
        dual("comes-back"),
        plain("expected"),
      );
      const told = await outcomes(lab, {
        ...held,
        expected: "198.51.100.203",
        any: "PoolDisabled",
        "by-pool": "PoolDisabled",
        "by-address": "PoolDisabled",
        "by-address6": "PoolDisabled",
      });
      expect(told.any).to.contain('ool "lan" is disabled');
      expect(told["by-pool"]).to.contain('asks for pool "lan", which is disabled and hands out nothing new');
      expect(told["by-address"]).to.contain('asks for 198.51.100.204 of pool "lan", which is disabled');
      await apply(lab, pool("lan", { addresses: [...ADDRESSES, "198.51.100.205"], disabled: false }));
      await outcomes(lab, {
        ...held,
        any: "198.51.100.202",
        "by-pool": "198.51.100.205",
        "by-address": "198.51.100.204",
        "by-address6": "2001:db8:10::202",
      });
    });
  });

  describe("with a quota for each namespace", () => {
    /** Not the names of another run: a namespace goes slowly. */
    const RED = `quota-red-${process.pid}`;
    const BLUE = `quota-blue-${process.pid}`;
    before(() => apply(lab, namespace(RED), namespace(BLUE)));
    after(() => lab.kubectl(["delete", "namespace", RED, BLUE, "--wait=false"]));

    const quota = (perNamespace: number): Manifest =>
      pool("lan", {
        addresses: ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"],
        quota: { perNamespace },
      });
    const exceeded = (holds: number, allowed: number): string =>
      `amespace "${RED}" holds ${holds} of the ${allowed} addresses that quota.perNamespace of pool "lan" allows it; delete a Service there or raise the quota`;
    const red = (name: string, spec: object = {}): Manifest =>
      service(name, { namespace: RED, spec: { ...spec } });

    it("gives a namespace no more of each family than that; others are served, and who waits gets what is given back", async () => {
      await apply(lab, quota(2));
      await apply(lab, red("one"), red("two"), red("three"), service("other", { namespace: BLUE }));
      const told = await outcomes(lab, {
        [`${RED}/one`]: "198.51.100.200",
        [`${RED}/two`]: "198.51.100.201",
        [`${RED}/three`]: "QuotaExceeded",
        [`${BLUE}/other`]: "198.51.100.202",
      });
      expect(told[`${RED}/three`]).to.equal(`It has no address. N${exceeded(2, 2)}.`);
      await apply(
        lab,
        red("six", SINGLE6),
        service("asks", {
          namespace: RED,
          annotations: { "fairlead.dev/loadBalancerIPs": "198.51.100.209" },
        }),
      );
      const families = await outcomes(lab, {
        [`${RED}/six`]: "2001:db8:10::200",
        [`${RED}/asks`]: "QuotaExceeded",
      });
      expect(families[`${RED}/asks`]).to.contain(exceeded(2, 2));
      await lab.kubectl(["-n", RED, "delete", "service", "one"]);
      await outcomes(lab, {
        [`${RED}/three`]: "198.51.100.200",
        [`${RED}/two`]: "198.51.100.201",
        [`${RED}/asks`]: "QuotaExceeded",
      });
    });

    it("takes nothing from anybody when it is lowered, gives when it is raised, and does not count what a person reserved", async () => {
      await apply(lab, quota(2));
      const both = { one: "198.51.100.200 2001:db8:10::200", two: "198.51.100.201 2001:db8:10::201" };
      await apply(lab, dual("one", RED), dual("two", RED));
      const held = Object.fromEntries(Object.entries(both).map(([name, has]) => [`${RED}/${name}`, has]));
      await outcomes(lab, held);
      await apply(lab, quota(1));
      await apply(lab, red("three"), keptFor("198.51.100.205", `${RED}/expected`), red("expected"));
      const lowered = await outcomes(lab, {
        ...held,
        [`${RED}/three`]: "QuotaExceeded",
        [`${RED}/expected`]: "198.51.100.205",
      });
      expect(lowered[`${RED}/three`]).to.match(/holds [23] of the 1 addresses/);
      await apply(lab, quota(4));
      await outcomes(lab, { ...held, [`${RED}/three`]: "198.51.100.202" });
    });
  });

  describe("that hands out in turn", () => {
    const RANGES = ["198.51.100.200-198.51.100.203", "2001:db8:10::200-2001:db8:10::203"];

    it("uses an address again as late as possible, also when another controller goes on; one that does not, at once", async () => {
      await apply(
        lab,
        pool("turns", { addresses: RANGES, autoAssign: false, selection: "LeastRecentlyUsed" }),
        pool("first", { addresses: ["198.51.100.210-198.51.100.213"], autoAssign: false }),
      );
      const given: string[] = [];
      const again: string[] = [];
      for (let i = 0; i < 6; i++) {
        if (i === 3) {
          await lastHandedOut({ ipv4: "198.51.100.202", ipv6: "2001:db8:10::202" });
          await settled(lab, 1500);
          const leads = await leader(lab);
          await replacePod(lab, leads);
          await otherLeader(lab, leads);
        }
        await apply(lab, of("turns", `t-${i}`, DUAL_STACK), of("first", `f-${i}`));
        const both = await addressed(lab, `t-${i}`, 2);
        const [same = ""] = await addressed(lab, `f-${i}`);
        given.push(both.join(" "));
        again.push(same);
        await lab.kubectl(["delete", "service", `t-${i}`, `f-${i}`]);
        for (const ip of [...both, same]) await gone(lab, ip);
      }
      const turn = [200, 201, 202, 203, 200, 201].map((last) => `198.51.100.${last} 2001:db8:10::${last}`);
      expect(given).to.deep.equal(turn);
      expect(again).to.deep.equal(Array(6).fill("198.51.100.210"));
    });

    const lastHandedOut = (expected: object): Promise<boolean> =>
      lab.waitFor("the pool says where it is", async (see) => {
        const { status } = await lab.api.get<IPAddressPool>(paths.pool("turns"));
        see(status);
        return JSON.stringify(status?.lastHandedOut) === JSON.stringify(expected);
      });
  });

  describe("says in its conditions", () => {
    const EXHAUSTED = { type: "Exhausted", status: "True", reason: "NothingFree" };

    it("that nothing is left of a family, until something is", async () => {
      const small = (...more: string[]) =>
        pool("small", { addresses: ["198.51.100.200", "2001:db8:10::200-2001:db8:10::201", ...more] });
      await apply(lab, small());
      await unsaid("small", "Exhausted");
      await apply(lab, dual("a"), plain6("b"));
      await outcomes(lab, { a: "198.51.100.200 2001:db8:10::200", b: "2001:db8:10::201" });
      const both = await said("small", EXHAUSTED, "IPv6");
      expect(both).to.match(/no IPv4 and no IPv6 address left to hand out; add addresses or delete/);
      await condition(lab, paths.pool("small"), { type: "Ready", status: "True" });
      await lab.kubectl(["delete", "service", "b"]);
      const one = await lab.waitFor("only IPv4 is exhausted", async (see) => {
        const { message } = await condition(lab, paths.pool("small"), EXHAUSTED);
        see(message);
        return !message.includes("IPv6") && message;
      });
      expect(one).to.contain("no IPv4 address left");
      await apply(lab, small("198.51.100.201"));
      await unsaid("small", "Exhausted");
    });

    it("with whom it shares which addresses, both being usable, until it shares them no more", async () => {
      await apply(
        lab,
        pool("left", { addresses: ["198.51.100.200-198.51.100.205", "2001:db8:10::200/125"] }),
        pool("middle", { addresses: ["198.51.100.204-198.51.100.209", "2001:db8:10::204"] }),
        pool("right", { addresses: ["198.51.100.208/29"] }),
        pool("apart", { addresses: ["198.51.100.240/29"] }),
      );
      const shares = { type: "Overlapping", status: "True", reason: "SharesAddresses" };
      const middle = await said("middle", shares, "right");
      expect(middle)
        .to.contain('198.51.100.204-198.51.100.205 with pool "left"')
        .and.to.contain('2001:db8:10::204 with pool "left"')
        .and.to.contain('198.51.100.208-198.51.100.209 with pool "right"');
      expect(await said("left", shares, "middle")).not.to.contain("right");
      expect(await said("right", shares, "middle")).not.to.contain("left");
      await unsaid("apart", "Overlapping");
      for (const name of ["left", "middle", "right"])
        await condition(lab, paths.pool(name), { type: "Ready", status: "True" });
      await merge(lab, paths.pool("right"), { spec: { addresses: ["198.51.100.210-198.51.100.215"] } });
      await unsaid("right", "Overlapping");
      await lab.waitFor('"middle" shares with "left" only', async () => {
        const { message } = await condition(lab, paths.pool("middle"), shares);
        return !message.includes("right") && message.includes("left");
      });
      await lab.kubectl(["delete", "ippool", "middle"]);
      await lab.waitFor('"left" shares with nobody', () => unsaidNow("left", "Overlapping"), {
        deadlineMs: 45_000,
      });
    });

    /** Waits until the condition's text names something. @returns the text */
    const said = (
      name: string,
      wanted: { readonly type: string; readonly status: string; readonly reason: string },
      naming: string,
    ): Promise<string> =>
      lab.waitFor(`pool ${name} says ${naming}`, async (see) => {
        const { message } = await condition(lab, paths.pool(name), wanted);
        see(message);
        return message.includes(naming) && message;
      });

    const unsaidNow = async (name: string, type: string): Promise<boolean> => {
      const { status } = await lab.api.get<IPAddressPool>(paths.pool(name));
      const conditions = status?.conditions ?? [];
      return conditions.length > 0 && conditions.every((one) => one.type !== type || one.status === "False");
    };

    const unsaid = (name: string, type: string): Promise<boolean> =>
      lab.waitFor(`pool ${name} says ${type} no more`, () => unsaidNow(name, type));
  });
});

function addressCommand(verb: "add" | "del", prefix: string): readonly string[] {
  const options = verb === "add" && prefix.includes(":") ? ["nodad"] : [];
  return ["ip", "address", verb, prefix, "dev", "eth0", ...options];
}
