import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { expect } from "chai";
import { address, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";
import { changesAddresses, type PlannedChange, plan } from "./plan.ts";
import { readPool } from "./pool.ts";
import { Pools } from "./pools.ts";
import { readRequest } from "./request.ts";

const V4 = "192.0.2.0/30";
const asks = (name: string) => ({ annotations: { "fairlead.dev/address-pool": name } });

/** What would change for Services of a cluster in which these pools were first. */
function changesOf(
  world: World,
  services: readonly Service[],
  next: readonly IPAddressPool[],
): readonly PlannedChange[] {
  for (const one of services) world.settle(one);
  const state = {
    services: services.map((one) => ({
      request: readRequest(one),
      namespaceLabels: world.namespaces[one.metadata.namespace ?? ""],
      since: one.metadata.creationTimestamp ?? "",
    })),
    ledger: world.ledger,
    pools: world.pools,
  };
  return plan(state, new Pools(next.map((one) => readPool(one))));
}

function planned(...question: Parameters<typeof changesOf>): readonly string[] {
  const texts = (list: readonly { readonly text: string }[]): string =>
    list.map(({ text }) => text).join(" ") || "nothing";
  return changesOf(...question).map(
    (change) =>
      `${change.service} ${change.kind} ${texts(change.now)} -> ${texts(change.then)}${changesAddresses(change) ? "" : " (told)"}`,
  );
}

describe("the plan of a new configuration", () => {
  const [one, two, three] = [service("web/one"), service("web/two"), service("web/three")];

  interface Case {
    readonly it: string;
    readonly world?: () => World;
    readonly services?: readonly Service[];
    readonly next: readonly IPAddressPool[];
    readonly changes: readonly string[];
  }
  const cases: readonly Case[] = [
    { it: "is empty when nothing changes", next: [pool("a", [V4])], changes: [] },
    { it: "is empty for a renamed pool", next: [pool("b", [V4])], changes: [] },
    { it: "is empty for a pool that grows", next: [pool("a", ["192.0.2.0/24"])], changes: [] },
    {
      it: "lists who keeps an address that is invalid",
      next: [pool("a", ["192.0.2.1-192.0.2.3"])],
      changes: ["web/one Invalid 192.0.2.0 -> 192.0.2.0 (told)"],
    },
    {
      it: "lists who is renumbered, and to which address",
      next: [pool("a", ["192.0.2.1-192.0.2.3"], { onInvalid: "Renumber" })],
      changes: ["web/one Renumbered 192.0.2.0 -> 192.0.2.2"],
    },
    {
      it: "lists who keeps an address since no other is to be had",
      next: [pool("a", ["192.0.2.1"], { onInvalid: "Renumber" })],
      changes: ["web/one Waits 192.0.2.0 -> 192.0.2.0 (told)"],
    },
    {
      it: "lists who gains an address, those who wait longest first",
      world: () => new World(pool("a", ["192.0.2.0"])),
      services: [
        one,
        service("web/late", { created: "2026-03-01T00:00:00Z" }),
        service("web/early", { created: "2026-02-01T00:00:00Z" }),
      ],
      next: [pool("a", ["192.0.2.0/31"])],
      changes: ["web/early Gains nothing -> 192.0.2.1"],
    },
    {
      it: "gives to those who wait what a renumbered Service leaves",
      world: () => new World(pool("a", ["192.0.2.0"], { releaseDelay: "0s" })),
      services: [one, service("db/waits")],
      next: [
        pool("a", ["192.0.2.0"], {
          onInvalid: "Renumber",
          releaseDelay: "0s",
          serviceAllocation: { namespaces: ["db"] },
        }),
        pool("b", ["198.51.100.0"], { serviceAllocation: { namespaces: ["web"] } }),
      ],
      changes: ["web/one Renumbered 192.0.2.0 -> 198.51.100.0", "db/waits Gains nothing -> 192.0.2.0"],
    },
    {
      it: "gives to those who wait what is free, before holders are renumbered",
      world: () => new World(pool("a", ["192.0.2.0/31"])),
      services: [one, two, service("web/waits", { created: "2026-02-01T00:00:00Z" })],
      next: [pool("a", ["192.0.2.1-192.0.2.2"], { onInvalid: "Renumber" })],
      changes: ["web/one Waits 192.0.2.0 -> 192.0.2.0 (told)", "web/waits Gains nothing -> 192.0.2.2"],
    },
    {
      it: "gives what is free to a holder that has waited for another address for longer",
      world: () => {
        const world = new World(pool("a", ["192.0.2.0/31"]));
        for (const each of [one, two]) world.settle(each);
        return world.setPools(pool("a", ["192.0.2.1"], { onInvalid: "Renumber", releaseDelay: "0s" }));
      },
      services: [one, two, service("web/waits", { created: "2026-02-01T00:00:00Z" })],
      next: [pool("a", ["192.0.2.1-192.0.2.2"], { onInvalid: "Renumber" })],
      changes: ["web/one Renumbered 192.0.2.0 -> 192.0.2.2"],
    },
    {
      it: "renumbers holders once those who wait have what is free",
      world: () => new World(pool("a", ["192.0.2.0/31"])),
      services: [one, two, service("web/waits", { created: "2026-02-01T00:00:00Z" })],
      next: [pool("a", ["192.0.2.1-192.0.2.3"], { onInvalid: "Renumber" })],
      changes: ["web/one Renumbered 192.0.2.0 -> 192.0.2.3", "web/waits Gains nothing -> 192.0.2.2"],
    },
    {
      it: "gives what is left of a range that was moved by the new pool's rules",
      world: () => new World(pool("a", ["192.0.2.0"])),
      services: [one, service("db/waits")],
      next: [
        pool("a", ["203.0.113.0"], { releaseDelay: "0s", disabled: true }),
        pool("b", ["198.51.100.0"], { serviceAllocation: { namespaces: ["web"] } }),
        pool("moved", ["192.0.2.0"], {
          onInvalid: "Renumber",
          reclaimPolicy: "Retain",
          serviceAllocation: { namespaces: ["db"] },
        }),
      ],
      changes: ["web/one Renumbered 192.0.2.0 -> 198.51.100.0"],
    },
    {
      it: "lists who asks for a pool that goes",
      services: [service("web/one", asks("a"))],
      next: [pool("b", [V4])],
      changes: ["web/one Invalid 192.0.2.0 -> 192.0.2.0 (told)"],
    },
    {
      it: "lists who goes on waiting for another reason",
      services: [service("web/one", asks("z"))],
      next: [pool("a", [V4]), pool("z", ["198.51.100.0"], { disabled: true })],
      changes: ["web/one Waits nothing -> nothing (told)"],
    },
    {
      it: "lists a second family that is gained",
      services: [service("web/one", { families: ["IPv4", "IPv6"] })],
      next: [pool("a", [V4, "2001:db8::/126"])],
      changes: ["web/one Gains 192.0.2.0 -> 192.0.2.0 2001:db8::"],
    },
    {
      it: "lists who has to leave a shared address",
      world: () => new World(pool("a", [V4], { sharing: "AcrossNamespaces" })),
      services: [
        service("web/one", { annotations: { "fairlead.dev/allow-shared-ip": "k" } }),
        service("db/two", {
          annotations: { "fairlead.dev/allow-shared-ip": "k" },
          spec: { ports: [{ port: 81 }] },
        }),
      ],
      next: [pool("a", [V4], { sharing: "SameNamespace" })],
      changes: ["db/two Renumbered 192.0.2.0 -> 192.0.2.1"],
    },
    {
      it: "changes nothing when all pools go",
      next: [],
      changes: [
        "web/one Invalid 192.0.2.0 -> 192.0.2.0 (told)",
        "web/two Invalid 192.0.2.1 -> 192.0.2.1 (told)",
      ],
    },
  ];
  for (const {
    it: title,
    world = () => new World(pool("a", [V4])),
    services = [one, two],
    next,
    changes,
  } of cases) {
    it(title, () => {
      expect(planned(world(), services, next)).to.deep.equal(changes);
    });

    it(`${title} (as the controller then does it)`, () => {
      const state = world();
      for (const each of services) state.settle(each);
      const before = new Map(
        services.map(({ metadata }) => [
          `${metadata.namespace}/${metadata.name}`,
          state.has(`${metadata.namespace}/${metadata.name}`).join(),
        ]),
      );
      const earlier = new Map(services.map((each) => [each, state.decide(each)]));
      const objections = [...earlier].flatMap(([{ metadata }, decision]) =>
        decision.objections.map((one) => `${metadata.namespace}/${metadata.name} ${one}`),
      );
      state.setPools(...next);
      const byAge = [...services].sort((a, b) =>
        (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1,
      );
      const waiters = byAge.filter((each) => earlier.get(each)?.waiting);
      const others = byAge.filter((each) => !waiters.includes(each));
      // What begins to speak against an address has not stood for the grace.
      state.ripe = new Set(objections);
      for (const each of [...waiters, ...others]) state.settle(each);
      state.ripe = undefined;
      for (let round = 0; round < 3; round++) for (const each of [...others, ...waiters]) state.settle(each);
      const moved = [...before].filter(([key, had]) => state.has(key).join() !== had).map(([key]) => key);
      const listed = changes
        .filter((change) => !change.endsWith("(told)"))
        .map((change) => change.split(" ")[0]);
      expect(moved).to.have.members(listed);
    });
  }

  it("says what brings a change about, and what would be told", () => {
    const whyOf = (...question: Parameters<typeof changesOf>): readonly string[] =>
      changesOf(...question).map(({ service: key, why }) => `${key}: ${why}`);
    const full = () => new World(pool("a", ["192.0.2.0"]));
    expect(whyOf(full(), [one], [pool("a", ["192.0.2.1/32"], { onInvalid: "Renumber" })])).to.deep.equal([
      'web/one: No pool has 192.0.2.0 any more (it came from pool "a"). It has 192.0.2.1 (pool "a").',
    ]);
    expect(whyOf(full(), [one, two], [pool("a", ["192.0.2.0/31"])])).to.deep.equal([
      'web/two: So far: PoolExhausted. It has 192.0.2.1 (pool "a").',
    ]);
    const wishes = service("web/one", asks("b"));
    expect(whyOf(full(), [wishes], [pool("a", ["192.0.2.0"]), pool("b", ["198.51.100.0"])])).to.deep.equal([
      'web/one: So far: PoolNotFound. It has 198.51.100.0 (pool "b").',
    ]);
    const two6 = service("web/one", { families: ["IPv4", "IPv6"] });
    expect(
      whyOf(
        new World(pool("a", [V4, "2001:db8::/126"])),
        [two6],
        [pool("a", ["192.0.2.0/30", "2001:db8::2/127"], { onInvalid: "Renumber" })],
      ),
    ).to.deep.equal([
      'web/one: No pool has 2001:db8:: any more (it came from pool "a"). It has 192.0.2.0 (pool "a") and 2001:db8::2 (pool "a").',
    ]);
  });

  it("does not depend on the order in which Services are read", () => {
    const next = [pool("a", ["192.0.2.2/31"], { onInvalid: "Renumber" })];
    const lists = [
      [one, two, three],
      [three, two, one],
      [two, three, one],
    ].map((order) => {
      const world = new World(pool("a", ["192.0.2.0-192.0.2.2"]));
      for (const each of [one, two, three]) world.settle(each);
      return [...planned(world, order, next)].sort();
    });
    expect(lists[1]).to.deep.equal(lists[0]);
    expect(lists[2]).to.deep.equal(lists[0]);
  });

  it("leaves a released address to nobody but who asks for it", () => {
    const world = new World(pool("a", ["192.0.2.0"]));
    world.settle(one);
    world.setPools(pool("a", ["192.0.2.0"]));
    world.forget("web/one");
    expect(world.ledger.standing(address("192.0.2.0")).kind).to.equal("Kept");
    expect(planned(world, [], [pool("a", ["192.0.2.0"])])).to.deep.equal([]);
  });
});
