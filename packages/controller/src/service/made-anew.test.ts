import { services } from "@fairlead/api/core/service.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { service } from "../testing/objects.ts";

const SHOP = "web/shop";
const IP = "192.0.2.100";

describe("a Service that is replaced by one of the same name and of another class before the watch says so", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = Harness.withNodes();
    harness.addPool("lan", [IP]);
    await harness.start();
  });
  afterEach(() => harness.stop());

  const replace = (): void => {
    harness.api.live = false;
    harness.api.remove(services, SHOP);
    harness.api.put(services, service(SHOP, { spec: { loadBalancerClass: "example.com/x" } }));
  };

  it("is told no address, which is taken back without a word of failure", async () => {
    harness.addService(SHOP);
    replace();
    await harness.settle();
    expect(harness.names()).to.deep.equal([IP]);
    expect(harness.service(SHOP).status).to.equal(undefined);
    harness.api.deliver();
    harness.api.live = true;
    await harness.settle(5000);
    expect(harness.service(SHOP).status).to.equal(undefined);
    expect(harness.api.list(virtualIPs)).to.deep.equal([]);
    expect(harness.log.complaints).to.deep.equal([]);
  });

  it("keeps what another program has told of it when its predecessor wants nothing any more", async () => {
    harness.addService(SHOP);
    await harness.settle();
    harness.api.edit(services, SHOP, ({ spec, ...one }) => ({
      ...one,
      spec: { ...spec, type: "ClusterIP" as const },
    }));
    replace();
    const ingress = [{ ip: "203.0.113.9" }];
    harness.api.edit(services, SHOP, (one) => ({ ...one, status: { loadBalancer: { ingress } } }));
    await harness.settle();
    harness.api.deliver();
    harness.api.live = true;
    await harness.settle(5000);
    expect(harness.service(SHOP).status).to.deep.equal({ loadBalancer: { ingress } });
    expect(harness.names()).to.deep.equal([]);
    expect(harness.log.complaints).to.deep.equal([]);
  });
});
