import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { DUAL_STACK } from "./support/held.ts";
import { clear, gone, keeping, keptFor } from "./support/keepings.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { usage } from "./support/pool-usage.ts";
import { rolledOut } from "./support/served.ts";
import { recordOf } from "./support/sharers.ts";
import {
  addressesOf,
  announcer,
  apply,
  condition,
  merge,
  paths,
  reset,
  virtualIPNameOf,
} from "./support/steps.ts";

const POOL = "fairlead.dev/address-pool";
const ADDRESSES = "fairlead.dev/loadBalancerIPs";

/** Addresses of the LAN by their last digits, the same in both families: `range(200, 203)`. */
const range = (first: number, last = first): readonly string[] => [
  `198.51.100.${first}-198.51.100.${last}`,
  `2001:db8:10::${first}-2001:db8:10::${last}`,
];
const both = (last: number): readonly string[] => [`198.51.100.${last}`, `2001:db8:10::${last}`];
/** What a Service of both families has if it has the addresses that end so. */
const pair = (last: number): string => both(last).join(" ");

const dual = (name: string, annotations: Readonly<Record<string, string>> = {}): Manifest =>
  service(name, { annotations, spec: DUAL_STACK });

const asking = (name: string, last: number): Manifest => dual(name, { [ADDRESSES]: both(last).join() });

/** Reservations of an address of both families for a Service of `default`. */
const kept = (last: number, name: string, more: object = {}): readonly Manifest[] =>
  both(last).map((ip) => keptFor(ip, `default/${name}`, more));

