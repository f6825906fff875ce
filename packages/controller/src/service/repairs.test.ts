import { virtualIPs } from "@fairlead/api/resources.ts";
import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const SHOP = "web/shop";
const IP = "192.0.2.100";

describe("a record that does not fit what Services show", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
  });
  afterEach(() => harness.stop());

  const name = (holder: string): void => {
    harness.api.edit(virtualIPs, IP, (one) => ({ ...one, spec: { ...one.spec, services: [holder] } }));
  };

  const told = (kind: string): readonly string[] =>
    harness.api
      .list(events)
      .filter(({ reason, regarding }) => reason === "RecordRepaired" && regarding.kind === kind)
      .map(({ regarding }) => regarding.name ?? "");

  const writesOf = (since: number): readonly string[] =>
    harness.api.writes
      .slice(since)
      .filter(({ resource }) => resource === "virtualips")
      .map(({ method }) => method);

  it("because it names a Service that does not exist is given back, not deleted, and told on both", async () => {
    harness.addService(SHOP);
    await harness.start();
    const since = harness.api.writes.length;
    name("web/nobody");
    await harness.settle(10_000);
    expect(harness.virtualIP(IP)?.spec.services).to.deep.equal([SHOP]);
    expect(writesOf(since)).to.deep.equal(["PUT"]);
    expect(told("VirtualIP")).to.deep.equal([IP]);
    expect(told("Service")).to.deep.equal(["shop"]);
  });

  for (const [oldest, younger] of [
    ["web/a", "web/z"],
    ["web/z", "web/a"],
  ] as const) {
    it(`is given to the oldest of those who show the address: ${oldest}, not ${younger}`, async () => {
      const old = { created: "2026-01-01T00:00:00Z", shows: [IP] };
      const young = { created: "2026-01-02T00:00:00Z", shows: [IP] };
      harness.addService(younger, young);
      harness.addService("web/other", { created: "2026-01-03T00:00:00Z" });
      harness.api.put(virtualIPs, {
        metadata: { name: IP },
        spec: { address: IP, pool: "lan", services: ["web/other"] },
      });
      await harness.start();
      // It comes to be looked at later than the younger one.
      await harness.settle(1000);
      harness.addService(oldest, old);
      await harness.settle(20_000);
      expect(harness.virtualIP(IP)?.spec.services).to.deep.equal([oldest]);
      expect(harness.addresses(oldest)).to.deep.equal([IP]);
      expect(harness.addresses(younger)).not.to.include(IP);
    });
  }

  it("because it is gone is made again and told on both", async () => {
    harness.addService(SHOP);
    await harness.start();
    expect(told("VirtualIP")).to.deep.equal([]);
    harness.api.remove(virtualIPs, IP);
    await harness.settle();
    expect(harness.virtualIP(IP)?.spec.services).to.deep.equal([SHOP]);
    expect(told("VirtualIP")).to.deep.equal([IP]);
    expect(told("Service")).to.deep.equal(["shop"]);
  });

  it("because we had never seen the Service is made, and told as nothing to worry about", async () => {
    harness.addService(SHOP, { shows: [IP] });
    await harness.start();
    await harness.settle();
    expect(harness.virtualIP(IP)?.spec.services).to.deep.equal([SHOP]);
    const all = harness.api.list(events).map(({ type, reason }) => `${type} ${reason}`);
    expect(all).to.have.members(["Normal Adopted", "Normal Allocated"]);
  });
});
