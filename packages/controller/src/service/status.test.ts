import { expect } from "chai";
import { World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";
import { desiredStatus, isTold, sameIngress } from "./status.ts";

const NOW = "2026-05-05T05:05:05Z";
const NOTHING = { unannounced: [], contested: [] };

describe("a Service's status", () => {
  const world = new World(pool("lan", ["192.0.2.1", "2001:db8::1"]));
  const both = service("web/shop", { families: ["IPv6", "IPv4"] });
  const desired = desiredStatus(both, world.decide(both), NOTHING, NOW);

  it("lists IPv4 before IPv6, each with its mode", () => {
    expect(desired.ingress).to.deep.equal([
      { ip: "192.0.2.1", ipMode: "VIP" },
      { ip: "2001:db8::1", ipMode: "VIP" },
    ]);
  });

  it("is told once it says all that, whoever fills in the mode", () => {
    const { ingress = [], conditions } = desired;
    const told = { ...both, status: { loadBalancer: { ingress }, conditions } };
    expect(isTold(both, desired)).to.equal(false);
    expect(isTold(told, desired)).to.equal(true);
    expect(sameIngress([{ ip: "192.0.2.1" }], [{ ip: "192.0.2.1", ipMode: "VIP" }])).to.equal(true);
    expect(sameIngress([{ ip: "192.0.2.1" }], [{ ip: "192.0.2.1", ipMode: "Proxy" }])).to.equal(false);
  });

  it("keeps the time of a condition whose status does not change", () => {
    const before = {
      ...both,
      status: {
        conditions: [
          {
            type: "fairlead.dev/Allocated",
            status: "True",
            lastTransitionTime: "2020-01-01T00:00:00Z",
            reason: "KeptOutsidePools",
            message: "",
          } as const,
        ],
      },
    };
    const [condition] = desiredStatus(before, world.decide(both), NOTHING, NOW).conditions;
    expect(condition?.lastTransitionTime).to.equal("2020-01-01T00:00:00Z");
    expect(condition?.reason).to.equal("Allocated");
  });

  it("does not touch host names that somebody else wrote while there is nothing to say", () => {
    const named = { ...both, status: { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } } };
    expect(desiredStatus(named, new World().decide(named), NOTHING, NOW).ingress).to.equal(undefined);
  });

  it("loses an address that belongs to another Service", () => {
    const full = new World(pool("lan", ["192.0.2.1"])).holds("db/holder", "lan", "192.0.2.1");
    full.shows(service("db/holder", { shows: ["192.0.2.1"] }));
    const loser = service("web/loser", { shows: ["192.0.2.1"] });
    expect(desiredStatus(loser, full.shows(loser).decide(loser), NOTHING, NOW).ingress).to.deep.equal([]);
  });
});
