import type { Service } from "@fairlead/api/core/service.ts";
import { services } from "@fairlead/api/core/service.ts";
import type { IPAddressPoolSpec } from "@fairlead/api/ip-address-pool.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const IP = "192.0.2.100";
const RANGE = ["192.0.2.100-192.0.2.103"];
const KEY = "fairlead.dev/allow-shared-ip";
const POOL = "fairlead.dev/address-pool";
const [OLD, NEW] = ["web/old", "web/new"];
const gold = { serviceSelectors: [{ matchLabels: { tier: "gold" } }] };

/** Two pools have the same addresses; Services hold one of the first, and ask for the second. */
describe("the pool that the record of an address names", () => {
  let harness: Harness;
  const annotate = (key: string, annotations: Readonly<Record<string, string>>): Service =>
    harness.api.edit(services, key, (one) => ({ ...one, metadata: { ...one.metadata, annotations } }));
  const poolOf = () => harness.virtualIP(IP)?.spec.pool;

  async function begin(second: Partial<IPAddressPoolSpec>) {
    harness.addPool("first", RANGE);
    harness.addPool("second", RANGE, { autoAssign: false, ...second });
    const created = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
    for (const [i, key] of [OLD, NEW].entries())
      harness.addService(key, {
        annotations: { [KEY]: "k" },
        labels: { tier: i === 0 ? "gold" : "iron" },
        spec: { ports: [{ port: 80 + i }] },
        created: created[i] ?? "",
      });
    harness.addService("web/else", {
      annotations: { [POOL]: "second", "fairlead.dev/loadBalancerIPs": "192.0.2.103" },
    });
    await harness.start();
    await harness.settle();
    expect([OLD, NEW].map((key) => harness.addresses(key))).to.deep.equal([[IP], [IP]]);
    expect(poolOf()).to.equal("first");
  }

  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  it("is not another one because one of those who share the address asks for it: it may not admit the others", async () => {
    await begin({ onInvalid: "Renumber", serviceAllocation: gold });
    annotate(OLD, { [KEY]: "k", [POOL]: "second" });
    await harness.settle();
    annotate(NEW, { [KEY]: "k", some: "change" });
    await harness.settle(120_000);
    expect([OLD, NEW].map((key) => harness.addresses(key))).to.deep.equal([[IP], [IP]]);
    expect(poolOf()).to.equal("first");
  });

  it("is another one when all of them ask for it", async () => {
    await begin({});
    for (const key of [OLD, NEW]) annotate(key, { [KEY]: "k", [POOL]: "second" });
    await harness.settle();
    expect(poolOf()).to.equal("second");
    annotate(NEW, { [KEY]: "k", [POOL]: "first" });
    await harness.settle(120_000);
    expect(poolOf()).to.equal("second");
    expect([OLD, NEW].map((key) => harness.addresses(key))).to.deep.equal([[IP], [IP]]);
  });

  for (const [what, second] of [
    ["that does not admit it", { onInvalid: "Renumber", serviceAllocation: { namespaces: ["db"] } }],
    ["that leaves the address out", { onInvalid: "Renumber", exclude: [IP] }],
    ["of which its namespace has all that it may", { quota: { perNamespace: 1 } }],
  ] as const)
    it(`is none ${what}, so that a Service that asks for it by mistake has its address still when it does not any more`, async () => {
      await begin(second);
      for (const key of [OLD, NEW]) annotate(key, { [KEY]: "k", [POOL]: "second" });
      await harness.settle(120_000);
      for (const key of [OLD, NEW]) annotate(key, { [KEY]: "k" });
      await harness.settle(120_000);
      expect([OLD, NEW].map((key) => harness.addresses(key))).to.deep.equal([[IP], [IP]]);
      expect(poolOf()).to.equal("first");
    });

  it("is none that does not admit the Service, also when the record is made again", async () => {
    await begin({ onInvalid: "Renumber", serviceAllocation: { namespaces: ["db"] } });
    for (const key of [OLD, NEW]) annotate(key, { [KEY]: "k", [POOL]: "second" });
    await harness.settle();
    harness.api.remove(virtualIPs, IP);
    await harness.settle();
    expect(poolOf()).to.equal("first");
  });
});
