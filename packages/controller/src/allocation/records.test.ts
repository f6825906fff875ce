import { expect } from "chai";
import { address, summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const V4 = "192.0.2.0/30";
const A = address("192.0.2.0");
const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });
const key = (port: number, extra: Parameters<typeof service>[1] = {}) => ({
  annotations: { "fairlead.dev/allow-shared-ip": "k" },
  spec: { ports: [{ port }] },
  ...extra,
});
const old = "2026-01-01T00:00:00Z";
const young = "2026-02-01T00:00:00Z";

/** Those on record, by address. */
function recorded(world: World): Record<string, readonly string[]> {
  return Object.fromEntries([...world.virtualIPs.values()].map(({ spec }) => [spec.address, spec.services]));
}

describe("records that are lost", () => {
  it("are made again from statuses, before anybody who waits gets anything", () => {
    const world = new World(pool("a", ["192.0.2.0/31"]));
    const [one, two, waits] = [service("web/one"), service("web/two"), service("db/waits")];
    for (const each of [one, two, waits]) world.settle(each);
    for (const { spec } of [...world.virtualIPs.values()]) world.lose(address(spec.address));
    world.restart([waits, two, one]);
    expect(summary(world.settle(waits))).to.equal("nothing: PoolExhausted");
    for (const each of [two, one]) world.settle(each);
    expect(recorded(world)).to.deep.equal({ "192.0.2.0": ["web/one"], "192.0.2.1": ["web/two"] });
  });

  it("of one address that two show: the elder has it, the other gets another", () => {
    const world = new World(pool("a", [V4]));
    const elder = service("web/z", { shows: ["192.0.2.0"], created: old });
    const younger = service("web/a", { shows: ["192.0.2.0"], created: young });
    for (const one of [younger, elder]) world.shows(one);
    expect(summary(world.settle(younger))).to.equal("take 192.0.2.1: Allocated");
    expect(summary(world.settle(elder))).to.equal("keep 192.0.2.0: Allocated");
  });

  it("of one address that two show who may share it: both have it", () => {
    const world = new World(pool("a", [V4]));
    const services = [
      service("web/z", key(80, { shows: ["192.0.2.0"], created: old })),
      service("web/a", key(81, { shows: ["192.0.2.0"], created: young })),
    ];
    for (const one of services) world.shows(one);
    for (const one of services) expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
    expect(recorded(world)).to.deep.equal({ "192.0.2.0": ["web/z", "web/a"] });
  });

  it("of one address that two show who may not share it: nobody joins before it is clear whose it is", () => {
    const world = new World(pool("a", ["192.0.2.0/32"]));
    const elder = service("web/z", key(80, { shows: ["192.0.2.0"], created: old }));
    const younger = service("web/a", { shows: ["192.0.2.0"], created: young });
    const joins = service("web/new", key(81));
    for (const one of [younger, elder]) world.shows(one);
    expect(summary(world.settle(joins))).to.match(/^nothing: /);
    expect(summary(world.settle(elder))).to.equal("keep 192.0.2.0: Allocated");
    expect(summary(world.settle(joins))).to.match(/^nothing: /);
    world.settle(younger);
    expect(summary(world.settle(joins))).to.equal("take 192.0.2.0: Allocated");
    expect(recorded(world)).to.deep.equal({ "192.0.2.0": ["web/z", "web/new"] });
  });

  it("take reservations with them, and nothing else", () => {
    const world = new World(pool("a", [V4])).reserves("192.0.2.0", "db/other");
    world.settle(service("web/shop"));
    world.lose(A);
    expect(summary(world.settle(service("web/shop")))).to.equal("keep 192.0.2.1: Allocated");
    expect(summary(world.settle(service("web/new")))).to.equal("take 192.0.2.0: Allocated");
  });
});

