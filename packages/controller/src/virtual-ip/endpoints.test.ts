import { type EndpointSlice, endpointSlices } from "@fairlead/api/core/endpoint-slice.ts";
import { services } from "@fairlead/api/core/service.ts";
import { l2Advertisements } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { advertisement, endpointSlice, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const IP = "192.0.2.100";
const TERMINATING = { ready: false, serving: true, terminating: true };
const UNREADY = { ready: false, serving: false, terminating: false };

describe("an address and the endpoints of its Service", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
  });
  afterEach(() => harness.stop());

  /** Slices as Kubernetes writes them, each under a name of its own. */
  function serve(number: number, slice: EndpointSlice): void {
    const metadata = { ...slice.metadata, name: `shop-${number}` };
    harness.api.put(endpointSlices, { ...slice, metadata });
  }
  const local = () => harness.api.put(services, service(SHOP, { spec: { externalTrafficPolicy: "Local" } }));
  const nodes = () => harness.virtualIP(IP)?.spec.placement?.nodes;
  const writes = (): readonly string[] =>
    harness.api.writes
      .filter(({ resource }) => resource !== "leases")
      .map(({ method, resource }) => `${method} ${resource}`);

  it("moves with one write when the last ready one of its node begins to terminate, and rests", async () => {
    local();
    serve(1, endpointSlice(SHOP, ["node-a", "node-b"]));
    await harness.start();
    expect(nodes()).to.deep.equal(["node-a", "node-b"]);
    await harness.settle(5000);
    harness.api.writes.length = 0;
    serve(1, endpointSlice(SHOP, ["node-b"]));
    serve(2, endpointSlice(SHOP, ["node-a"], { conditions: TERMINATING }));
    await harness.settle();
    expect(nodes()).to.deep.equal(["node-b", "node-a"]);
    await harness.settle(60_000);
    expect(writes()).to.deep.equal(["PUT virtualips"]);
  });

  it("moves by itself as soon as kube-proxy can know the ready one elsewhere", async () => {
    local();
    serve(1, endpointSlice(SHOP, ["node-a"]));
    await harness.start();
    await harness.settle(5000);
    serve(2, endpointSlice(SHOP, ["node-b"]));
    serve(1, endpointSlice(SHOP, ["node-a"], { conditions: TERMINATING }));
    await harness.settle(1900);
    expect(nodes()?.[0]).to.equal("node-a");
    await harness.settle(200);
    expect(nodes()?.[0]).to.equal("node-b");
  });

  for (let reading = 1; reading <= 20; reading++)
    it(`moves by itself though kube-proxy comes to know of it between two readings of the clock, before the ${reading}.`, async () => {
      local();
      serve(1, endpointSlice(SHOP, ["node-a"]));
      await harness.start();
      await harness.settle(5000);
      serve(2, endpointSlice(SHOP, ["node-b"]));
      await harness.settle(1990);
      const { clock } = harness;
      const nowMs = clock.nowMs.bind(clock);
      let left = reading;
      clock.nowMs = () => nowMs() + (--left < 0 ? 20 : 0);
      serve(1, endpointSlice(SHOP, ["node-a"], { conditions: TERMINATING }));
      await harness.settle(100);
      expect(nodes()?.[0]).to.equal("node-b");
    });

  it("stays with Drain until the terminating one is gone", async () => {
    harness.api.put(l2Advertisements, advertisement("all", { onTermination: "Drain" }));
    local();
    serve(1, endpointSlice(SHOP, ["node-a"]));
    serve(2, endpointSlice(SHOP, ["node-b"]));
    await harness.start();
    await harness.settle(5000);
    serve(1, endpointSlice(SHOP, ["node-a"], { conditions: TERMINATING }));
    await harness.settle(50_000);
    expect(nodes()?.[0]).to.equal("node-a");
    serve(1, endpointSlice(SHOP, []));
    await harness.settle();
    expect(nodes()?.[0]).to.equal("node-b");
  });

  it("are told by name when no Pod is ready", async () => {
    harness.api.put(services, service(SHOP));
    serve(1, endpointSlice(SHOP, ["node-a", "node-b"], { conditions: UNREADY, pods: ["shop-b", "shop-a"] }));
    await harness.start();
    await harness.settle(2000);
    expect(harness.message(SHOP, "Announced")).to.equal(
      "Nothing answers for 192.0.2.100: no IPv4 endpoint of web/shop is ready: 2 of 2 Pods are not ready (shop-a, shop-b); see kubectl -n web describe pod shop-a.",
    );
  });

  it("are told anew once in ten seconds at most, however many Pods come", async () => {
    harness.api.put(services, service(SHOP));
    serve(0, endpointSlice(SHOP, []));
    await harness.start();
    await harness.settle(5000);
    harness.api.writes.length = 0;
    for (let i = 1; i <= 300; i++) {
      const name = `shop-${String(1000 - i)}`;
      serve(i, endpointSlice(SHOP, ["node-a"], { conditions: UNREADY, pods: [name] }));
      await harness.settle(100);
    }
    await harness.settle(15_000);
    expect(harness.message(SHOP, "Announced")).to.contain(
      "300 of 300 Pods are not ready (shop-700, shop-701",
    );
    const count = (write: string): number => writes().filter((one) => one === write).length;
    expect(count("PATCH virtualips/status")).to.be.within(3, 5);
    expect(count("PATCH services/status")).to.be.within(3, 5);
    expect(count("PUT virtualips")).to.equal(0);
  });

  it("are told at once when the reason is another", async () => {
    local();
    serve(1, endpointSlice(SHOP, []));
    await harness.start();
    await harness.settle(2000);
    expect(harness.condition(SHOP, "Announced")).to.equal("False NoEndpoints");
    serve(1, endpointSlice(SHOP, ["node-z"]));
    await harness.settle(500);
    expect(harness.condition(SHOP, "Announced")).to.equal("False NoEligibleNode");
    expect(harness.message(SHOP, "Announced")).to.contain("(node-z: there is no such node)");
  });

  it("without a node are enough for Cluster, and said to be none for Local", async () => {
    harness.api.put(services, service(SHOP));
    const [endpoint] = endpointSlice(SHOP, ["node-a"]).endpoints ?? [];
    const { nodeName: _, ...nodeless } = endpoint ?? { addresses: [] };
    serve(1, { ...endpointSlice(SHOP, []), endpoints: [nodeless] });
    await harness.start();
    expect(nodes()?.[0]).to.equal("node-a");
    local();
    await harness.settle(2000);
    expect(nodes()).to.deep.equal([]);
    expect(harness.condition(SHOP, "Announced")).to.equal("False NoEndpoints");
    expect(harness.message(SHOP, "Announced")).to.contain("says on which node it is; write nodeName");
  });
});