describe("the record of an address", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, web(), advertisement("all", {}));
    await rolledOut(lab, "web");
  });
  after(async () => {
    await clear(lab);
    await reset(lab);
  });
  afterEach(() => clear(lab));

  const deleteServices = (...names: readonly string[]): Promise<string> =>
    lab.kubectl(["delete", "service", ...names, "--wait=true"]);

  /** Waits until the VirtualIPs of an address of both families say so of Services of `default`. */
  const each = async (last: number, state: string, holder?: string, claim?: string): Promise<void> => {
    for (const ip of both(last)) {
      await keeping(lab, ip, {
        state,
        services: holder === undefined ? [] : [`default/${holder}`],
        ...(claim !== undefined && { claim: `default/${claim}` }),
      });
    }
  };

  /** A line of `kubectl get vip`, its columns separated by one blank. */
  const line = async (ip: string, ...options: readonly string[]): Promise<string> => {
    const table = await lab.kubectl(["get", "vip", virtualIPNameOf(ip), "--no-headers", ...options]);
    return table.trim().replace(/\s+/g, " ");
  };

  describe("is written ahead of time by a person, who keeps the address for a Service", () => {
    it("that does not exist yet: it gets it when it comes and each time it comes back, and nobody else does", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 202) }));
      await apply(lab, ...kept(200, "shop"), ...kept(202, "later"));
      await each(200, "Reserved", undefined, "shop");
      await usage(lab, "ipv4", { lan: { reserved: 2, free: 1 } });
      await usage(lab, "ipv6", { lan: { reserved: 2, free: 1 } });
      await apply(lab, dual("first"), dual("second"), asking("wants", 200));
      const told = await outcomes(lab, {
        first: pair(201),
        second: "PoolExhausted",
        wants: "AddressTaken",
      });
      expect(told.second).to.contain('"lan" has 1 of its 3 IPv4 addresses in use and 2 reserved');
      expect(told.wants).to.match(/198\.51\.100\.200 of pool "lan", which is reserved for default\/shop/);
      for (let round = 1; round <= 3; round++) {
        await apply(lab, dual("shop"));
        await outcomes(lab, { shop: pair(200), second: "PoolExhausted", wants: "AddressTaken" });
        await each(200, "Bound", "shop", "shop");
        await deleteServices("shop");
        if (round < 3) await each(200, "Reserved", undefined, "shop");
      }
      await each(200, "Reserved", undefined, "shop");
      await lab.kubectl(["delete", "vip", ...both(200).map(virtualIPNameOf)]);
      await outcomes(lab, { wants: "AddressTaken", first: pair(201), second: pair(200) });
    });

    it("for which it counts more than the pool's rules, but for exclude; a Service that has an address stays where it is", async () => {
      const rules = { autoAssign: false, disabled: true, serviceAllocation: { namespaces: ["elsewhere"] } };
      await apply(
        lab,
        pool("closed", { addresses: range(210, 219), exclude: range(219), ...rules }),
        pool("open", { addresses: range(200, 209) }),
      );
      await apply(lab, dual("settled"));
      await outcomes(lab, { settled: pair(200) });
      await apply(
        lab,
        ...[...kept(210, "settled"), ...kept(211, "comes"), ...kept(212, "elsewhere")],
        ...kept(219, "excluded"),
      );
      for (const last of [210, 211, 212]) for (const ip of both(last)) await keptState(ip, "Reserved");
      await apply(lab, dual("comes"), dual("elsewhere", { [POOL]: "open" }), dual("excluded"));
      await outcomes(lab, {
        settled: pair(200),
        comes: pair(211),
        elsewhere: pair(201),
        excluded: pair(202),
      });
    });

    const keptState = (ip: string, state: string): Promise<boolean> =>
      lab.waitFor(`${ip} is ${state}`, async (see) => {
        const { status } = await recordOf(lab, ip);
        see(status);
        return status?.state === state;
      });

    it("though no pool has it: it says so, and is kept as soon as one does", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 201) }), ...kept(240, "shop"));
      for (const ip of both(240)) {
        const conflict = { type: "Conflict", status: "True" };
        const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), conflict);
        expect(message)
          .to.contain(ip)
          .and.to.match(/^No IPAddressPool has /);
        await keptState(ip, "Conflict");
      }
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      await apply(lab, pool("more", { addresses: range(240), autoAssign: false }));
      await each(240, "Reserved", undefined, "shop");
      for (const ip of both(240)) {
        const { spec, status } = await recordOf(lab, ip);
        expect(spec.pool).to.equal("more");
        expect(
          status?.conditions?.filter(({ type, status: is }) => type === "Conflict" && is === "True"),
        ).to.deep.equal([]);
      }
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(240) });
    });

    it("though another Service holds it: that one keeps it, the contradiction is told, and it is kept when that one goes", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 201) }), dual("holder"));
      await outcomes(lab, { holder: pair(200) });
      for (const ip of both(200)) {
        const claim = { namespace: "default", name: "shop" };
        await merge(lab, paths.virtualIP(virtualIPNameOf(ip)), { spec: { claim } });
        const conflict = { type: "Conflict", status: "True" };
        const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), conflict);
        expect(message).to.contain("default/shop").and.to.contain("default/holder");
      }
      await each(200, "Conflict", "holder", "shop");
      await apply(lab, dual("shop"), dual("other"));
      await outcomes(lab, { holder: pair(200), shop: pair(201), other: "PoolExhausted" });
      await deleteServices("holder");
      await each(200, "Reserved", undefined, "shop");
      await outcomes(lab, { shop: pair(201), other: "PoolExhausted" });
      await deleteServices("shop");
      await outcomes(lab, { other: pair(201) });
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await each(200, "Bound", "shop", "shop");
    });
  });

  it("is what kubectl get vip shows: address, pool, holder, node, state and age; with -o wide for whom it is kept and why", async () => {
    await apply(lab, pool("lan", { addresses: range(200, 203), releaseDelay: "10m" }));
    await apply(lab, ...kept(203, "shop"), dual("web"), dual("leaves"));
    await outcomes(lab, { web: pair(200), leaves: pair(201) });
    await deleteServices("leaves");
    await each(201, "Released", undefined, "leaves");
    await each(203, "Reserved", undefined, "shop");
    const table = await lab.kubectl(["get", "vip"]);
    expect(table).to.match(/^NAME\s+ADDRESS\s+POOL\s+SERVICE\s+NODE\s+STATE\s+ANNOUNCED\s+AGE\n/);
    const wide = await lab.kubectl(["get", "vip", "-o", "wide"]);
    expect(wide).to.match(/\sAGE\s+CLAIM\s+CONFLICT\s+FOREIGN\s+MESSAGE\n/);
    for (const index of [0, 1]) {
      const [bound = "", released = "", reserved = ""] = [200, 201, 203].map(
        (last) => both(last)[index] ?? "",
      );
      const node = await announcer(lab, virtualIPNameOf(bound));
      const shown = (ip: string): string => `${virtualIPNameOf(ip)} ${ip} lan`;
      const age = "\\d+[sm](\\d+s)?";
      const matching = (text: string): RegExp => new RegExp(`^${text.replace(/[[\]{}"]/g, "\\$&")} ${age}`);
      expect(await line(bound)).to.match(matching(`${shown(bound)} ["default/web"] ${node} Bound True`));
      expect(await line(released)).to.match(matching(`${shown(released)} [] Released( False)?`));
      expect(await line(reserved)).to.match(matching(`${shown(reserved)} [] Reserved( False)?`));
      expect(await line(released, "-o", "wide")).to.contain('"name":"leaves"');
      expect(await line(reserved, "-o", "wide")).to.contain('"name":"shop"');
    }
    const { message } = await condition(lab, paths.virtualIP("198.51.100.201"), {
      type: "Bound",
      status: "False",
      reason: "Released",
    });
    expect(message).to.contain("default/leaves");
    const reserved = await condition(lab, paths.virtualIP("198.51.100.203"), {
      type: "Bound",
      status: "False",
      reason: "Reserved",
    });
    expect(reserved.message).to.contain("default/shop").and.to.contain("delete this VirtualIP");
    await condition(lab, paths.virtualIP("198.51.100.200"), {
      type: "Bound",
      status: "True",
      reason: "Bound",
    });
  });

  describe("outlives its Service", () => {
    it("with reclaimPolicy Retain: the address is the Service's when it is made again, until somebody deletes the record", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 201), reclaimPolicy: "Retain" }));
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      await each(200, "Reserved", undefined, "shop");
      await apply(lab, dual("next"), dual("waits"), asking("wants", 200));
      const told = await outcomes(lab, { next: pair(201), waits: "PoolExhausted", wants: "AddressTaken" });
      expect(told.wants).to.contain("reserved for default/shop");
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await each(200, "Bound", "shop", "shop");
      await deleteServices("shop", "wants");
      await each(200, "Reserved", undefined, "shop");
      await lab.kubectl(["delete", "vip", ...both(200).map(virtualIPNameOf)]);
      await outcomes(lab, { next: pair(201), waits: pair(200) });
      await deleteServices("waits");
      await each(200, "Reserved", undefined, "waits");
    });

    it("or does not, as a person has written on it, whatever the pool says", async () => {
      await apply(
        lab,
        pool("retains", { addresses: range(200), autoAssign: false, reclaimPolicy: "Retain" }),
        pool("deletes", { addresses: range(210), autoAssign: false }),
      );
      await apply(lab, dual("a", { [POOL]: "retains" }), dual("b", { [POOL]: "deletes" }));
      await outcomes(lab, { a: pair(200), b: pair(210) });
      for (const ip of both(200))
        await merge(lab, paths.virtualIP(virtualIPNameOf(ip)), { spec: { reclaimPolicy: "Delete" } });
      for (const ip of both(210))
        await merge(lab, paths.virtualIP(virtualIPNameOf(ip)), { spec: { reclaimPolicy: "Retain" } });
      await deleteServices("a", "b");
      for (const ip of both(200)) await gone(lab, ip);
      await each(210, "Reserved", undefined, "b");
    });

    it("for the releaseDelay of its pool: made again within it, the Service has its address, though others came meanwhile", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 203), releaseDelay: "10m" }));
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      await each(200, "Released", undefined, "shop");
      await usage(lab, "ipv4", { lan: { released: 1, free: 3 } });
      await usage(lab, "ipv6", { lan: { released: 1, free: 3 } });
      await apply(lab, dual("other-1"), dual("other-2"));
      await outcomes(lab, { "other-1": pair(201), "other-2": pair(202) });
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await each(200, "Bound", "shop");
      for (const ip of both(200)) await announcer(lab, virtualIPNameOf(ip));
      await usage(lab, "ipv4", { lan: { used: 3, free: 1 } });
    });

    it("unless somebody asks for exactly this address, or nothing else is free: then what waits longest goes first", async () => {
      await apply(lab, pool("lan", { addresses: range(200, 203), releaseDelay: "10m" }));
      const names = ["s-0", "s-1", "s-2", "s-3"];
      await apply(lab, ...names.map((name) => dual(name)));
      await outcomes(lab, Object.fromEntries(names.map((name, i) => [name, pair(200 + i)])));
      // Against the order of addresses, and told apart by whole seconds.
      for (const last of [202, 201, 200]) {
        await deleteServices(`s-${last - 200}`);
        await each(last, "Released", undefined, `s-${last - 200}`);
        await pause(1100);
      }
      await apply(lab, asking("asks", 201));
      await outcomes(lab, { asks: pair(201), "s-3": pair(203) });
      await apply(lab, dual("new-1"));
      await outcomes(lab, { "new-1": pair(202) });
      await apply(lab, dual("new-2"));
      await outcomes(lab, { "new-2": pair(200) });
      await apply(lab, dual("s-0"));
      await outcomes(lab, { "s-0": "PoolExhausted" });
    });

    it("no longer than that: then it is gone, and the address is free", async () => {
      const delayMs = 3000;
      await apply(lab, pool("lan", { addresses: range(200), releaseDelay: "3s" }), dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      const releasedAt = await Promise.all(
        both(200).map(async (ip) => {
          const { spec } = await keeping(lab, ip, { state: "Released", claim: "default/shop" });
          return Date.parse(spec.releasedAt ?? "");
        }),
      );
      for (const ip of both(200)) await gone(lab, ip);
      const lateMs = Date.now() - delayMs - Math.max(...releasedAt);
      // The time stands there in whole seconds.
      expect(lateMs).to.be.within(-100, 2500);
      await usage(lab, "ipv4", { lan: { free: 1 } });
      await usage(lab, "ipv6", { lan: { free: 1 } });
    });

    it("for a longer or a shorter time when the pool is changed meanwhile, and not at all once the delay is none", async () => {
      const lan = (releaseDelay: string): Manifest => pool("lan", { addresses: range(200), releaseDelay });
      await apply(lab, lan("10m"), dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      await each(200, "Released", undefined, "shop");
      await apply(lab, lan("0s"));
      for (const ip of both(200)) await gone(lab, ip);
      await apply(lab, dual("shop"));
      await outcomes(lab, { shop: pair(200) });
      await deleteServices("shop");
      for (const ip of both(200)) await gone(lab, ip);
    });
  });

  it("and everything else that people applied is as they wrote it: kubectl diff shows nothing", async () => {
    const everything = [
      pool("lan", {
        addresses: range(200, 205),
        autoAssign: true,
        avoidBuggyIPs: true,
        exclude: ["198.51.100.204/31"],
        disabled: false,
        reclaimPolicy: "Delete",
        releaseDelay: "10m",
        quota: { perNamespace: 20 },
        selection: "LeastRecentlyUsed",
        sharing: "SameNamespace",
        onInvalid: "Keep",
        serviceAllocation: { priority: 3, namespaces: ["default"] },
      }),
      pool("retains", { addresses: range(210, 211), autoAssign: false, reclaimPolicy: "Retain" }),
      pool("short", { addresses: range(220), releaseDelay: "1h30m", onInvalid: "Renumber" }),
      ...kept(200, "shop"),
      ...kept(201, "nobody"),
      ...kept(211, "later", { reclaimPolicy: "Retain", pool: "retains" }),
      ...kept(240, "outside"),
      advertisement("all", {}),
      dual("shop"),
      dual("other", { [POOL]: "retains" }),
      asking("asks", 203),
      asking("waits", 203),
      dual("none", { [POOL]: "nowhere" }),
    ];
    await apply(lab, ...everything);
    await outcomes(lab, {
      shop: pair(200),
      other: pair(210),
      asks: pair(203),
      waits: "AddressTaken",
      none: "PoolNotFound",
    });
    await settled(lab);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: everything });
    expect(await lab.kubectl(["diff", "-f", "-"], { input })).to.equal("");
    const versions = async (): Promise<readonly string[]> => {
      const shown = await lab.kubectl(["get", "-f", "-", "-o", "json"], { input });
      const { items } = JSON.parse(shown) as { items: readonly Service[] };
      return items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    };
    const before = await versions();
    await lab.kubectl(["apply", "-f", "-"], { input });
    const serverSide = ["apply", "--server-side", "--field-manager=gitops", "--dry-run=server"];
    await lab.kubectl([...serverSide, "-f", "-"], { input });
    await settled(lab);
    expect(await versions()).to.deep.equal(before);
    expect(addressesOf(await lab.api.get<Service>(paths.service("shop"))).join(" ")).to.equal(pair(200));
  });
});