describe("records and statuses that contradict each other", () => {
  const edited = (services: readonly string[]): World => {
    const world = new World(pool("a", [V4]));
    world.settle(service("web/shop"));
    world.write(A, { address: A.text, pool: "a", services });
    return world;
  };

  it("nobody moves as long as that is not resolved", () => {
    const world = edited(["db/other"]);
    for (const name of ["web/shop", "db/other"]) {
      const decision = world.settle(service(name));
      expect(decision.disputed, name).to.equal(true);
      expect(summary(decision)).to.match(/^keep 192.0.2.0:/);
    }
    expect(summary(world.decide(service("web/third", wants("192.0.2.0"))))).to.equal("nothing: AddressTaken");
    expect(world.statuses.get("db/other")).to.equal(undefined);
  });

  it("who shows the address has it, if no holder on record does", () => {
    const world = edited(["db/other"]);
    world.repair();
    expect(recorded(world)).to.deep.equal({ "192.0.2.0": ["web/shop"] });
    expect(summary(world.settle(service("web/shop")))).to.equal("keep 192.0.2.0: Allocated");
    expect(summary(world.settle(service("db/other")))).to.equal("take 192.0.2.1: Allocated");
  });

  it("a holder on record who shows the address has it", () => {
    const world = new World(pool("a", [V4]));
    world.settle(service("web/shop"));
    world.shows(service("db/other", { shows: ["192.0.2.0"], created: "2020-01-01T00:00:00Z" }));
    expect(summary(world.settle(service("web/shop")))).to.equal("keep 192.0.2.0: Allocated");
    expect(summary(world.settle(service("db/other")))).to.equal("take 192.0.2.1: Allocated");
  });

  it("nobody joins an address that is disputed", () => {
    const world = new World(pool("a", [V4]));
    world.settle(service("web/shop", key(80, { annotations: {} })));
    world.write(A, { address: A.text, pool: "a", services: ["web/other"] });
    world.decide(service("web/other", key(81)));
    expect(summary(world.decide(service("web/third", key(82))))).to.equal("take 192.0.2.1: Allocated");
  });

  it("a reservation for another leaves the address with who shows it", () => {
    const world = edited([]);
    world.write(A, { address: A.text, services: [], claim: { namespace: "db", name: "other" } });
    expect(world.settle(service("web/shop")).disputed).to.equal(true);
    expect(summary(world.settle(service("db/other")))).to.equal("take 192.0.2.1: Allocated");
    world.repair();
    expect(summary(world.settle(service("web/shop")))).to.equal("keep 192.0.2.0: Allocated");
  });

  it("who shares with those on record is put on it again, without a dispute", () => {
    const world = new World(pool("a", [V4]));
    const services = [service("web/one", key(80)), service("web/two", key(81))];
    for (const one of services) world.settle(one);
    world.write(A, { address: A.text, pool: "a", services: ["web/one"] });
    for (const one of services) expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
    expect(recorded(world)).to.deep.equal({ "192.0.2.0": ["web/one", "web/two"] });
  });

  for (const services of [
    ["web/shop", "db/other"],
    ["db/other", "web/shop"],
  ]) {
    it(`a holder added by hand who may not share goes at once (${services.join(", ")})`, () => {
      const world = edited(services);
      world.ripe = new Set();
      expect(summary(world.settle(service("db/other")))).to.equal(
        "take 192.0.2.1, release 192.0.2.0: Allocated",
      );
      expect(summary(world.settle(service("web/shop")))).to.equal("keep 192.0.2.0: Allocated");
      expect(recorded(world)["192.0.2.0"]).to.deep.equal(["web/shop"]);
    });
  }

  it("a holder added by hand who has an address stays where it is", () => {
    const world = edited(["web/shop"]);
    world.settle(service("web/other"));
    world.write(address("192.0.2.3"), { address: "192.0.2.3", services: ["web/other"] });
    expect(summary(world.settle(service("web/other")))).to.equal(
      "keep 192.0.2.1, release 192.0.2.3: Allocated",
    );
  });
});

