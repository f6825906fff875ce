import { type EndpointSlice, endpointSlices } from "@fairlead/api/core/endpoint-slice.ts";
import { namespaces } from "@fairlead/api/core/namespace.ts";
import { type Node, nodes } from "@fairlead/api/core/node.ts";
import { pods } from "@fairlead/api/core/pod.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import { ipAddressPools, l2Advertisements, speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { Announcer } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { ApiError, TransportError } from "@fairlead/kube/transport.ts";
import { expect } from "chai";
import { address } from "./testing/allocation.ts";
import { Harness } from "./testing/harness.ts";
import { advertisement, endpointSlice, node, pool, service, speaker, speakerPod } from "./testing/objects.ts";

const SHOP = "web/shop";
const LAN = [{ name: "lan0", addresses: ["192.0.2.11/24", "2001:db8::11/64"] }];

describe("the controller", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  const annotate = (key: string, annotations: Readonly<Record<string, string>>): Service =>
    harness.api.edit(services, key, (one) => ({ ...one, metadata: { ...one.metadata, annotations } }));
  const respec = (key: string, spec: Partial<Service["spec"]>): Service =>
    harness.api.edit(services, key, (one) => ({ ...one, spec: { ...one.spec, ...spec } }));
  const events = (): readonly string[] =>
    harness.api.writes
      .filter(({ resource }) => resource === "events")
      .map(({ body }) => `${(body.regarding as { name: string }).name} ${body.reason}`);
  const owner = (name: string): string | undefined => harness.virtualIP(name)?.spec.placement?.nodes[0];

  describe("on a new Service", () => {
    it("secures an address, places it, and tells it, with three writes", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP);
      await harness.start();
      expect(harness.service(SHOP).status?.loadBalancer?.ingress).to.deep.equal([
        { ip: "192.0.2.100", ipMode: "VIP" },
      ]);
      expect(harness.condition(SHOP)).to.equal("True Allocated");
      expect(harness.message(SHOP)).to.equal('It has 192.0.2.100 (pool "lan").');
      expect(harness.virtualIP("192.0.2.100")?.spec).to.deep.equal({
        address: "192.0.2.100",
        pool: "lan",
        services: [SHOP],
        heldSince: "2026-01-01T00:00:00Z",
        placement: { epoch: 1, nodes: ["node-a", "node-c", "node-b"], protocols: ["Layer2"] },
      });
      expect(harness.api.count("POST virtualips")).to.equal(1);
      expect(harness.api.count("PATCH services/status")).to.equal(1);
      expect(events()).to.deep.equal(["shop Allocated"]);
      expect(harness.api.count("PUT virtualips") + harness.api.count("PATCH virtualips/status")).to.equal(0);
      expect(harness.log.complaints).to.deep.equal([]);
    });

    it("secures the address before it tells it", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP);
      await harness.start();
      const order = harness.api.writes.map(({ method, resource }) => `${method} ${resource}`);
      expect(order.indexOf("POST virtualips")).to.be.lessThan(order.indexOf("PATCH services/status"));
    });

    it("gives both families, IPv4 first", async () => {
      harness.addPool("lan", ["2001:db8::100-2001:db8::110", "192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP, { families: ["IPv6", "IPv4"] });
      await harness.start();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100", "2001:db8::100"]);
      expect(harness.names()).to.deep.equal(["192.0.2.100", "2001-0db8-0000-0000-0000-0000-0000-0100"]);
      expect(harness.api.count("PATCH services/status")).to.equal(1);
    });

    it("does nothing for a Service of another class or type", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService("web/other", { spec: { loadBalancerClass: "example.com/other" } });
      harness.addService("web/plain", { spec: { type: "ClusterIP" } });
      await harness.start();
      expect(harness.names()).to.deep.equal([]);
      expect(harness.api.count("PATCH services/status")).to.equal(0);
    });

    it("serves its own class, and those without one only when told to", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService("web/classless");
      harness.addService("web/ours", { spec: { loadBalancerClass: "fairlead.dev/lan" } });
      const first = await harness.start({
        ownership: { loadBalancerClass: "fairlead.dev/lan", alsoClassless: false },
      });
      expect(harness.addresses("web/ours")).to.deep.equal(["192.0.2.100"]);
      expect(harness.addresses("web/classless")).to.deep.equal([]);
      await first.stop();
      await harness.start({ ownership: { loadBalancerClass: "fairlead.dev/lan", alsoClassless: true } });
      expect(harness.addresses("web/classless")).to.deep.equal(["192.0.2.101"]);
    });

    it("tells why there is no address, once", async () => {
      harness.addPool("lan", ["192.0.2.100"]);
      harness.addService("web/first", { created: "2026-01-01T00:00:00Z" });
      harness.addService("web/second", { created: "2026-01-01T00:00:01Z" });
      await harness.start();
      await harness.settle(5000);
      expect(harness.condition("web/second")).to.equal("False PoolExhausted");
      expect(harness.message("web/second")).to.contain("has 1 of its 1 IPv4 addresses in use");
      expect(events()).to.have.members(["first Allocated", "second PoolExhausted"]);
      expect(harness.api.count("PATCH services/status")).to.equal(2);
    });
  });

  describe("as time goes by", () => {
    beforeEach(async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.103", "2001:db8::100-2001:db8::103"]);
      harness.addPool("other", ["192.0.2.200-192.0.2.203"], { autoAssign: false });
      harness.addService(SHOP);
      await harness.start();
    });

    it("rests: no write in a quiet minute", async () => {
      await harness.settle(2000);
      const before = harness.api.writes.length;
      await harness.settle(60_000);
      const writes = harness.api.writes.slice(before).map(({ method, resource }) => `${method} ${resource}`);
      expect(writes.filter((write) => write !== "PUT leases")).to.deep.equal([]);
    });

    it("moves on request: the new address first, then the status, then the old one goes", async () => {
      harness.api.writes.length = 0;
      annotate(SHOP, { "metallb.io/address-pool": "other" });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.200"]);
      expect(harness.names()).to.deep.equal(["192.0.2.200"]);
      const order = harness.api.writes.map(({ method, resource }) => `${method} ${resource}`);
      expect(order.filter((write) => /virtualips|services/.test(write))).to.deep.equal([
        "POST virtualips",
        "PATCH services/status",
        "DELETE virtualips",
      ]);
    });

    it("keeps the address when what is asked for cannot be had, and grants it when it can", async () => {
      annotate(SHOP, { "fairlead.dev/loadBalancerIPs": "192.0.2.250" });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
      expect(harness.condition(SHOP)).to.equal("False AddressNotInAnyPool");
      harness.addPool("late", ["192.0.2.250"], { autoAssign: false });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.250"]);
      expect(harness.condition(SHOP)).to.equal("True Allocated");
      expect(harness.names()).to.deep.equal(["192.0.2.250"]);
    });

    it("releases when the Service is deleted, with one write, and the next one may have the address", async () => {
      harness.api.writes.length = 0;
      harness.api.remove(services, SHOP);
      await harness.settle();
      const writes = harness.api.writes.map(({ method, resource }) => `${method} ${resource}`);
      expect(writes.filter((write) => /virtualips|services/.test(write))).to.deep.equal([
        "DELETE virtualips",
      ]);
      expect(harness.names()).to.deep.equal([]);
      harness.addService("web/next");
      await harness.settle();
      expect(harness.addresses("web/next")).to.deep.equal(["192.0.2.100"]);
    });

    it("releases when the type changes, and clears what it had written", async () => {
      respec(SHOP, { type: "ClusterIP" });
      await harness.settle();
      expect(harness.names()).to.deep.equal([]);
      expect(harness.service(SHOP).status).to.deep.equal({});
      expect(events().at(-1)).to.equal("shop Released");
      const before = harness.api.count("PATCH services/status");
      await harness.settle(1000);
      expect(harness.api.count("PATCH services/status")).to.equal(before);
    });

    it("leaves what it gave where it is when its own class is changed, until the Service is deleted", async () => {
      const before = harness.service(SHOP).status;
      await harness.stop();
      const ownership = { loadBalancerClass: "example.com/other", alsoClassless: false };
      await harness.start({ ownership });
      await harness.settle();
      expect(harness.names()).to.deep.equal(["192.0.2.100"]);
      expect(harness.service(SHOP).status).to.deep.equal(before);
      expect(await harness.metrics.text()).to.contain("fairlead_allocator_services_no_longer_served 1");
      harness.api.remove(services, SHOP);
      await harness.settle();
      expect(harness.names()).to.deep.equal([]);
    });

    it("releases when the Service is made again with another class", async () => {
      harness.api.remove(services, SHOP);
      harness.addService(SHOP, { spec: { loadBalancerClass: "example.com/other" } });
      await harness.settle();
      expect(harness.names()).to.deep.equal([]);
    });

    it("releases a Service that is being deleted and has a finalizer", async () => {
      harness.api.edit(services, SHOP, (one) => ({
        ...one,
        metadata: {
          ...one.metadata,
          deletionTimestamp: "2026-01-01T00:00:00Z",
          finalizers: ["example.com/x"],
        },
      }));
      await harness.settle();
      expect(harness.names()).to.deep.equal([]);
    });

    it("adds the second family when a single-stack Service becomes dual-stack, and takes it back", async () => {
      respec(SHOP, { clusterIPs: ["10.96.0.10", "fd00:96::10"], ipFamilyPolicy: "PreferDualStack" });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100", "2001:db8::100"]);
      respec(SHOP, { clusterIPs: ["10.96.0.10"], ipFamilyPolicy: "SingleStack" });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
      expect(harness.names()).to.deep.equal(["192.0.2.100"]);
    });

    it("makes a VirtualIP again that somebody deleted", async () => {
      harness.api.remove(virtualIPs, "192.0.2.100");
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.services).to.deep.equal([SHOP]);
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.nodes[0]).to.equal("node-a");
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });

    it("keeps an address when its pool is gone, tells it after a grace, and is content when it is back", async () => {
      harness.api.remove(ipAddressPools, "lan");
      await harness.settle(1000);
      expect(harness.condition(SHOP)).to.equal("True Allocated");
      await harness.settle(40_000);
      expect(harness.condition(SHOP)).to.equal("True KeptOutsidePools");
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
      expect(owner("192.0.2.100")).to.equal("node-a");
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"]);
      await harness.settle();
      expect(harness.condition(SHOP)).to.equal("True Allocated");
    });

    it("gives nothing out of a pool that is gone, not even within the grace", async () => {
      harness.api.remove(ipAddressPools, "lan");
      await harness.settle();
      harness.addService("web/late");
      await harness.settle();
      expect(harness.condition("web/late")).to.equal("False NotAdmitted");
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"]);
      await harness.settle();
      expect(harness.addresses("web/late")).to.deep.equal(["192.0.2.101"]);
    });

    it("follows an address to the pool that has it now", async () => {
      harness.api.put(ipAddressPools, pool("lan", ["192.0.2.101-192.0.2.103"]));
      harness.addPool("renamed", ["192.0.2.100"]);
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.pool).to.equal("renamed");
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.epoch).to.equal(1);
      expect(harness.message(SHOP)).to.equal('It has 192.0.2.100 (pool "renamed").');
    });

    it("does not follow an address to a pool that was deleted a moment ago", async () => {
      harness.addPool("gone", ["192.0.2.100"]);
      await harness.settle();
      harness.api.remove(ipAddressPools, "gone");
      harness.api.put(ipAddressPools, pool("lan", ["192.0.2.101-192.0.2.103"]));
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.pool).to.equal("lan");
      expect(harness.message(SHOP)).to.contain('No pool has 192.0.2.100 any more (it came from pool "lan")');
    });

    it("keeps a released address for its Service when its range moves to another pool", async () => {
      const spec = { releaseDelay: "10m" };
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"], spec);
      harness.api.remove(services, SHOP);
      await harness.settle(5 * 60_000);
      expect(harness.names()).to.deep.equal(["192.0.2.100"]);
      harness.addPool("moved", ["192.0.2.100"], spec);
      harness.addPool("lan", ["192.0.2.101-192.0.2.103"], spec);
      await harness.settle(1000);
      expect(harness.virtualIP("192.0.2.100")?.spec.pool).to.equal("moved");
      await harness.settle(5 * 60_000);
      expect(harness.names()).to.deep.equal([]);
    });

    it("serves those who wait longest first, holders not at all", async () => {
      for (const i of [1, 2, 3]) harness.addService(`web/full-${i}`);
      await harness.settle();
      harness.addService("web/young", { created: "2026-03-01T00:00:00Z" });
      await harness.settle(3000);
      harness.addService("web/younger", { created: "2026-02-01T00:00:00Z" });
      await harness.settle();
      expect(harness.condition("web/young")).to.equal("False PoolExhausted");
      harness.api.remove(services, "web/full-2");
      await harness.settle();
      expect(harness.addresses("web/young")).to.deep.equal(["192.0.2.102"]);
      expect(harness.condition("web/younger")).to.equal("False PoolExhausted");
    });

    it("whose address another pool has too, which it asks for by name, keeps it when that pool is all that is left, and shrinks", async () => {
      harness.addPool("first", ["192.0.2.100-192.0.2.103"]);
      harness.addPool("second", ["192.0.2.100-192.0.2.103"]);
      harness.addService(SHOP, { annotations: { "fairlead.dev/address-pool": "first" } });
      await harness.start();
      annotate(SHOP, { "fairlead.dev/address-pool": "second" });
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.pool).to.equal("second");
      harness.api.remove(ipAddressPools, "first");
      harness.addPool("second", ["192.0.2.102-192.0.2.105"]);
      await harness.settle(60_000);
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });

    it("serves those who wait when the labels of their namespace admit them", async () => {
      harness.addPool("front", ["192.0.2.220"], {
        serviceAllocation: { namespaceSelectors: [{ matchLabels: { tier: "gold" } }] },
      });
      harness.addService("web/gold", { annotations: { "fairlead.dev/address-pool": "front" } });
      await harness.settle();
      expect(harness.condition("web/gold")).to.equal("False NotAdmitted");
      harness.api.put(namespaces, { metadata: { name: "web", labels: { tier: "gold" } } });
      await harness.settle();
      expect(harness.addresses("web/gold")).to.deep.equal(["192.0.2.220"]);
    });
  });

  describe("on what those who wait have waited for", () => {
    beforeEach(() => harness.start());

    it("gives a reservation to the Service that waits when it is made", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"], { autoAssign: false });
      harness.addService(SHOP);
      await harness.settle(2000);
      expect(harness.condition(SHOP)).to.equal("False NotAdmitted");
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.102" },
        spec: { address: "192.0.2.102", services: [], claim: { namespace: "web", name: "shop" } },
      });
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.102"]);
    });

    it("lets a Service join an address when the dispute about that is over", async () => {
      const shares = (port: number) => ({
        annotations: { "fairlead.dev/allow-shared-ip": "k" },
        spec: { ports: [{ port }] },
      });
      harness.addPool("lan", ["192.0.2.100"]);
      harness.api.put(services, service("web/holder", { ...shares(80), shows: ["192.0.2.100"] }));
      await harness.settle();
      const claim = { namespace: "db", name: "other" };
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.100" },
        spec: { address: "192.0.2.100", pool: "lan", services: [], claim },
      });
      harness.addService(SHOP, shares(81));
      await harness.settle(1000);
      expect(harness.condition(SHOP)).to.equal("False PoolExhausted");
      await harness.settle(10_000);
      expect(harness.virtualIP("192.0.2.100")?.spec.services).to.deep.equal(["web/holder", SHOP]);
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });

    it("gives what the quota leaves when an address is kept for its former Service", async () => {
      const spec = { reclaimPolicy: "Retain", quota: { perNamespace: 1 } } as const;
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"], spec);
      harness.addService("web/former");
      await harness.settle();
      harness.addService(SHOP);
      await harness.settle(2000);
      expect(harness.condition(SHOP)).to.equal("False QuotaExceeded");
      harness.api.remove(services, "web/former");
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.101"]);
    });

    it("gives what the quota leaves when only another namespace goes on holding an address", async () => {
      const shares = (port: number) => ({
        annotations: { "fairlead.dev/allow-shared-ip": "k" },
        spec: { ports: [{ port }] },
      });
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"], {
        sharing: "AcrossNamespaces",
        quota: { perNamespace: 1 },
      });
      harness.addService("web/former", shares(80));
      await harness.settle();
      harness.addService("other/partner", shares(81));
      harness.addService(SHOP);
      await harness.settle(2000);
      expect(harness.addresses("other/partner")).to.deep.equal(["192.0.2.100"]);
      expect(harness.condition(SHOP)).to.equal("False QuotaExceeded");
      harness.api.remove(services, "web/former");
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.101"]);
    });

    it("gives a reservation that a node has used, as soon as the node does not any more", async () => {
      harness.addPool("lan", ["192.0.2.10-192.0.2.20"]);
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.11" },
        spec: { address: "192.0.2.11", services: [], claim: { namespace: "web", name: "shop" } },
      });
      harness.addService(SHOP, { annotations: { "fairlead.dev/loadBalancerIPs": "192.0.2.11" } });
      await harness.settle(2000);
      expect(harness.condition(SHOP)).to.equal("False AddressExcluded");
      harness.api.put(speakers, speaker("node-a", [{ name: "lan0", addresses: ["192.0.2.30/24"] }]));
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.11"]);
    });

    it("gives a released address that a foreign Service has shown, once it does not any more", async () => {
      harness.addPool("lan", ["192.0.2.100"], { releaseDelay: "10m" });
      harness.addService("web/former");
      await harness.settle();
      harness.api.remove(services, "web/former");
      const foreign = { spec: { loadBalancerClass: "example.com/other" }, shows: ["192.0.2.100"] };
      harness.addService("web/foreign", foreign);
      harness.addService(SHOP);
      await harness.settle(2000);
      expect(harness.condition(SHOP)).to.equal("False PoolExhausted");
      harness.api.remove(services, "web/foreign");
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });
  });

  describe("at a start", () => {
    it("changes nothing that is as it should be", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP);
      harness.addService("web/next");
      const first = await harness.start();
      await harness.settle(3000);
      await first.stop();
      const before = harness.api.writes.length;
      const states = [SHOP, "web/next"].map((key) => harness.service(key));
      await harness.start();
      await harness.settle(3000);
      const writes = harness.api.writes.slice(before).map(({ method, resource }) => `${method} ${resource}`);
      expect(writes.filter((write) => !write.endsWith("leases"))).to.deep.equal([]);
      expect([SHOP, "web/next"].map((key) => harness.service(key))).to.deep.equal(states);
    });

    it("adopts addresses that Services carry, before it gives any away", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.102"]);
      harness.addService("web/a-new-one");
      harness.addService("web/old", { shows: ["192.0.2.100"], created: "2026-06-01T00:00:00Z" });
      await harness.start();
      expect(harness.addresses("web/old")).to.deep.equal(["192.0.2.100"]);
      expect(harness.virtualIP("192.0.2.100")?.spec.services).to.deep.equal(["web/old"]);
      expect(harness.addresses("web/a-new-one")).to.deep.equal(["192.0.2.101"]);
    });

    it("leaves a foreign address alone and says so, and takes it over when a pool has it", async () => {
      harness.addPool("lan", ["192.0.2.100"]);
      harness.addService(SHOP, { shows: ["203.0.113.9"] });
      await harness.start();
      expect(harness.addresses(SHOP)).to.deep.equal(["203.0.113.9"]);
      expect(harness.condition(SHOP)).to.equal("False ForeignAddress");
      expect(harness.names()).to.deep.equal([]);
      harness.addPool("old", ["203.0.113.0/24"], { autoAssign: false });
      await harness.settle();
      expect(harness.condition(SHOP)).to.equal("True Allocated");
      expect(harness.virtualIP("203.0.113.9")?.spec.pool).to.equal("old");
    });

    it("leaves a foreign host name alone and says so, until it is gone or the Service asks for ours", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
      const ingress = [{ hostname: "lb.example.com" }];
      for (const key of [SHOP, "web/asks"]) {
        harness.api.put(services, { ...service(key), status: { loadBalancer: { ingress } } });
      }
      await harness.start();
      expect(harness.service(SHOP).status?.loadBalancer?.ingress).to.deep.equal(ingress);
      expect(harness.condition(SHOP)).to.equal("False ForeignAddress");
      expect(harness.message(SHOP)).to.contain("lb.example.com");
      annotate("web/asks", { "fairlead.dev/address-pool": "lan" });
      await harness.settle();
      expect(harness.addresses("web/asks")).to.deep.equal(["192.0.2.100"]);
      harness.api.edit(services, SHOP, ({ status, ...one }) => ({
        ...one,
        status: { ...status, loadBalancer: {} },
      }));
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.101"]);
    });

    it("releases what belongs to Services that are gone", async () => {
      harness.addPool("lan", ["192.0.2.100"]);
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.100" },
        spec: { address: "192.0.2.100", pool: "lan", services: ["web/gone"] },
      });
      harness.addService(SHOP);
      await harness.start();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });

    it("finishes what a crash left between VirtualIP and status", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP);
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.105" },
        spec: { address: "192.0.2.105", pool: "lan", services: [SHOP] },
      });
      await harness.start();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.105"]);
      expect(owner("192.0.2.105")).to.equal("node-a");
    });

    it("decides nothing before every kind has been read, and names what is missing once", async () => {
      harness.api.missing.add("ipaddresspools");
      harness.addService(SHOP, { shows: ["192.0.2.100"] });
      const controller = await harness.start();
      await harness.settle(20_000);
      expect(harness.api.writes).to.deep.equal([]);
      expect(controller.reading.problem()).to.contain("ipaddresspools");
      expect(harness.log.complaints.filter((line) => line === "nothing is decided yet")).to.have.length(1);
      harness.api.missing.clear();
      harness.addPool("lan", ["192.0.2.100"]);
      await harness.settle(120_000);
      expect(harness.condition(SHOP)).to.equal("True Allocated");
      expect(controller.reading.problem()).to.equal(undefined);
    });
  });

  describe("when something goes wrong", () => {
    it("gives another address when somebody else was faster", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
      await harness.start();
      harness.addService("db/faster", { spec: { type: "ClusterIP" } });
      await harness.settle();
      harness.api.live = false;
      respec("db/faster", { type: "LoadBalancer" });
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.100" },
        spec: { address: "192.0.2.100", pool: "lan", services: ["db/faster"] },
      });
      const late = harness.api.hold();
      harness.api.live = true;
      harness.addService(SHOP);
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.101"]);
      late();
      await harness.settle();
      expect(harness.addresses("db/faster")).to.deep.equal(["192.0.2.100"]);
      expect(harness.api.count("POST virtualips")).to.equal(2);
    });

    it("gives every Service its own address although the watch is late", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.120"]);
      await harness.start();
      const keys = Array.from({ length: 20 }, (_, i) => `web/s-${i}`);
      for (const key of keys) harness.addService(key);
      harness.api.live = false;
      await harness.settle();
      const shown = keys.flatMap((key) => harness.addresses(key));
      expect(new Set(shown).size).to.equal(20);
      harness.api.live = true;
      harness.api.deliver();
      await harness.settle();
      expect(harness.names()).to.have.length(20);
      expect(harness.api.count("POST virtualips")).to.equal(20);
    });

    it("does not give a released address back to the Service because the watch is late", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
      harness.addPool("other", ["192.0.2.200"], { autoAssign: false });
      harness.addService(SHOP);
      await harness.start();
      annotate(SHOP, { "fairlead.dev/address-pool": "other" });
      harness.api.live = false;
      await harness.settle();
      expect(harness.names()).to.deep.equal(["192.0.2.200"]);
      harness.api.live = true;
      harness.addService("web/next");
      await harness.settle();
      expect(harness.addresses("web/next")).to.deep.equal(["192.0.2.100"]);
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.200"]);
    });

    it("tries again after an error, and asks who has an address that may have been secured", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      await harness.start();
      let failures = 3;
      harness.api.refuse = ({ method, resource }) =>
        method === "POST" && resource === "virtualips" && failures-- > 0
          ? new TransportError("deadline", "no answer")
          : undefined;
      harness.addService(SHOP);
      await harness.settle(5000);
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
      expect(harness.names()).to.deep.equal(["192.0.2.100"]);
    });

    it("goes on with all others when one Service cannot be written", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.api.refuse = ({ resource, name }) =>
        resource === "services/status" && name === SHOP ? new ApiError({ status: 500 }) : undefined;
      harness.addService(SHOP);
      harness.addService("web/other");
      await harness.start();
      await harness.settle(2000);
      expect(harness.addresses("web/other")).to.have.length(1);
      expect(harness.api.count("POST virtualips")).to.equal(2);
    });

    it("does not release the address of a Service that it has not seen yet", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      await harness.start();
      harness.api.live = false;
      harness.addService(SHOP, { shows: ["192.0.2.105"] });
      const late = harness.api.hold();
      harness.api.live = true;
      harness.api.put(virtualIPs, {
        metadata: { name: "192.0.2.105" },
        spec: { address: "192.0.2.105", pool: "lan", services: [SHOP] },
      });
      await harness.settle();
      expect(harness.api.count("DELETE virtualips")).to.equal(0);
      late();
      await harness.settle();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.105"]);
    });
  });

  describe("with two replicas", () => {
    it("one decides, and the other goes on when that is stopped, giving nothing twice", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.120"]);
      const first = await harness.start();
      const second = await harness.start();
      for (let i = 0; i < 5; i++) harness.addService(`web/a-${i}`);
      await harness.settle();
      expect([first, second].map(({ leadership }) => leadership.leading)).to.deep.equal([true, false]);
      const stopped = first.stop();
      await harness.settle();
      await stopped;
      for (let i = 0; i < 5; i++) harness.addService(`web/b-${i}`);
      await harness.settle(5000);
      expect(second.leadership.leading).to.equal(true);
      const shown = harness.api
        .list(services)
        .flatMap(({ metadata }) => harness.addresses(`web/${metadata.name}`));
      expect(new Set(shown).size).to.equal(10);
      expect(harness.names()).to.have.length(10);
      expect(harness.log.complaints).to.deep.equal([]);
    });
  });

  describe("places", () => {
    beforeEach(() => harness.addPool("lan", ["192.0.2.100-192.0.2.140"]));

    const changeNode = (name: string, edit: (one: Node) => Node): Node => harness.api.edit(nodes, name, edit);
    const standIns = (ip: string): readonly string[] =>
      harness.virtualIP(ip)?.spec.placement?.nodes.slice(1) ?? [];
    const serve = (slice: EndpointSlice): EndpointSlice => harness.api.put(endpointSlices, slice);

    it("many addresses evenly", async () => {
      for (let i = 0; i < 20; i++) harness.addService(`web/s-${i}`);
      await harness.start();
      const counts = new Map<string, number>();
      for (const name of harness.names()) {
        const at = owner(name) ?? "";
        counts.set(at, (counts.get(at) ?? 0) + 1);
      }
      expect([...counts.values()].sort()).to.deep.equal([6, 7, 7]);
    });

    it("both addresses of a dual-stack Service on one node, evenly, and on one node again when that dies", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.140", "2001:db8::100-2001:db8::140"]);
      const families = ["IPv4", "IPv6"] as const;
      for (let i = 0; i < 6; i++) harness.addService(`web/s-${i}`, { families });
      await harness.start();
      const pairs = (): readonly (readonly string[])[] =>
        Array.from({ length: 6 }, (_, i) =>
          harness.addresses(`web/s-${i}`).map((ip) => owner(virtualIPName(address(ip))) ?? "nowhere"),
        );
      const nodesOf = (): readonly string[] => pairs().map(([first]) => first ?? "");
      for (const [first, second] of pairs()) expect(second).to.equal(first);
      expect(nodesOf().toSorted()).to.deep.equal(["a", "a", "b", "b", "c", "c"].map((one) => `node-${one}`));
      changeNode("node-a", () => node("node-a", { ready: false }));
      await harness.settle();
      for (const [first, second] of pairs()) expect(second).to.equal(first);
      expect(nodesOf().toSorted()).to.deep.equal(["b", "b", "b", "c", "c", "c"].map((one) => `node-${one}`));
    });

    it("on the first stand-in when the node is not ready, with a higher epoch, and leaves it there when the node is back", async () => {
      harness.addService(SHOP);
      await harness.start();
      const [first = "", second = ""] = standIns("192.0.2.100");
      changeNode("node-a", () => node("node-a", { ready: false }));
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.placement).to.deep.equal({
        epoch: 2,
        nodes: [first, second, "node-a"],
        protocols: ["Layer2"],
        reason: "NodeNotReady",
      });
      changeNode("node-a", () => node("node-a"));
      await harness.settle();
      expect(owner("192.0.2.100")).to.equal(first);
    });

    it("on the first stand-in when the node is drained", async () => {
      harness.addService(SHOP);
      await harness.start();
      const [first = "", second = ""] = standIns("192.0.2.100");
      changeNode("node-a", () => node("node-a", { cordoned: true }));
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.nodes).to.deep.equal([
        first,
        second,
        "node-a",
      ]);
    });

    it("on the first stand-in when the node's kube-proxy is unhealthy, which the log says, and not back when that is over", async () => {
      harness.addService(SHOP);
      await harness.start();
      const [first = "", second = ""] = standIns("192.0.2.100");
      harness.api.put(speakers, speaker("node-a", LAN, "Unhealthy"));
      await harness.settle();
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.nodes).to.deep.equal([
        first,
        second,
        "node-a",
      ]);
      const moved = harness.log.lines.filter(({ event }) => event === "address moved");
      expect(moved.map(({ fields }) => fields)).to.deep.equal([
        { vip: "192.0.2.100", from: "node-a", node: first, reason: "ProxyUnhealthy" },
      ]);
      harness.api.writes.length = 0;
      harness.api.put(speakers, speaker("node-a", LAN, "Healthy"));
      await harness.settle(60_000);
      expect(harness.api.count("PUT virtualips")).to.equal(0);
    });

    it("where it is when no node has a healthy kube-proxy", async () => {
      harness.addService(SHOP);
      await harness.start();
      harness.api.writes.length = 0;
      // The owner's last: until then the others are no place for it.
      for (const name of ["node-b", "node-c", "node-a"])
        harness.api.put(speakers, speaker(name, LAN, "Unhealthy"));
      await harness.settle(60_000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      expect(harness.api.count("PUT virtualips")).to.equal(0);
    });

    it("where it is while a speaker restarts, and on the first stand-in when it stays away", async () => {
      harness.addService(SHOP);
      await harness.start();
      const [first] = standIns("192.0.2.100");
      harness.api.writes.length = 0;
      harness.api.put(pods, speakerPod("node-a", { leaving: true }));
      await harness.settle(30_000);
      harness.api.remove(pods, "fairlead-system/speaker-node-a");
      harness.api.remove(speakers, "node-a");
      await harness.settle(14_000);
      harness.api.put(pods, speakerPod("node-a"));
      harness.api.put(speakers, speaker("node-a", LAN));
      await harness.settle(60_000);
      expect(harness.api.count("PUT virtualips")).to.equal(0);
      harness.api.put(pods, speakerPod("node-a", { ready: false }));
      await harness.settle(44_000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      await harness.settle(2000);
      expect(owner("192.0.2.100")).to.equal(first);
    });

    it("nothing new on a node whose speaker restarts", async () => {
      await harness.start();
      harness.api.put(pods, speakerPod("node-a", { leaving: true }));
      await harness.settle();
      for (let i = 0; i < 4; i++) harness.addService(`web/s-${i}`);
      await harness.settle();
      const lists = harness.names().map((name) => harness.virtualIP(name)?.spec.placement?.nodes ?? []);
      expect(lists).to.have.length(4);
      expect(lists.flat()).not.to.include("node-a");
    });

    it("elsewhere at once when a node is cordoned and has no speaker", async () => {
      harness.addService(SHOP);
      await harness.start();
      changeNode("node-b", () => node("node-b", { cordoned: true }));
      changeNode("node-c", () => node("node-c", { cordoned: true }));
      changeNode("node-a", () => node("node-a", { cordoned: true }));
      await harness.settle();
      expect(owner("192.0.2.100")).to.equal("node-a");
      harness.api.put(pods, speakerPod("node-a", { leaving: true }));
      await harness.settle();
      expect(owner("192.0.2.100")).not.to.equal("node-a");
    });

    it("elsewhere when a speaker was away before the controller came, after as long again", async () => {
      harness.addService(SHOP);
      const before = await harness.start();
      const [first] = standIns("192.0.2.100");
      harness.api.put(pods, speakerPod("node-a", { leaving: true }));
      await harness.settle(40_000);
      await before.stop();
      await harness.start();
      await harness.settle(40_000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      await harness.settle(8000);
      expect(owner("192.0.2.100")).to.equal(first);
    });

    describe("with stand-ins, whose lists", () => {
      const lists = (): readonly (readonly string[])[] =>
        harness.names().map((name) => harness.virtualIP(name)?.spec.placement?.nodes ?? []);

      const relist = (name: string, list: readonly string[]): void => {
        const placement = { epoch: 5, nodes: list, protocols: ["Layer2"] } as const;
        harness.api.edit(virtualIPs, name, ({ spec, ...one }) => ({ ...one, spec: { ...spec, placement } }));
      };

      beforeEach(async () => {
        for (const [i, name] of ["node-d", "node-e"].entries()) harness.addNode(name, 14 + i);
        for (let i = 0; i < 10; i++) harness.addService(`web/s-${i}`);
        await harness.start();
        harness.api.writes.length = 0;
      });

      it("have all others behind the owner", () => {
        const all = ["a", "b", "c", "d", "e"].map((one) => `node-${one}`);
        for (const list of lists()) expect(list.toSorted()).to.deep.equal(all);
      });

      it("are not written when a node comes, falls silent or is cordoned, nor when its speaker restarts", async () => {
        harness.addNode("node-f", 16);
        await harness.settle();
        for (const name of harness.names()) {
          relist(name, ["node-a", "node-b", "node-c", "node-d", "node-e"]);
        }
        await harness.settle();
        changeNode("node-e", () => node("node-e", { ready: false }));
        await harness.settle();
        changeNode("node-e", () => node("node-e", { cordoned: true }));
        await harness.settle();
        changeNode("node-e", () => node("node-e"));
        harness.api.put(pods, speakerPod("node-b", { ready: false }));
        await harness.settle();
        expect(harness.api.count("PUT virtualips")).to.equal(0);
      });

      it("are written when one of them is gone, those that named it, once each", async () => {
        for (const name of harness.names().slice(0, 4)) {
          relist(name, ["node-a", "node-b", "node-c", "node-d"]);
        }
        await harness.settle();
        harness.api.writes.length = 0;
        const named = lists().filter((list) => list.includes("node-e")).length;
        harness.api.remove(nodes, "node-e");
        await harness.settle();
        expect(lists().flat()).not.to.include("node-e");
        expect(named).to.equal(6);
        expect(harness.api.count("PUT virtualips")).to.equal(6);
      });

      it("are written for want of stand-ins when a node comes", async () => {
        for (const name of ["node-c", "node-d", "node-e"]) harness.api.remove(nodes, name);
        await harness.settle();
        for (const list of lists()) expect(list.toSorted()).to.deep.equal(["node-a", "node-b"]);
        harness.addNode("node-f", 16);
        await harness.settle();
        for (const list of lists()) expect(list.toSorted()).to.deep.equal(["node-a", "node-b", "node-f"]);
      });
    });

    describe("what the speakers have passed on by themselves", () => {
      const ip = "192.0.2.100";
      const announce = (
        ...announcers: readonly (Pick<Announcer, "node" | "epoch" | "step" | "provisional"> &
          Partial<Pick<Announcer, "interface">>)[]
      ) =>
        harness.api.edit(virtualIPs, ip, (one) => ({
          ...one,
          status: {
            ...one.status,
            announcers: announcers.map((parts) => ({
              interface: "lan0",
              mac: "02:00:00:00:00:01",
              since: "2026-01-01T00:00:00Z",
              ...parts,
            })),
          },
        }));

      beforeEach(async () => {
        harness.addService(SHOP);
        await harness.start();
        announce({ node: "node-a", epoch: 1 });
        await harness.settle();
        harness.api.writes.length = 0;
      });

      it("to the node that has it, with a higher epoch, and the old owner last", async () => {
        announce({ node: "node-a", epoch: 1 }, { node: "node-c", epoch: 1, step: 1 });
        await harness.settle();
        expect(harness.virtualIP(ip)?.spec.placement).to.deep.equal({
          epoch: 2,
          nodes: ["node-c", "node-b", "node-a"],
          protocols: ["Layer2"],
        });
        expect(harness.log.lines.at(-1)).to.deep.include({
          event: "address taken over",
          fields: { vip: ip, from: "node-a", node: "node-c" },
        });
        expect(await harness.metrics.text()).to.contain(
          'fairlead_placement_changes_total{change="takeover"} 1',
        );
        announce({ node: "node-c", epoch: 2 });
        await harness.settle(5000);
        expect(harness.api.count("PUT virtualips")).to.equal(1);
      });

      it("on one network to a node that reaches both, and says why the other follows", async () => {
        announce({ node: "node-a", epoch: 1 }, { node: "node-c", epoch: 1, step: 1, interface: "wan0" });
        await harness.settle();
        const { nodes, reason } = harness.virtualIP(ip)?.spec.placement ?? {};
        expect([nodes?.[0], reason]).to.deep.equal(["node-c", "MoreNetworks"]);
      });

      it("not for a claim that only covers, until the owner falls silent", async () => {
        announce({ node: "node-a", epoch: 1 }, { node: "node-c", epoch: 1, provisional: true });
        await harness.settle(5000);
        expect(owner(ip)).to.equal("node-a");
        changeNode("node-a", () => node("node-a", { ready: false }));
        await harness.settle();
        expect(owner(ip)).to.equal("node-c");
      });

      it("elsewhere if the node that has it is cordoned", async () => {
        changeNode("node-c", () => node("node-c", { cordoned: true }));
        await harness.settle();
        announce({ node: "node-c", epoch: 1, step: 1 });
        await harness.settle();
        expect(owner(ip)).to.equal("node-a");
        expect(harness.virtualIP(ip)?.spec.placement?.epoch).to.equal(2);
        expect(harness.log.lines.at(-1)).to.deep.include({
          event: "address moved",
          fields: { vip: ip, from: "node-c", node: "node-a", reason: "NodeCordoned" },
        });
        await harness.settle(5000);
        expect(harness.api.count("PUT virtualips")).to.equal(1);
      });

      it("and tells those who hold it of each move once, whoever made it", async () => {
        const told = (): readonly string[] => events().filter((one) => one.startsWith("shop Moved"));
        const at = "2026-03-01T12:00:00Z";
        const first = { from: "node-a", to: "node-c", at, by: "Speakers", reason: "HolderDead" } as const;
        announce({ node: "node-c", epoch: 1, step: 1 });
        harness.api.edit(virtualIPs, ip, (one) => ({ ...one, status: { ...one.status, moves: [first] } }));
        await harness.settle(2000);
        expect(told()).to.deep.equal(["shop Moved"]);
        const second = { from: "node-c", to: "node-b", at, by: "Controller", reason: "Move" } as const;
        harness.api.edit(virtualIPs, ip, (one) => ({
          ...one,
          status: { ...one.status, moves: [second, first] },
        }));
        await harness.settle(2000);
        expect(told()).to.deep.equal(["shop Moved", "shop Moved"]);
      });
    });

    it("nowhere without an endpoint, says so on VirtualIP and Service until a speaker says that it answers", async () => {
      harness.api.put(services, service(SHOP));
      serve(endpointSlice(SHOP, []));
      await harness.start();
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
      expect(harness.api.count("PATCH virtualips/status")).to.equal(0);
      await harness.settle(2000);
      const said = harness.virtualIP("192.0.2.100");
      expect(said?.spec.placement?.nodes).to.deep.equal([]);
      expect(said?.status?.state).to.equal("Bound");
      expect(said?.status?.conditions?.map(({ reason }) => reason)).to.deep.equal(["NoEndpoints", "Bound"]);
      expect(harness.condition(SHOP, "Announced")).to.equal("False NoEndpoints");
      expect(harness.message(SHOP, "Announced")).to.contain("no IPv4 endpoint of web/shop is ready");
      serve(endpointSlice(SHOP, ["node-b"]));
      await harness.settle(200);
      expect(owner("192.0.2.100")).to.equal("node-a");
      const placed = harness.virtualIP("192.0.2.100");
      if (placed === undefined) throw new Error("the VirtualIP is gone");
      harness.api.put(virtualIPs, { ...placed, status: { state: "Bound", conditions: [] } });
      await harness.settle(200);
      expect(harness.condition(SHOP, "Announced")).to.equal("none");
      expect(events()).to.deep.equal(["shop Allocated", "shop NoEndpoints"]);
    });

    it("tells of both addresses of a Service at once", async () => {
      harness.addPool("lan", ["192.0.2.100", "2001:db8::100"]);
      harness.api.put(services, service(SHOP, { families: ["IPv4", "IPv6"] }));
      serve(endpointSlice(SHOP, []));
      await harness.start();
      await harness.settle(3000);
      expect(harness.message(SHOP, "Announced"))
        .to.contain("no IPv4 endpoint")
        .and.to.contain("no IPv6 endpoint");
      expect(harness.api.count("PATCH services/status")).to.equal(2);
    });

    it("is patient while Kubernetes has not said at all where a Service is served", async () => {
      harness.api.put(services, service(SHOP));
      await harness.start();
      await harness.settle(14_000);
      expect(harness.condition(SHOP, "Announced")).to.equal("none");
      await harness.settle(3000);
      expect(harness.condition(SHOP, "Announced")).to.equal("False NoEndpoints");
    });

    it("says nothing about a Service whose endpoints come a moment later", async () => {
      harness.api.put(services, service(SHOP));
      await harness.start();
      serve(endpointSlice(SHOP, ["node-b"]));
      await harness.settle(3000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      expect(harness.api.count("PATCH virtualips/status")).to.equal(0);
      expect(harness.api.count("PATCH services/status")).to.equal(1);
    });

    it("a Local Service where an endpoint serves, terminating ones included", async () => {
      harness.addService(SHOP, { spec: { externalTrafficPolicy: "Local" } });
      serve(endpointSlice(SHOP, ["node-c"]));
      await harness.start();
      expect(owner("192.0.2.100")).to.equal("node-c");
      serve(
        endpointSlice(SHOP, ["node-c"], { conditions: { ready: false, serving: true, terminating: true } }),
      );
      await harness.settle();
      expect(owner("192.0.2.100")).to.equal("node-c");
      serve(endpointSlice(SHOP, ["node-b"]));
      await harness.settle();
      expect(owner("192.0.2.100")).to.equal("node-b");
    });

    it("nowhere without an advertisement, after a grace", async () => {
      harness.addService(SHOP);
      await harness.start();
      harness.api.remove(l2Advertisements, "all");
      await harness.settle(20_000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      await harness.settle(20_000);
      expect(owner("192.0.2.100")).to.equal(undefined);
      expect(harness.condition(SHOP, "Announced")).to.equal("False NoAdvertisement");
      harness.api.put(l2Advertisements, advertisement("again"));
      await harness.settle();
      expect(owner("192.0.2.100")).to.equal("node-a");
    });

    it("not by an advertisement that was deleted a moment ago", async () => {
      await harness.start();
      harness.api.remove(l2Advertisements, "all");
      await harness.settle();
      harness.addService("web/late");
      await harness.settle(2000);
      const [late = "none"] = harness.addresses("web/late");
      expect(harness.names()).to.deep.equal([late]);
      expect(owner(late)).to.equal(undefined);
      expect(harness.condition("web/late", "Announced")).to.equal("False NoAdvertisement");
      harness.api.put(l2Advertisements, advertisement("all"));
      await harness.settle();
      expect(owner(late)).to.be.a("string");
    });

    it("where it was when the controller starts while the advertisements are being replaced", async () => {
      harness.addService(SHOP);
      const first = await harness.start();
      await first.stop();
      harness.api.remove(l2Advertisements, "all");
      await harness.start();
      await harness.settle(10_000);
      expect(owner("192.0.2.100")).to.equal("node-a");
      harness.api.put(l2Advertisements, advertisement("all"));
      await harness.settle(60_000);
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.epoch).to.equal(1);
      harness.api.remove(l2Advertisements, "all");
      await harness.settle(40_000);
      expect(owner("192.0.2.100")).to.equal(undefined);
    });

    it("on the interfaces that the advertisement names", async () => {
      harness.api.put(l2Advertisements, advertisement("all", { interfaces: ["lan0", "lan9"] }));
      harness.addService(SHOP);
      await harness.start();
      expect(harness.virtualIP("192.0.2.100")?.spec.placement?.interfaces).to.deep.equal(["lan0", "lan9"]);
      const { conditions } = harness.api.get(l2Advertisements, "all")?.status ?? {};
      expect(conditions?.[0]?.message).to.contain('spec.interfaces[1] names interface "lan9"');
    });
  });

  describe("tells on pools", () => {
    const status = (name: string) => harness.api.get(ipAddressPools, name)?.status;

    it("what is used of them, at most once a second", async () => {
      harness.addPool("lan", ["192.0.2.0/24", "2001:db8::/64"], { avoidBuggyIPs: true });
      await harness.start();
      for (let i = 0; i < 50; i++) {
        harness.addService(`web/s-${i}`);
        await harness.settle(20);
      }
      await harness.settle(2000);
      const none = { reserved: "0", released: "0" };
      // Left out: the ends of the segment and the addresses of the three nodes.
      const small = { capacity: "256", used: "50", free: "201", excluded: "5", ...none };
      expect(status("lan")?.ipv4).to.deep.equal(small);
      const large = { capacity: "18446744073709551616", free: "18446744073709551612", excluded: "4" };
      expect(status("lan")?.ipv6).to.deep.equal({ ...large, used: "0", ...none });
      expect(harness.api.count("PATCH ipaddresspools/status")).to.be.lessThan(5);
    });

    it("how many addresses they do not offer any more, until those are let go or another pool has them", async () => {
      const invalid = () => harness.api.get(ipAddressPools, "lan")?.status?.invalid;
      harness.addPool("lan", ["192.0.2.100-192.0.2.103"]);
      for (const name of ["a", "b"]) harness.addService(`web/${name}`);
      await harness.start();
      harness.addPool("lan", ["192.0.2.102-192.0.2.103"]);
      await harness.settle(2000);
      expect(invalid()).to.equal("2");
      harness.addPool("renamed", ["192.0.2.100"]);
      await harness.settle(2000);
      expect(invalid()).to.equal("1");
      harness.api.remove(services, "web/b");
      await harness.settle(2000);
      expect(invalid()).to.equal(undefined);
    });

    it("a wrong entry with its field, value and cure, while the others work", async () => {
      harness.addPool("lan", ["192.0.2.9-192.0.2.5", "192.0.2.100", "192.0.2.33/28"]);
      harness.addService(SHOP);
      await harness.start();
      const [ready] = status("lan")?.conditions ?? [];
      expect(`${ready?.status} ${ready?.reason}`).to.equal("False InvalidAddresses");
      expect(ready?.message).to.contain(
        'spec.addresses[0]: "192.0.2.9-192.0.2.5" runs backward; write "192.0.2.5-192.0.2.9"',
      );
      expect(ready?.message).to.contain("is read as 192.0.2.32/28");
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });

    it("an overlap on both", async () => {
      harness.addPool("one", ["192.0.2.100-192.0.2.110"]);
      harness.addPool("two", ["192.0.2.108-192.0.2.120"]);
      await harness.start();
      for (const [name, other] of [
        ["one", "two"],
        ["two", "one"],
      ] as const) {
        const condition = status(name)?.conditions?.find(({ type }) => type === "Overlapping");
        expect(condition?.message).to.contain(`192.0.2.108-192.0.2.110 with pool "${other}"`);
      }
      harness.addPool("two", ["192.0.2.111-192.0.2.120"]);
      await harness.settle(2000);
      expect(status("one")?.conditions?.map(({ type }) => type)).to.deep.equal(["Ready"]);
    });
  });

  describe("tells on advertisements", () => {
    const ready = (name: string): string => {
      const [condition] = harness.api.get(l2Advertisements, name)?.status?.conditions ?? [];
      return `${condition?.status} ${condition?.reason} ${condition?.message}`;
    };

    it("what they refer to and is not there, until it is", async () => {
      harness.api.put(
        l2Advertisements,
        advertisement("one", { ipAddressPools: ["lan"], nodeSelectors: [{ matchLabels: { rack: "9" } }] }),
      );
      await harness.start();
      expect(ready("all")).to.match(/^True InEffect/);
      expect(ready("one")).to.contain(
        'False UnknownPool spec.ipAddressPools[0] names pool "lan", which does not exist',
      );
      expect(ready("one")).to.contain(
        'spec.nodeSelectors[0] is {"matchLabels":{"rack":"9"}}, which matches the labels of no node: correct it or label a node.',
      );
      harness.addPool("lan", ["192.0.2.100"]);
      harness.api.put(nodes, node("node-b", { labels: { rack: "9" } }));
      await harness.settle();
      expect(ready("one")).to.match(/^True InEffect/);
    });
  });

  it("shows its figures as metrics", async () => {
    harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
    harness.addService(SHOP);
    await harness.start();
    await harness.settle(2000);
    const text = await harness.metrics.text();
    for (const line of [
      "fairlead_controller_leading 1",
      "fairlead_allocator_addresses_held 1",
      'fairlead_placement_addresses{node="node-a"} 1',
      'fairlead_allocator_pool_addresses{pool="lan",family="IPv4",state="used"} 1',
    ]) {
      expect(text).to.contain(line);
    }
  });
});
