import { namespaces } from "@fairlead/api/core/namespace.ts";
import { services } from "@fairlead/api/core/service.ts";
import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const SHOP = "new/shop";
const FRONT = { namespaceSelectors: [{ matchLabels: { tier: "front" } }] };

describe("a Service that is seen before its namespace", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  const addNamespace = (labels?: Readonly<Record<string, string>>): void => {
    harness.api.put(namespaces, { metadata: { name: "new", ...(labels && { labels }) } });
  };
  const told = (): readonly string[] => harness.api.list(events).map(({ reason }) => reason);

  it("is told nothing before it is known whether the pool that it names admits the namespace", async () => {
    harness.addPool("front", ["192.0.2.100"], { serviceAllocation: FRONT });
    await harness.start();
    harness.addService(SHOP, { annotations: { "fairlead.dev/address-pool": "front" } });
    await harness.settle(1000);
    expect(harness.condition(SHOP)).to.equal("none");
    addNamespace({ tier: "front" });
    await harness.settle(1000);
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    expect(told()).to.deep.equal(["Allocated"]);
  });

  it("gets no address of another pool meanwhile, not even one that it could wait for", async () => {
    harness.addPool("front", ["192.0.2.100"], { serviceAllocation: { ...FRONT, priority: 1 } });
    harness.addPool("rest", ["192.0.2.200"], { serviceAllocation: { priority: 2 } });
    await harness.start();
    harness.addService(SHOP);
    await harness.settle(1000);
    expect(harness.names()).to.deep.equal([]);
    addNamespace({ tier: "front" });
    await harness.settle(1000);
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    expect(harness.names()).to.deep.equal(["192.0.2.100"]);
  });

  it("is served when the namespace turns out to have no labels", async () => {
    harness.addPool("front", ["192.0.2.100"], { serviceAllocation: { ...FRONT, priority: 1 } });
    harness.addPool("rest", ["192.0.2.200"], { serviceAllocation: { priority: 2 } });
    await harness.start();
    harness.addService(SHOP);
    await harness.settle(1000);
    addNamespace();
    await harness.settle(1000);
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.200"]);
  });

  it("is served at once where no pool asks for labels of namespaces", async () => {
    harness.addPool("lan", ["192.0.2.100"]);
    await harness.start();
    harness.addService(SHOP);
    await harness.settle();
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
  });

  it("keeps what it has when the namespace goes first, and gives it back when it goes itself", async () => {
    harness.addPool("front", ["192.0.2.100"], { serviceAllocation: FRONT, onInvalid: "Renumber" });
    harness.addPool("rest", ["192.0.2.200"]);
    addNamespace({ tier: "front" });
    await harness.start();
    harness.addService(SHOP, { annotations: { "fairlead.dev/address-pool": "front" } });
    await harness.settle();
    harness.api.remove(namespaces, "new");
    await harness.settle(120_000);
    expect(harness.addresses(SHOP)).to.deep.equal(["192.0.2.100"]);
    expect(harness.condition(SHOP)).to.equal("True Allocated");
    harness.api.remove(services, SHOP);
    await harness.settle();
    expect(harness.names()).to.deep.equal([]);
  });
});
