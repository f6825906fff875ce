import { services } from "@fairlead/api/core/service.ts";
import { ipAddressPools } from "@fairlead/api/resources.ts";
import type { Family } from "@fairlead/net/address.ts";
import { expect } from "chai";
import type { Standing } from "../allocation/holdings.ts";
import { readRequest, readTerms } from "../allocation/request.ts";
import { address } from "../testing/allocation.ts";
import { Harness } from "../testing/harness.ts";
import { pool, type ServiceParts, service } from "../testing/objects.ts";
import { WaitingList } from "./waiting-list.ts";
import { waitingSince } from "./waiting-since.ts";

const FREE: Standing = { kind: "Free" };
const key = { annotations: { "fairlead.dev/allow-shared-ip": "k" } };
const dual = { families: ["IPv4", "IPv6"] } as const;

describe("those for whom an address might do that others let go", () => {
  /** @param waiting in the order of their waiting; each with what it lacks, by default any */
  function concerned(
    waiting: readonly (readonly [name: string, parts: ServiceParts, lacks?: readonly Family[]])[],
    standing: Standing,
    text = "192.0.2.0",
  ): readonly string[] {
    const list = new WaitingList();
    for (const [i, [name, parts, lacks]] of waiting.entries()) {
      const request = readRequest(service(name, parts));
      list.add(request, `2026-01-01T00:00:0${i}Z`, lacks ?? request.families);
    }
    return [...list.inOrderFor(address(text), standing, ["lan"], [])];
  }

  it("are those who lack one of its family", () => {
    const waiting = [
      ["web/a", dual, ["IPv6"]],
      ["web/b", dual, ["IPv4"]],
      ["web/c", dual, []],
      ["web/d", {}],
    ] as const;
    expect(concerned(waiting, FREE)).to.deep.equal(["web/b", "web/d"]);
    expect(concerned(waiting, FREE, "2001:db8::")).to.deep.equal(["web/a"]);
  });

  it("are, if it is kept for one, that one, whatever it lacks", () => {
    for (const released of [true, false]) {
      const standing = { kind: "Kept", claim: "web/a", released } as const;
      expect(concerned([["web/a", {}, []]], standing)).to.deep.equal(["web/a"]);
    }
  });

  it("are, if it is kept for one who shared it, those who have that one's key", () => {
    const terms = readTerms(service("web/gone", key));
    const standing = { kind: "Kept", claim: "web/gone", released: false, terms } as const;
    expect(
      concerned(
        [
          ["web/a", key],
          ["web/b", {}],
        ],
        standing,
      ),
    ).to.deep.equal(["web/a"]);
  });
});

describe("a Service waits", () => {
  const CREATED = "2026-01-01T00:00:00Z";
  const SINCE = "2026-02-01T00:00:00Z";
  const told = (status: "True" | "False") => ({
    ...service("web/shop", { created: CREATED }),
    status: {
      conditions: [
        { type: "fairlead.dev/Allocated", status, reason: "", message: "", lastTransitionTime: SINCE },
      ],
    },
  });

  it("since it was first told that it lacks something, else since it exists", () => {
    expect(waitingSince(told("False"))).to.equal(SINCE);
    expect(waitingSince(told("True"))).to.equal(CREATED);
    expect(waitingSince(service("web/shop", { created: CREATED }))).to.equal(CREATED);
  });

  it("no shorter because another controller begins: who has waited longest gets what has become free meanwhile", async () => {
    const harness = Harness.withNodes();
    harness.addPool("lan", ["192.0.2.100"]);
    harness.addService("web/has");
    harness.addService("web/old", { ...wantsNothing(), created: "2025-01-01T00:00:00Z" });
    const first = await harness.start();
    await harness.settle(2000);
    harness.addService("web/young", { created: "2025-06-01T00:00:00Z" });
    await harness.settle(2000);
    harness.api.put(services, { ...service("web/old", { created: "2025-01-01T00:00:00Z" }) });
    await harness.settle(2000);
    expect(harness.condition("web/old")).to.equal("False PoolExhausted");
    expect(harness.condition("web/young")).to.equal("False PoolExhausted");
    await first.stop();
    harness.api.put(ipAddressPools, pool("lan", ["192.0.2.100-192.0.2.101"]));
    await harness.start();
    await harness.settle(2000);
    expect(harness.addresses("web/young")).to.deep.equal(["192.0.2.101"]);
    expect(harness.addresses("web/old")).to.deep.equal([]);
    await harness.stop();
  });
});

/** Of a Service that becomes one of type LoadBalancer only later. */
function wantsNothing(): ServiceParts {
  return { spec: { type: "ClusterIP" } };
}
