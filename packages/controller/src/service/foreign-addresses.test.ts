import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const NODES = ["203.0.113.11", "203.0.113.12"];

describe("addresses that are in no pool and that several Services show", () => {
  it("are left alone on each of them, and nothing is said to be corrected", async () => {
    const harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    for (const key of ["web/a", "web/b"]) harness.addService(key, { shows: NODES });
    await harness.start();
    await harness.settle(5000);
    for (const key of ["web/a", "web/b"]) {
      expect(harness.addresses(key)).to.deep.equal(NODES);
      expect(harness.condition(key)).to.equal("False ForeignAddress");
    }
    const told = harness.api.list(events).map(({ reason }) => reason);
    expect(told).to.have.members(["ForeignAddress", "ForeignAddress"]);
    expect(harness.log.lines.filter(({ event }) => event === "status corrected")).to.deep.equal([]);
    await harness.stop();
  });
});
