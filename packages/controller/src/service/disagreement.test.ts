import { services } from "@fairlead/api/core/service.ts";
import { ipAddressPools } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { pool } from "../testing/objects.ts";

const SHOP = "web/shop";
const KEY = "fairlead.dev/allow-shared-ip";

describe("the controller that disagrees", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  /** What was written of Services and VirtualIPs since. */
  const written = (since: number): readonly string[] =>
    harness.api.writes
      .slice(since)
      .filter(({ resource }) => !/^(leases|events|ipaddresspools)/.test(resource))
      .map(({ method, resource }) => `${method} ${resource}`);

  describe("with another program about a Service's status", () => {
    const show = async (ip: string): Promise<void> => {
      const managedFields = [{ manager: "other", fieldsV1: { "f:status": { "f:loadBalancer": {} } } }];
      harness.api.edit(services, SHOP, (one) => ({ ...one, metadata: { ...one.metadata, managedFields } }));
      await harness.api.request({
        method: "PATCH",
        path: "/api/v1/namespaces/web/services/shop/status?fieldManager=other",
        body: { status: { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } } },
      });
      await harness.settle(5000);
    };

    it("says so once, whatever that one shows, and keeps the address", async () => {
      harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
      harness.addService(SHOP);
      await harness.start();
      const since = harness.api.writes.length;
      const ips = ["203.0.113.9", "192.0.2.105", "203.0.113.10", "192.0.2.106"];
      for (const ip of ips) {
        await show(ip);
        expect(harness.addresses(SHOP)).to.deep.equal([ip]);
        expect(harness.condition(SHOP)).to.equal("False StatusContested");
      }
      expect(harness.message(SHOP)).to.match(
        /^It keeps 192\.0\.2\.100 \(pool "lan"\)\. "other" has replaced 192\.0\.2\.100 /,
      );
      // Each of the other's, and one of ours.
      expect(written(since)).to.deep.equal(
        Array.from({ length: ips.length + 1 }, () => "PATCH services/status"),
      );
      expect(harness.names()).to.deep.equal(["192.0.2.100"]);
      await show("192.0.2.100");
      expect(harness.condition(SHOP)).to.equal("True Allocated");
    });
  });

  describe("with a holder of a shared address", () => {
    const shared = (key: string, port: number) => ({
      annotations: { [KEY]: key },
      spec: { ports: [{ port }], selector: { app: "web" } },
    });

    it("goes on to do so after a restart without a word, and gives it another one as soon as it can", async () => {
      harness.addPool("lan", ["192.0.2.100"]);
      harness.addService(SHOP, shared("k", 80));
      harness.addService("web/admin", shared("k", 81));
      const first = await harness.start();
      harness.api.edit(services, "web/admin", (one) => ({
        ...one,
        metadata: { ...one.metadata, annotations: { [KEY]: "other" } },
      }));
      await harness.settle(60_000);
      expect(harness.condition("web/admin")).to.equal("False SharingConflict");
      await first.stop();
      const since = harness.api.writes.length;
      await harness.start();
      await harness.settle(5000);
      expect(written(since)).to.deep.equal([]);
      harness.api.put(ipAddressPools, pool("lan", ["192.0.2.100-192.0.2.101"]));
      await harness.settle(5000);
      expect(harness.addresses("web/admin")).to.deep.equal(["192.0.2.101"]);
      expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    });
  });
});
