import { services } from "@fairlead/api/core/service.ts";
import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const WAITING = ["web/w1", "web/w2", "web/w3"];

describe("what Services that wait are told", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100"]);
    await harness.start();
    harness.addService("web/first");
    await harness.settle();
    for (const key of WAITING) harness.addService(key);
    await harness.settle();
  });
  afterEach(() => harness.stop());

  /** The pool grows by addresses that others have who come at the same moment. */
  const grow = async (to: number): Promise<void> => {
    const shows = [`192.0.2.${to}`];
    harness.addService(`web/holder-${to}`, { shows });
    await harness.settle();
    harness.addPool("lan", [`192.0.2.100-192.0.2.${to}`]);
    await harness.settle(1000);
  };
  const writes = (key: string): number =>
    harness.api.writes.filter(({ resource, name }) => resource === "services/status" && name === key).length;
  const told = (name: string): number =>
    harness.api.list(events).filter(({ regarding }) => regarding.name === name).length;

  it("is put into other words twice a minute at most, comes right in the end, and makes no further Event", async () => {
    for (const key of WAITING) expect(harness.message(key)).to.include("1 of its 1 IPv4 addresses in use");
    for (const to of [101, 102, 103]) await grow(to);
    for (const key of WAITING) {
      expect(harness.message(key)).to.include("1 of its 1 IPv4 addresses in use");
      expect(writes(key)).to.equal(1);
    }
    await harness.settle(30_000);
    for (const key of WAITING) {
      expect(harness.message(key)).to.include("4 of its 4 IPv4 addresses in use");
      expect(writes(key)).to.equal(2);
    }
    expect(told("w1")).to.equal(1);
    await harness.settle(35_000);
    expect(writes("web/w1")).to.equal(2);
    await grow(104);
    expect(writes("web/w1"), "nothing was told for long").to.equal(3);
    expect(told("w1")).to.equal(1);
  });

  it("is told at once when the reason is another, when they get an address, or when they ask for something else", async () => {
    await grow(101);
    const ask = (key: string, value: string): void => {
      const annotations = { "fairlead.dev/address-pool": value };
      harness.api.edit(services, key, (one) => ({ ...one, metadata: { ...one.metadata, annotations } }));
    };
    ask("web/w1", "none");
    await harness.settle();
    expect(harness.condition("web/w1")).to.equal("False PoolNotFound");
    expect(told("w1")).to.equal(2);
    ask("web/w1", "nothing");
    await harness.settle();
    expect(harness.message("web/w1")).to.include('"nothing"');
    harness.api.remove(services, "web/first");
    await harness.settle();
    expect(harness.addresses("web/w2")).to.deep.equal(["192.0.2.100"]);
    expect(told("w2")).to.equal(2);
  });
});
