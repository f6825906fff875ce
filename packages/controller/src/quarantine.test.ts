import { services } from "@fairlead/api/core/service.ts";
import { ipAddressPools, virtualIPs } from "@fairlead/api/resources.ts";
import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { MOST_BY_ONE, MOST_OF_POOL } from "./allocation/in-use.ts";
import { Harness } from "./testing/harness.ts";
import { Strangers } from "./testing/strangers.ts";

const SHOP = "web/shop";
const MAC = "02:00:00:00:00:66";
const OTHER = "02:00:00:00:00:67";
const FIRST = "192.0.2.100";
const SECOND = "192.0.2.101";

describe("an address that somebody else on the LAN has before it is announced for the first time", () => {
  let harness: Harness;
  let lan: Strangers;
  beforeEach(() => {
    harness = Harness.withNodes();
    lan = new Strangers(harness);
  });
  afterEach(() => harness.stop());

  const stateOf = (name: string): string | undefined => harness.virtualIP(name)?.status?.state;
  const bound = (name: string): string =>
    harness.virtualIP(name)?.status?.conditions?.find(({ type }) => type === "Bound")?.message ?? "";
  const pool = () => harness.api.get(ipAddressPools, "lan")?.status;
  const inUse = (): string => pool()?.conditions?.find(({ type }) => type === "InUse")?.message ?? "nothing";

  it("is put in quarantine, VirtualIP and pool name the MAC, and the Service gets the next one", async () => {
    lan.macs.set(FIRST, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle(4000);
    expect(harness.addresses(SHOP)).to.deep.equal([SECOND]);
    expect(harness.condition(SHOP)).to.equal("True Allocated");
    expect(harness.condition(SHOP, "Announced")).to.equal("none");
    const { spec } = harness.virtualIP(FIRST) ?? {};
    expect(spec).to.deep.include({ services: [], pool: "lan" });
    expect(spec?.quarantine).to.include({ mac: MAC, interface: "lan0" });
    expect(stateOf(FIRST)).to.equal("Quarantined");
    expect(bound(FIRST)).to.contain(`${MAC} answers for it on interface lan0 of node `);
    expect(pool()?.ipv4).to.deep.include({ capacity: "11", used: "1", quarantined: "1", free: "9" });
    expect(inUse()).to.contain("1 address is not handed out").and.to.contain(`${FIRST} (${MAC} answers`);
    const notes = harness.api.list(events).map(({ note }) => note);
    expect(notes.filter((note) => note.startsWith(`${FIRST} is in use on the LAN: ${MAC}`))).to.have.length(
      1,
    );
  });

  it("stays there over a restart of the controller without a write, and goes back by itself when nobody answers", async () => {
    lan.macs.set(FIRST, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    const first = await harness.start();
    await lan.settle(4000);
    await first.stop();
    const since = harness.api.writes.length;
    await harness.start();
    await lan.settle(60_000, 5000);
    const written = harness.api.writes.slice(since).filter(({ resource }) => !resource.startsWith("leases"));
    expect(written.map(({ method, resource }) => `${method} ${resource}`)).to.deep.equal([]);
    harness.addService("web/second");
    await lan.settle();
    expect(harness.addresses("web/second")).to.deep.equal(["192.0.2.102"]);
    lan.macs.clear();
    await lan.settle(3000);
    expect(harness.virtualIP(FIRST)).to.equal(undefined);
    expect(harness.addresses(SHOP), "who has another one keeps it").to.deep.equal([SECOND]);
    expect(inUse()).to.equal("nothing");
    harness.addService("web/third");
    await lan.settle();
    expect(harness.addresses("web/third")).to.deep.equal([FIRST]);
  });

  it("goes back at once when a person deletes its VirtualIP", async () => {
    lan.macs.set(FIRST, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle(4000);
    lan.macs.clear();
    harness.api.remove(virtualIPs, FIRST);
    harness.addService("web/second");
    await harness.settle(200);
    expect(harness.addresses("web/second")).to.deep.equal([FIRST]);
  });

  it("is waited for by a Service that asks for exactly this one, and by one for which it is reserved", async () => {
    lan.macs.set(FIRST, MAC).set(SECOND, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP, { annotations: { "fairlead.dev/loadBalancerIPs": FIRST } });
    const claim = { namespace: "web", name: "mine" };
    harness.api.put(virtualIPs, {
      metadata: { name: SECOND },
      spec: { address: SECOND, services: [], claim },
    });
    harness.addService("web/mine");
    await harness.start();
    await lan.settle(10_000);
    for (const [key, ip] of [
      [SHOP, FIRST],
      ["web/mine", SECOND],
    ] as const) {
      expect(harness.addresses(key)).to.deep.equal([ip]);
      expect(harness.condition(key, "Announced")).to.equal("False AddressInUse");
      expect(harness.message(key, "Announced")).to.contain(MAC);
    }
    lan.macs.clear();
    await lan.settle();
    expect(harness.condition(SHOP, "Announced")).to.equal("none");
  });

  it("is not given to a Service that asks for it later; that one is told the MAC, and gets it when it is free", async () => {
    lan.macs.set(FIRST, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle(4000);
    harness.addService("web/late", { annotations: { "fairlead.dev/loadBalancerIPs": FIRST } });
    await lan.settle();
    expect(harness.condition("web/late")).to.equal("False AddressInUse");
    expect(harness.message("web/late")).to.contain(MAC);
    lan.macs.clear();
    await lan.settle(3000);
    expect(harness.addresses("web/late")).to.deep.equal([FIRST]);
  });

  it("that was announced before is never taken away, not even if its record was lost meanwhile", async () => {
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle(4000);
    lan.macs.set(FIRST, MAC);
    const silent = (): void => {
      harness.api.edit(virtualIPs, FIRST, (one) => ({
        ...one,
        status: { ...one.status, announcers: [] },
      }));
    };
    silent();
    await lan.settle(4000);
    expect(harness.condition(SHOP, "Announced")).to.equal("False AddressInUse");
    expect(harness.addresses(SHOP)).to.deep.equal([FIRST]);
    harness.api.remove(virtualIPs, FIRST);
    await lan.settle(10_000);
    expect(harness.virtualIP(FIRST)?.status?.firstAnnounced).to.equal(undefined);
    expect(harness.virtualIP(FIRST)?.spec).to.not.have.property("heldSince");
    expect(harness.condition(SHOP, "Announced")).to.equal("False AddressInUse");
    expect(harness.addresses(SHOP)).to.deep.equal([FIRST]);
  });

  it("is not taken from who holds it by a record of an earlier version, which did not say whether it was announced", async () => {
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    lan.macs.set(FIRST, MAC);
    harness.api.edit(virtualIPs, FIRST, ({ spec: { heldSince, ...spec }, ...one }) => {
      expect(heldSince).to.be.a("string");
      return { ...one, spec };
    });
    await lan.settle(10_000);
    expect(harness.condition(SHOP, "Announced")).to.equal("False AddressInUse");
    expect(harness.addresses(SHOP)).to.deep.equal([FIRST]);
    expect(harness.virtualIP(FIRST)?.spec, "not made up").to.not.have.property("heldSince");
  });

  it("is left by all who share it, for one that they share again", async () => {
    lan.macs.set(FIRST, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    const shared = (port: number) => ({
      annotations: { "fairlead.dev/allow-shared-ip": "k" },
      spec: { ports: [{ port }] },
    });
    for (const port of [80, 81, 82]) harness.addService(`web/p-${port}`, shared(port));
    await harness.start();
    await lan.settle(6000);
    for (const port of [80, 81, 82]) expect(harness.addresses(`web/p-${port}`)).to.deep.equal([SECOND]);
    expect(stateOf(FIRST)).to.equal("Quarantined");
  });

  it("of one family does not touch the address of the other", async () => {
    lan.macs.set("2001:db8::100", MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110", "2001:db8::100-2001:db8::110"]);
    harness.addService(SHOP, { families: ["IPv4", "IPv6"] });
    await harness.start();
    await lan.settle(4000);
    expect(harness.addresses(SHOP)).to.deep.equal([FIRST, "2001:db8::101"]);
  });

  it("is kept and told while the pool has no other one: numbers, and one of those in use with its MAC", async () => {
    for (const last of [100, 101, 102])
      lan.macs.set(`192.0.2.${last}`, `02:00:00:00:00:${last}`.slice(0, 17));
    harness.addPool("lan", ["192.0.2.100-192.0.2.102"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle(10_000);
    expect(harness.condition(SHOP)).to.equal("False PoolExhausted");
    expect(harness.message(SHOP)).to.contain(
      "2 in use by others on the LAN (192.0.2.100: 02:00:00:00:00:10 answers for it on interface lan0",
    );
    const since = harness.api.writes.length;
    await lan.settle(60_000, 5000);
    expect(
      harness.api.writes.slice(since).filter(({ resource }) => !resource.startsWith("leases")),
    ).to.deep.equal([]);
    lan.macs.delete("192.0.2.101");
    await lan.settle(5000);
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.101"]);
  });

  it("is not fled without end from one who answers for all, as proxy ARP does: that is named, and tried again later", async () => {
    for (let last = 100; last < 150; last++) lan.macs.set(`192.0.2.${last}`, MAC);
    harness.addPool("lan", ["192.0.2.100-192.0.2.150"]);
    for (const name of ["a", "b", "c"]) harness.addService(`web/${name}`);
    await harness.start();
    await lan.settle(30_000, 500);
    expect(Number(pool()?.ipv4?.quarantined)).to.be.within(MOST_BY_ONE, MOST_BY_ONE + 3);
    for (const name of ["a", "b", "c"]) {
      expect(harness.condition(`web/${name}`)).to.equal("False AddressInUse");
      expect(harness.message(`web/${name}`))
        .to.contain(MAC)
        .and.to.contain("proxy ARP");
    }
    expect(inUse()).to.match(/: 192\.0\.2\.100, 192\.0\.2\.101, 192\.0\.2\.102 and \d more \(.* proxy ARP/);
    const before = Number(pool()?.ipv4?.quarantined);
    await lan.settle(620_000, 5000);
    expect(Number(pool()?.ipv4?.quarantined)).to.be.within(before + 1, before + MOST_BY_ONE + 3);
    expect(harness.api.list(services)).to.have.length(3);
  }).timeout(60_000);

  it("is not fled without end from one who makes up a MAC address for each: the rest of the pool stays free, and all is well when he goes", async () => {
    for (let last = 100; last < 250; last++)
      lan.macs.set(`192.0.2.${last}`, `02:00:00:00:01:${last.toString(16)}`);
    harness.addPool("lan", ["192.0.2.100-192.0.2.249"]);
    for (const name of ["a", "b", "c"]) harness.addService(`web/${name}`);
    await harness.start();
    await lan.settle(60_000, 500);
    const quarantined = (): number => Number(pool()?.ipv4?.quarantined ?? 0);
    expect(quarantined()).to.be.within(MOST_OF_POOL, MOST_OF_POOL + 3);
    for (const name of ["a", "b", "c"]) {
      expect(harness.condition(`web/${name}`)).to.equal("False AddressInUse");
      expect(harness.message(`web/${name}`))
        .to.contain(`${MOST_OF_POOL} more of pool "lan"`)
        .and.to.contain("exclude from the pool");
    }
    expect(inUse()).to.contain("one machine may have made up most");
    const since = harness.api.writes.length;
    await lan.settle(300_000, 5000);
    const written = harness.api.writes.slice(since).filter(({ resource }) => !resource.startsWith("leases"));
    expect(
      written.map(({ method, resource }) => `${method} ${resource}`),
      "told once",
    ).to.deep.equal([]);
    lan.macs.clear();
    await lan.settle(5000);
    expect(quarantined()).to.equal(0);
    for (const name of ["a", "b", "c"]) {
      expect(harness.condition(`web/${name}`)).to.equal("True Allocated");
      expect(harness.condition(`web/${name}`, "Announced")).to.equal("none");
    }
  }).timeout(60_000);

  it("costs few writes in a burst of Services, each of which has an address at the end", async () => {
    lan.macs.set(FIRST, MAC).set("192.0.2.110", OTHER);
    harness.addPool("lan", ["192.0.2.100-192.0.2.200"]);
    for (let i = 0; i < 50; i++) harness.addService(`web/s-${i}`);
    await harness.start();
    await lan.settle(6000);
    const all = Array.from({ length: 50 }, (_, i) => harness.addresses(`web/s-${i}`)).flat();
    expect(new Set(all).size).to.equal(50);
    expect(all).to.not.include(FIRST).and.to.not.include("192.0.2.110");
    expect(harness.api.count("PUT virtualips")).to.be.at.most(4);
  });
});
