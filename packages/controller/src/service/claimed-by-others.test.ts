import { endpointSlices } from "@fairlead/api/core/endpoint-slice.ts";
import { nodes } from "@fairlead/api/core/node.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import { VIRTUAL_IP_STATUS_MANAGER } from "@fairlead/api/virtual-ip-status.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import { events } from "@fairlead/kube/events.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { endpointSlice, node } from "../testing/objects.ts";
import { Strangers } from "../testing/strangers.ts";

const SHOP = "web/shop";
const FIRST = "192.0.2.100";

describe("a Service whose address somebody else on the LAN claims", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  const say = (messages: readonly string[]): void => {
    harness.api.edit(virtualIPs, FIRST, (one) => {
      const others = (one.status?.conditions ?? []).filter(({ type }) => type !== CONTESTED);
      const contested = messages.map((message) => ({
        type: CONTESTED,
        status: "True" as const,
        reason: "ClaimedByOther",
        message,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      }));
      const status: VirtualIPStatus = { ...one.status, conditions: [...others, ...contested] };
      return { ...one, status };
    });
  };
  const told = (): readonly string[] =>
    harness.api
      .list(events)
      .filter(({ reason }) => reason === "ClaimedByOther")
      .map(({ regarding, note }) => `${regarding.kind} ${regarding.name}: ${note}`);

  it("keeps it and is told once, over a restart too, until that is over", async () => {
    const lan = new Strangers(harness);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    const first = await harness.start();
    await lan.settle();
    say(["n: 02:00:00:00:00:66 says so"]);
    await harness.settle(2000);
    expect(harness.condition(SHOP, "Contested")).to.equal("True ClaimedByOther");
    expect(harness.message(SHOP, "Contested")).to.equal("n: 02:00:00:00:00:66 says so");
    expect(harness.condition(SHOP)).to.equal("True Allocated");
    expect(harness.addresses(SHOP)).to.deep.equal([FIRST]);
    expect(told()).to.deep.equal(["Service shop: n: 02:00:00:00:00:66 says so"]);
    await first.stop();
    const writes = harness.api.count("PATCH services/status");
    await harness.start();
    await harness.settle(2000);
    expect(harness.api.count("PATCH services/status")).to.equal(writes);
    say([]);
    await harness.settle(2000);
    expect(harness.condition(SHOP, "Contested")).to.equal("none");
    expect(told()).to.have.length(1);
  });

  it("is told so no more when nobody answers and the node that heard it is gone, which cannot take it back", async () => {
    const lan = new Strangers(harness);
    harness.addPool("lan", ["192.0.2.100-192.0.2.110"]);
    harness.addService(SHOP);
    await harness.start();
    await lan.settle();
    const heardBy = harness.virtualIP(FIRST)?.status?.announcers?.[0]?.node ?? "";
    say([`${heardBy}: 02:00:00:00:00:66 says so`]);
    const foreign = {
      node: heardBy,
      interface: "lan0",
      mac: "02:00:00:00:00:66",
      since: "2026-01-01T00:00:00Z",
    };
    const fieldManager = VIRTUAL_IP_STATUS_MANAGER;
    const speaker = new ApiClient({ transport: harness.api, fieldManager });
    const object = { metadata: { name: FIRST }, status: { ...harness.virtualIP(FIRST)?.status, foreign } };
    await speaker.apply(virtualIPs, object, { fieldManager, subresource: "status", force: true });
    await harness.settle(2000);
    expect(harness.condition(SHOP, "Contested")).to.equal("True ClaimedByOther");
    harness.api.put(nodes, node(heardBy, { ready: false }));
    harness.api.put(endpointSlices, endpointSlice(SHOP, []));
    await harness.settle(5000);
    expect(harness.condition(SHOP, "Announced")).to.equal("False NoEndpoints");
    expect(harness.condition(SHOP, "Contested")).to.equal("none");
    expect(harness.virtualIP(FIRST)?.status).to.not.have.property("foreign");
    expect(harness.virtualIP(FIRST)?.status?.firstAnnounced, "it served").to.not.equal(undefined);
  });
});
