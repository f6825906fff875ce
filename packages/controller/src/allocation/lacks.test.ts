import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const SHOP = "web/shop";
const FULL = ["192.0.2.0"];
const V4 = ["192.0.2.0/30"];
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const asks = (name: string) => ({ annotations: { "fairlead.dev/address-pool": name } });
const dual = { families: ["IPv4", "IPv6"] } as const;
const required = { ...dual, spec: { ipFamilyPolicy: "RequireDualStack" } } as const;

describe("the families of which an address that becomes free might help a Service", () => {
  const full = (...more: readonly string[]) =>
    new World(pool("a", [...FULL, ...more])).holds("web/other", "a", FULL[0] ?? "");

  interface Case {
    readonly it: string;
    readonly world: World;
    readonly service: Service;
    readonly waiting: boolean;
    readonly lacks: readonly string[];
  }
  const cases: readonly Case[] = [
    { it: "has all", world: new World(pool("a", V4)), service: service(SHOP), waiting: false, lacks: [] },
    { it: "has none", world: full(), service: service(SHOP), waiting: true, lacks: ["IPv4"] },
    {
      it: "has one, and no pool has the other that it prefers to have too",
      world: new World(pool("a", V4)),
      service: service(SHOP, dual),
      waiting: true,
      lacks: [],
    },
    {
      it: "has one, and others hold the other that it prefers to have too",
      world: full("2001:db8::"),
      service: service(SHOP, dual),
      waiting: true,
      lacks: ["IPv4"],
    },
    {
      it: "requires both, of which others hold one",
      world: full("2001:db8::"),
      service: service(SHOP, required),
      waiting: true,
      lacks: ["IPv4", "IPv6"],
    },
    {
      it: "asks for an address that others hold",
      world: new World(pool("a", V4)).holds("web/other", "a", "192.0.2.3"),
      service: service(SHOP, wants("192.0.2.3")),
      waiting: true,
      lacks: ["IPv4"],
    },
    {
      it: "asks for an address that others hold under a pool that is disabled, and that another pool has too",
      world: new World(pool("a", V4, { disabled: true }), pool("b", V4)).holds("web/other", "a", "192.0.2.3"),
      service: service(SHOP, wants("192.0.2.3")),
      waiting: true,
      lacks: ["IPv4"],
    },
    {
      it: "has an address that is to be replaced",
      world: new World(pool("a", ["192.0.2.1"], { onInvalid: "Renumber" }))
        .holds(SHOP, "a", "192.0.2.0")
        .holds("web/other", "a", "192.0.2.1"),
      service: service(SHOP),
      waiting: true,
      lacks: ["IPv4"],
    },
    {
      it: "has used its quota up",
      world: new World(pool("a", V4, { quota: { perNamespace: 1 } })).holds("web/other", "a", "192.0.2.0"),
      service: service(SHOP),
      waiting: true,
      lacks: ["IPv4"],
    },
    { it: "finds no pool", world: new World(), service: service(SHOP), waiting: true, lacks: [] },
    {
      it: "asks for a pool that is not there",
      world: new World(pool("a", V4)),
      service: service(SHOP, asks("b")),
      waiting: true,
      lacks: [],
    },
    {
      it: "asks for a pool that is disabled",
      world: new World(pool("a", V4, { disabled: true })),
      service: service(SHOP, asks("a")),
      waiting: true,
      lacks: [],
    },
    {
      it: "is admitted by no pool",
      world: new World(pool("a", V4, { serviceAllocation: { namespaces: ["db"] } })),
      service: service(SHOP),
      waiting: true,
      lacks: [],
    },
    {
      it: "asks for what cannot be read",
      world: full(),
      service: service(SHOP, wants("nonsense")),
      waiting: true,
      lacks: [],
    },
    {
      it: "shows an address that is not ours",
      world: full().shows(service(SHOP, { shows: ["203.0.113.1"] })),
      service: service(SHOP, { shows: ["203.0.113.1"] }),
      waiting: true,
      lacks: [],
    },
  ];
  for (const { it: title, world, service: asking, waiting, lacks } of cases)
    it(`${lacks.join(" and ") || "none"}, if it ${title}`, () => {
      world.settle(asking);
      const decision = world.decide(asking);
      expect([decision.waiting, decision.lacks]).to.deep.equal([waiting, lacks]);
    });

  it("is that of an address that a node uses, if it asks for that", () => {
    const world = new World(pool("a", V4));
    const { address } = world.decide(service(SHOP, wants("192.0.2.3"))).take[0] ?? {};
    if (address === undefined) throw new Error("it was not given");
    world.ledger.setNetworkUse(address, 'the address of node "n1"');
    expect(world.decide(service(SHOP, wants("192.0.2.3"))).lacks).to.deep.equal(["IPv4"]);
  });
});
