import { ipAddressPools, virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";

const IP = "192.0.2.100";
const GRACE_MS = 30_000;

describe("an address that nobody holds, whose pool is deleted", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  const addPool = (): void => harness.addPool("lan", [IP], { releaseDelay: "10m" });
  /** A moment ago, but longer than the grace. */
  const then = (): string => rfc3339(new Date(harness.clock.wall().getTime() - 2 * GRACE_MS));
  const cases: readonly [string, () => Partial<VirtualIPSpec>][] = [
    ["that waits for its Service", () => ({ claim: { namespace: "web", name: "shop" }, releasedAt: then() })],
    [
      "that is in quarantine",
      () => ({
        quarantine: { mac: "02:00:00:00:00:66", node: "node-a", interface: "lan0", since: then() },
      }),
    ],
  ];
  for (const [kind, spec] of cases) {
    const put = (): void => {
      harness.api.put(virtualIPs, {
        metadata: { name: IP },
        spec: { address: IP, pool: "lan", services: [], ...spec() },
      });
    };

    it(`stays what it is when the pool comes back within the grace (${kind})`, async () => {
      put();
      addPool();
      await harness.start();
      const before = harness.virtualIP(IP)?.metadata.uid;
      harness.api.remove(ipAddressPools, "lan");
      await harness.settle(GRACE_MS - 100);
      expect(harness.virtualIP(IP)?.metadata.uid).to.equal(before);
      addPool();
      await harness.settle(2 * GRACE_MS);
      expect(harness.virtualIP(IP)?.metadata.uid).to.equal(before);
    });

    it(`stays what it is when a controller begins before the pool comes back (${kind})`, async () => {
      put();
      const before = harness.virtualIP(IP)?.metadata.uid;
      await harness.start();
      await harness.settle(GRACE_MS - 1000);
      expect(harness.virtualIP(IP)?.metadata.uid).to.equal(before);
      addPool();
      await harness.settle(2 * GRACE_MS);
      expect(harness.virtualIP(IP)?.metadata.uid).to.equal(before);
    });

    it(`is free once the pool has been gone for the grace (${kind})`, async () => {
      put();
      await harness.start();
      await harness.settle(GRACE_MS + 1000);
      expect(harness.virtualIP(IP)).to.equal(undefined);
    });
  }
});
