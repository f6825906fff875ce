import { virtualIPs } from "@fairlead/api/resources.ts";
import type { Placement, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { ApiRequest } from "@fairlead/kube/transport.ts";
import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import { Harness } from "../testing/harness.ts";

const SHOP = "web/shop";
const IP = "192.0.2.100";

describe("the cluster, when a watch is faster than the answer to a write", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100-192.0.2.101"]);
  });
  afterEach(() => harness.stop());
  const onNodeC = (epoch: number): Placement => ({ epoch, nodes: ["node-c"], protocols: ["Layer2"] });

  it("goes by what somebody else has written since", async () => {
    harness.addService(SHOP);
    const { cluster } = await harness.start();
    const answer = harness.virtualIP(IP) as VirtualIP;
    harness.api.edit(virtualIPs, IP, (one) => ({
      ...one,
      spec: { ...one.spec, services: [SHOP, "web/other"], placement: onNodeC(9) },
    }));
    cluster.wroteVirtualIP(answer);
    expect(cluster.ledger.recordOf(address(IP))?.services).to.deep.equal([SHOP, "web/other"]);
    expect(cluster.occupancy.on("node-c")).to.include(IP);
  });

  it("goes by the deletion that came since", async () => {
    harness.addService(SHOP);
    const { cluster } = await harness.start();
    const answer = harness.virtualIP(IP) as VirtualIP;
    harness.api.remove(virtualIPs, IP);
    cluster.wroteVirtualIP(answer);
    expect(cluster.ledger.recordOf(address(IP))).to.equal(undefined);
    expect(cluster.virtualIPs.get(IP)).to.equal(undefined);
  });

  it("goes by what was made here since when the watch brings that its predecessor is gone", async () => {
    harness.addService(SHOP);
    const { cluster } = await harness.start();
    harness.api.live = false;
    const uid = harness.virtualIP(IP)?.metadata.uid ?? "";
    harness.api.remove(virtualIPs, IP);
    const gone = harness.api.hold();
    harness.api.live = true;
    cluster.lostVirtualIP(address(IP), IP, uid);
    const made: VirtualIP = {
      metadata: { name: IP, uid: "new", resourceVersion: "900" },
      spec: { address: IP, pool: "lan", services: [SHOP], placement: onNodeC(1) },
    };
    cluster.wroteVirtualIP(made);
    cluster.lostVirtualIP(address(IP), IP, uid);
    gone();
    expect(cluster.virtualIPs.get(IP)).to.equal(made);
    expect(cluster.occupancy.on("node-c")).to.include(IP);
    expect(cluster.ledger.recordOf(address(IP))?.uid).to.equal("new");
  });

  it("secures the address anew that was made and deleted meanwhile", async () => {
    await harness.start();
    const { api } = harness;
    const request = api.request.bind(api);
    let deleted = 0;
    api.request = async <T>(one: ApiRequest): Promise<T> => {
      const answer = await request<T>(one);
      if (one.method === "POST" && one.path.includes("virtualips") && deleted++ === 0)
        api.remove(virtualIPs, IP);
      return answer;
    };
    harness.addService(SHOP);
    await harness.settle(5000);
    expect(deleted).to.be.greaterThan(0);
    const [ip = ""] = harness.addresses(SHOP);
    expect(harness.virtualIP(ip)?.spec.services).to.deep.equal([SHOP]);
    expect(harness.names()).to.deep.equal([ip]);
  });
});