describe("statuses that others wrote", () => {
  it("of one address in no pool are left alone, all of them", () => {
    const world = new World(pool("a", [V4]));
    const services = ["web/one", "web/two"].map((name) => service(name, { shows: ["203.0.113.7"] }));
    for (const one of services) world.shows(one);
    for (const one of services)
      expect(summary(world.settle(one))).to.equal("keep 203.0.113.7: ForeignAddress");
    expect(world.virtualIPs.size).to.equal(0);
  });

  it("are given up for what the Service asks for, once that can be had", () => {
    const world = new World(pool("a", [V4])).holds("db/other", "a", "192.0.2.2");
    const services = ["web/one", "web/two"].map((name) =>
      service(name, { shows: ["203.0.113.7"], ...wants(name === "web/one" ? "192.0.2.1" : "192.0.2.2") }),
    );
    for (const one of services) world.shows(one);
    expect(services.map((one) => summary(world.settle(one)))).to.deep.equal([
      "take 192.0.2.1, release 203.0.113.7: Allocated",
      "keep 203.0.113.7: AddressTaken",
    ]);
  });

  it("are adopted unchanged by a pool that excludes, is disabled or does not admit, and that is told", () => {
    for (const spec of [
      { exclude: ["192.0.2.2"] },
      { disabled: true },
      { serviceAllocation: { namespaces: ["db"] } },
    ]) {
      const world = new World(pool("a", [V4], spec));
      const one = service("web/one", { shows: ["192.0.2.2"] });
      world.shows(one);
      expect(summary(world.settle(one))).to.equal(
        `keep 192.0.2.2: ${"disabled" in spec ? "Allocated" : "KeptOutsidePools"}`,
      );
      expect(recorded(world)).to.deep.equal({ "192.0.2.2": ["web/one"] });
    }
  });

  it("are adopted as soon as a pool has the address", () => {
    const world = new World();
    const one = service("web/one", { shows: ["192.0.2.2"] });
    world.shows(one);
    expect(summary(world.settle(one))).to.equal("keep 192.0.2.2: ForeignAddress");
    world.setPools(pool("a", [V4]));
    expect(summary(world.settle(one))).to.equal("keep 192.0.2.2: Allocated");
    expect(recorded(world)).to.deep.equal({ "192.0.2.2": ["web/one"] });
  });
});

describe("a VirtualIP made by hand", () => {
  it("in no pool gives its holder the address, which is told to be in no pool", () => {
    const world = new World();
    world.write(A, { address: A.text, services: ["web/shop"] });
    const decision = world.settle(service("web/shop", key(80)));
    expect(summary(decision)).to.equal("keep 192.0.2.0: KeptOutsidePools");
    expect(decision.restate, "nothing can be recorded without a pool").to.deep.equal([]);
  });

  it("of another family stays with a Service that can get nothing else, unless others hold it too", () => {
    const world = new World();
    world.write(A, { address: A.text, services: ["web/one", "web/two"] });
    const six = { families: ["IPv6"] } as const;
    expect(summary(world.settle(service("web/one", six)))).to.equal("keep 192.0.2.0: NoPools");
    expect(summary(world.settle(service("web/two", six)))).to.equal("release 192.0.2.0: NoPools");
  });
});

describe("a controller that dies in the middle", () => {
  const move = service("web/shop", wants("192.0.2.3"));
  for (const until of ["secured", "told"] as const) {
    it(`of a move, having ${until} the new address: the next one completes it`, () => {
      const world = new World(pool("a", [V4], { releaseDelay: "0s" }));
      world.settle(service("web/shop"));
      world.settle(move, until);
      world.restart([move]);
      expect(summary(world.settle(move))).to.equal("keep 192.0.2.3, release 192.0.2.0: Allocated");
      expect(recorded(world)).to.deep.equal({ "192.0.2.3": ["web/shop"] });
    });
  }
});
