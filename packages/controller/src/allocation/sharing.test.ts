import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { address, summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";
import { Ledger } from "./ledger.ts";
import { readTerms } from "./request.ts";
import { clashOf, isRecorded, MOST_HOLDERS, type SharingScope, sharerOf } from "./sharing.ts";

const V4 = "192.0.2.0/30";
const V6 = "2001:db8::/126";
const dual = ["IPv4", "IPv6"] as const;

interface Wish {
  readonly key?: string | undefined;
  readonly legacy?: boolean;
  readonly ports?: readonly number[];
  readonly protocol?: "TCP" | "UDP";
  /** A selector makes it `externalTrafficPolicy: Local`. */
  readonly local?: Readonly<Record<string, string>>;
  readonly dual?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
}

/** A Service that shares under key "k" and port 80, but for what is wished. */
function sharer(name: string, wish: Wish = {}): Service {
  const { legacy = false, ports = [80], protocol = "TCP", local, created } = wish;
  const key = "key" in wish ? wish.key : "k";
  const prefix = legacy ? "metallb.io" : "fairlead.dev";
  return service(name, {
    annotations: { ...(key !== undefined && { [`${prefix}/allow-shared-ip`]: key }), ...wish.annotations },
    ...(wish.dual && { families: dual }),
    ...(created !== undefined && { created }),
    spec: {
      ports: ports.map((port) => ({ port, protocol })),
      selector: local ?? { app: "any" },
      ...(local && { externalTrafficPolicy: "Local" }),
    },
  });
}

const wants = (addresses: string) => ({ annotations: { "fairlead.dev/loadBalancerIPs": addresses } });

describe("the terms of sharing", () => {
  const clash = (a: Service, b: Service, scope?: SharingScope): string | undefined =>
    clashOf(readTerms(a), `${b.metadata.namespace}/${b.metadata.name}`, readTerms(b), scope)?.kind;

  interface Case {
    readonly it: string;
    readonly other: Service;
    readonly own?: Service;
    readonly scope?: SharingScope;
    readonly clash: string | undefined;
  }
  const own = sharer("web/a");
  const cases: readonly Case[] = [
    { it: "one key, other ports", other: sharer("web/b", { ports: [81] }), clash: undefined },
    { it: "another key", other: sharer("web/b", { key: "m", ports: [81] }), clash: "Key" },
    { it: "no key", other: sharer("web/b", { key: undefined, ports: [81] }), clash: "Key" },
    { it: "an empty key is none", other: sharer("web/b", { key: " ", ports: [81] }), clash: "Key" },
    { it: "the same port", other: sharer("web/b", { ports: [81, 80] }), clash: "Ports" },
    {
      it: "the same port of another protocol",
      other: sharer("web/b", { protocol: "UDP" }),
      clash: undefined,
    },
    {
      it: "Local against Cluster",
      other: sharer("web/b", { ports: [81], local: { app: "any" } }),
      clash: "Policy",
    },
    {
      it: "Local and the same selector, written in another order",
      own: sharer("web/a", { local: { app: "x", tier: "y" } }),
      other: sharer("web/b", { ports: [81], local: { tier: "y", app: "x" } }),
      clash: undefined,
    },
    {
      it: "Local and another selector",
      own: sharer("web/a", { local: { app: "x" } }),
      other: sharer("web/b", { ports: [81], local: { app: "y" } }),
      clash: "Policy",
    },
    { it: "another namespace", other: sharer("db/b", { ports: [81] }), clash: "Namespace" },
    {
      it: "another namespace, where the pool lets them",
      other: sharer("db/b", { ports: [81] }),
      scope: "AcrossNamespaces",
      clash: undefined,
    },
    {
      it: "another namespace, both keys under an old prefix",
      own: sharer("web/a", { legacy: true }),
      other: sharer("db/b", { ports: [81], legacy: true }),
      clash: undefined,
    },
    {
      it: "another namespace, one key under an old prefix",
      other: sharer("db/b", { ports: [81], legacy: true }),
      clash: "Namespace",
    },
    {
      it: "another namespace, old prefixes, and a pool that shares within a namespace alone",
      own: sharer("web/a", { legacy: true }),
      other: sharer("db/b", { ports: [81], legacy: true }),
      scope: "SameNamespace",
      clash: "Namespace",
    },
    {
      it: "one namespace, one key under an old prefix",
      other: sharer("web/b", { ports: [81], legacy: true }),
      clash: undefined,
    },
  ];
  for (const { it: title, own: first = own, other, scope, clash: expected } of cases) {
    it(`${title}: ${expected ?? "may share"}, both ways`, () => {
      expect(clash(first, other, scope)).to.equal(expected);
      expect(clash(other, first, scope)).to.equal(expected);
    });
  }

  it("are the same when they come back from a record", () => {
    const others = [
      sharer("web/b", { ports: [81, 53], local: { b: "2", a: "1" } }),
      sharer("web/c", { legacy: true }),
    ];
    for (const one of [own, ...others]) {
      const terms = readTerms(one);
      if (terms === undefined) throw new Error("it has no key");
      const recorded = sharerOf(terms);
      expect(isRecorded(terms, recorded)).to.equal(true);
      expect(isRecorded({ ...terms, key: "m" }, recorded)).to.equal(false);
      expect(isRecorded({ ...terms, legacy: !terms.legacy }, recorded)).to.equal(false);
      expect(isRecorded({ ...terms, backend: "other" }, recorded)).to.equal(false);
      expect(isRecorded({ ...terms, ports: ["TCP/1"] }, recorded)).to.equal(false);
      expect(isRecorded(terms, undefined)).to.equal(false);
    }
    expect(isRecorded(undefined, undefined)).to.equal(true);
  });
});

/** Services that came one after the other. */
function grown(world: World, ...services: readonly Service[]): World {
  for (const one of services) world.settle(one);
  return world;
}

describe("joining", () => {
  const a = (spec: Parameters<typeof pool>[2] = {}) => new World(pool("a", [V4], spec));

  interface Case {
    readonly it: string;
    readonly world: () => World;
    readonly asks?: Service;
    readonly gives: string;
    readonly says?: string;
  }
  const second = sharer("web/second", { ports: [81] });
  const cases: readonly Case[] = [
    {
      it: "brings a Service to those who have its key",
      world: () => grown(a().holds("x/y", "a", "192.0.2.0"), sharer("web/first")),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "brings it to the lowest address of several",
      world: () => grown(a(), sharer("web/x", { ports: [80] }), sharer("web/y", { ports: [80, 82] })),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "passes over an address where a port is used",
      world: () => grown(a(), sharer("web/x", { ports: [81] }), sharer("web/y", { ports: [80, 81] })),
      gives: "take 192.0.2.2: Allocated",
    },
    {
      it: "does not happen across namespaces",
      world: () => grown(a(), sharer("db/first")),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "happens across namespaces where the pool lets them",
      world: () => grown(a({ sharing: "AcrossNamespaces" }), sharer("db/first")),
      gives: "take 192.0.2.0: Allocated",
    },
    {
      it: "happens on request",
      world: () => grown(a(), sharer("web/x"), sharer("web/y", { ports: [80] })),
      asks: sharer("web/second", { ports: [81], ...wants("192.0.2.1") }),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "is refused on request, saying what is in the way",
      world: () => grown(a(), sharer("web/first", { ports: [81] })),
      asks: sharer("web/second", { ports: [81], ...wants("192.0.2.0") }),
      gives: "nothing: AddressTaken",
      says: 'asks for 192.0.2.0 of pool "a", but web/first holds it and uses port TCP/81 too; it is given as soon as it can be',
    },
    {
      it: "is refused on request under another key",
      world: () => grown(a(), sharer("web/first", { key: "m" })),
      asks: sharer("web/second", { ports: [81], ...wants("192.0.2.0") }),
      gives: "nothing: AddressTaken",
      says: 'web/first holds it under the sharing key "m", not "k"',
    },
    {
      it: "is refused on request under another policy",
      world: () => grown(a(), sharer("web/first", { local: { app: "x" } })),
      asks: sharer("web/second", { ports: [81], ...wants("192.0.2.0") }),
      gives: "nothing: AddressTaken",
      says: "web/first holds it and has another externalTrafficPolicy, or Local and another selector",
    },
    {
      it: "is refused on request across namespaces",
      world: () => grown(a(), sharer("db/first")),
      asks: sharer("web/second", { ports: [81], ...wants("192.0.2.0") }),
      gives: "nothing: AddressTaken",
      says: "db/first, of another namespace, holds it and the pool does not share across namespaces",
    },
    {
      it: "leads to no address that the pool leaves out now",
      world: () => grown(a(), sharer("web/first")).setPools(pool("a", [V4], { exclude: ["192.0.2.0"] })),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "leads to no address of a pool that does not admit the Service",
      world: () =>
        grown(a(), sharer("web/first")).setPools(
          pool("a", [V4], { serviceAllocation: { serviceSelectors: [{ matchLabels: { app: "x" } }] } }),
          pool("b", ["198.51.100.0"]),
        ),
      gives: "take 198.51.100.0: Allocated",
    },
    {
      it: "leads to no address that waits for somebody, while others hold one",
      world: () => {
        const world = grown(a(), sharer("web/first"), sharer("web/other"));
        world.forget("web/first");
        return world;
      },
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "uses what is held under the pool, not what another pool has too",
      world: () =>
        grown(a(), sharer("web/first")).setPools(
          pool("a", [V4], { serviceAllocation: { serviceSelectors: [{ matchLabels: { app: "x" } }] } }),
          pool("wide", ["192.0.2.0/24"]),
        ),
      gives: "take 192.0.2.1: Allocated",
    },
    {
      it: "is refused on request of a pool under which the address is not held",
      world: () => grown(a(), sharer("web/first")).setPools(pool("a", [V4]), pool("wide", ["192.0.2.0/24"])),
      asks: sharer("web/second", {
        ports: [81],
        annotations: { ...wants("192.0.2.0").annotations, "fairlead.dev/address-pool": "wide" },
      }),
      gives: "nothing: AddressTaken",
      says: 'asks for 192.0.2.0, but web/first holds it as an address of pool "a"',
    },
    {
      it: "stops where no more Services can be recorded",
      world: () => {
        const ports = Array.from({ length: MOST_HOLDERS }, (_, i) => 1000 + i);
        return grown(a(), ...ports.map((port) => sharer(`web/s${port}`, { ports: [port] })));
      },
      gives: "take 192.0.2.1: Allocated",
    },
  ];
  for (const { it: title, world, asks = second, gives, says } of cases) {
    it(title, () => {
      const state = world();
      const decision = state.settle(asks);
      expect(summary(decision)).to.equal(gives);
      if (says !== undefined) expect(decision.outcome.message).to.contain(says);
      expect(summary(state.settle(asks)), "deciding again").not.to.match(/take|release/);
    });
  }

  it("records the terms of each, in order of joining, and takes those of who leaves away", () => {
    const world = grown(a(), sharer("web/first"), sharer("web/second", { ports: [81], protocol: "UDP" }));
    const [object] = world.virtualIPs.values();
    expect(object?.spec).to.deep.include({
      services: ["web/first", "web/second"],
      sharing: [
        { service: "web/first", key: "k", ports: ["TCP/80"] },
        { service: "web/second", key: "k", ports: ["UDP/81"] },
      ],
    });
    world.forget("web/first");
    const [left] = world.virtualIPs.values();
    expect(left?.spec).to.deep.include({
      services: ["web/second"],
      sharing: [{ service: "web/second", key: "k", ports: ["UDP/81"] }],
    });
  });

  it("leads to no address that somebody else on the LAN has, and the ledger tells when that is over", () => {
    const at = address("192.0.2.0");
    const told: string[] = [];
    const world = a();
    world.ledger = new Ledger(({ text }, _, { onlyPool }) => {
      if (!onlyPool) told.push(text);
    });
    grown(world, sharer("web/first"));
    const record = world.ledger.recordOf(at);
    if (record === undefined) throw new Error("it is not on record");
    const foreign = {
      mac: "02:00:00:00:00:66",
      node: "n1",
      interface: "eth0",
      since: "2026-01-01T00:00:00Z",
    };
    world.ledger.record({ ...record, foreign });
    told.length = 0;
    const asks = sharer("web/second", { ports: [81], ...wants("192.0.2.0") });
    expect(summary(world.decide(second))).to.equal("take 192.0.2.1: Allocated");
    const refused = world.decide(asks);
    expect(summary(refused)).to.equal("nothing: AddressInUse");
    expect(refused.outcome.message).to.contain(`${foreign.mac} answers for it on interface eth0 of node n1`);
    expect(summary(world.decide(sharer("web/third", wants("192.0.2.0")))), "nor otherwise").to.equal(
      "nothing: AddressTaken",
    );
    world.ledger.record({ ...record, foreign: { ...foreign } });
    expect(told, "nothing has changed").to.deep.equal([]);
    world.ledger.record(record);
    expect(told).to.deep.equal(["192.0.2.0"]);
    for (const one of [second, asks])
      expect(summary(world.decide(one))).to.equal("take 192.0.2.0: Allocated");
  });

  it("does not change from which pool the record says that it is", () => {
    const world = grown(a(), sharer("web/first"));
    world.setPools(pool("other", [V4]), pool("a", ["198.51.100.0"]));
    expect(summary(world.settle(sharer("web/second", { ports: [81] })))).to.equal(
      "take 192.0.2.0: Allocated",
    );
    expect([...world.virtualIPs.values()].map(({ spec }) => spec.pool)).to.deep.equal(["a"]);
  });
});

describe("a group that is deleted and made again", () => {
  const tcp = sharer("web/dns-tcp", { ports: [53] });
  const udp = sharer("web/dns-udp", { ports: [53], protocol: "UDP" });
  const group = (spec: Parameters<typeof pool>[2] = {}) => grown(new World(pool("a", [V4], spec)), tcp, udp);
  const keyOf = ({ metadata: { namespace, name } }: Service): string => `${namespace}/${name}`;
  const remove = (world: World, ...services: readonly Service[]): World => {
    for (const one of services) world.forget(keyOf(one));
    return world;
  };

  for (const [kind, spec] of [
    ["is released", {}],
    ["is retained", { reclaimPolicy: "Retain" }],
  ] as const) {
    it(`comes back to its address, which ${kind}, in whichever order it goes and comes`, () => {
      const world = group(spec);
      for (const left of [
        [tcp, udp],
        [udp, tcp],
      ])
        for (const back of [
          [tcp, udp],
          [udp, tcp],
        ]) {
          remove(world, ...left);
          for (const one of back) expect(summary(world.settle(one))).to.equal("take 192.0.2.0: Allocated");
          for (const one of back) expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
        }
    });

    it(`comes back to both its addresses, if that ${kind}`, () => {
      const both = [tcp, udp].map((one) => ({
        ...one,
        spec: { ...service("web/x", { families: dual }).spec, ports: one.spec.ports ?? [] },
      }));
      const world = grown(
        new World(pool("a", [V4, V6], spec)),
        sharer("web/four", { key: "m", ports: [53] }),
        ...both,
      );
      remove(world, ...both);
      for (const one of both)
        expect(summary(world.settle(one))).to.equal("take 192.0.2.1 2001:db8::: Allocated");
    });
  }

  const later = sharer("web/later", { ports: [80], ...wants("192.0.2.0") });

  interface Case {
    readonly it: string;
    readonly comes: Service;
    readonly spec?: Parameters<typeof pool>[2];
    /** What it gets of an address that is released, and of one that is retained. */
    readonly gives: readonly [string, string];
  }
  const cases: readonly Case[] = [
    {
      it: "leaves its address to another with its key",
      comes: sharer("web/later"),
      gives: ["take 192.0.2.0: Allocated", "take 192.0.2.0: Allocated"],
    },
    {
      it: "leaves its address to another with its key that asks for it",
      comes: later,
      gives: ["take 192.0.2.0: Allocated", "take 192.0.2.0: Allocated"],
    },
    {
      it: "leaves its address to nobody with its key and one of its ports",
      comes: sharer("web/later", { ports: [53], protocol: "UDP" }),
      gives: ["take 192.0.2.1: Allocated", "take 192.0.2.1: Allocated"],
    },
    {
      it: "leaves its address to nobody with its key and another policy",
      comes: sharer("web/later", { local: { app: "any" } }),
      gives: ["take 192.0.2.1: Allocated", "take 192.0.2.1: Allocated"],
    },
    {
      it: "leaves its address to nobody with another key",
      comes: sharer("web/later", { key: "m" }),
      gives: ["take 192.0.2.1: Allocated", "take 192.0.2.1: Allocated"],
    },
    {
      it: "leaves its address to nobody of another namespace, though the pool lets them share what is held",
      comes: sharer("db/later"),
      spec: { sharing: "AcrossNamespaces" },
      gives: ["take 192.0.2.1: Allocated", "take 192.0.2.1: Allocated"],
    },
    {
      it: "leaves its address, if that is reserved, to nobody of another namespace that asks for it",
      comes: sharer("db/later", wants("192.0.2.0")),
      spec: { sharing: "AcrossNamespaces" },
      gives: ["take 192.0.2.0: Allocated", "nothing: AddressTaken"],
    },
  ];
  for (const { it: title, comes, spec, gives } of cases) {
    it(title, () => {
      for (const [i, reclaimPolicy] of (["Delete", "Retain"] as const).entries()) {
        const world = remove(group({ ...spec, reclaimPolicy }), tcp, udp);
        expect(summary(world.settle(comes)), reclaimPolicy).to.equal(gives[i]);
      }
    });
  }

  it("comes back to no pool that is disabled, or does not admit it, but for the one for which it is kept", () => {
    for (const closed of [{ disabled: true }, { serviceAllocation: { namespaces: ["db"] } }]) {
      const world = remove(group({ reclaimPolicy: "Retain" }), tcp, udp);
      world.setPools(pool("a", [V4], closed), pool("b", ["198.51.100.0"]));
      expect(summary(world.settle(tcp))).to.equal("take 198.51.100.0: Allocated");
      expect(summary(world.settle(udp))).to.equal("take 192.0.2.0: Allocated");
    }
  });

  it("comes back within its quota alone", () => {
    const world = remove(group({ quota: { perNamespace: 1 } }), tcp, udp);
    world.settle(service("web/other", wants("192.0.2.3")));
    expect(summary(world.settle(tcp))).to.equal("nothing: QuotaExceeded");
  });

  it("is not left behind by the one for which an address waits: it joins the others", () => {
    const waits = { pool: "a", releasedAt: "2026-01-01T00:00:00Z" };
    const world = new World(pool("a", [V4])).reserves("192.0.2.0", "web/dns-udp", waits);
    expect(summary(world.settle(tcp))).to.equal("take 192.0.2.1: Allocated");
    expect(summary(world.settle(udp))).to.equal("take 192.0.2.1: Allocated");
    const asks = { annotations: { "fairlead.dev/address-pool": "a" } };
    const named = new World(pool("a", [V4])).reserves("192.0.2.0", "web/dns-udp", waits);
    named.settle(tcp);
    expect(summary(named.settle(sharer("web/dns-udp", { ports: [54], ...asks })))).to.equal(
      "take 192.0.2.1: Allocated",
    );
  });

  it("is left by the one for which a person reserves an address", () => {
    const world = new World(pool("a", [V4])).reserves("192.0.2.3", "web/dns-udp");
    world.settle(tcp);
    expect(summary(world.settle(udp))).to.equal("take 192.0.2.3: Allocated");
  });

  it("keeps a reservation over who comes first: the one for which it is joins there", () => {
    const world = new World(pool("a", [V4])).reserves("192.0.2.3", "web/dns-udp");
    world.settle(udp);
    remove(world, udp);
    expect(summary(world.settle(tcp))).to.equal("take 192.0.2.3: Allocated");
    expect(summary(world.settle(udp))).to.equal("take 192.0.2.3: Allocated");
    const [object] = world.virtualIPs.values();
    expect(object?.spec.claim).to.deep.equal({ namespace: "web", name: "dns-udp" });
  });

  it("decides in the same way after a restart", () => {
    for (const reclaimPolicy of ["Delete", "Retain"] as const) {
      const world = remove(group({ reclaimPolicy }), tcp, udp).restart([]);
      for (const one of [tcp, udp]) {
        expect(summary(world.settle(one, "secured"))).to.equal("take 192.0.2.0: Allocated");
        world.restart([one]);
        expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
      }
    }
  });
});

describe("a pair of addresses", () => {
  const both = () => new World(pool("a", [V4, V6]));

  it("is shared as a pair", () => {
    const world = grown(
      both(),
      sharer("web/four", { ports: [82] }),
      sharer("web/pair", { ports: [83, 82], dual: true }),
    );
    expect(world.has("web/pair")).to.deep.equal(["192.0.2.1", "2001:db8::"]);
    expect(summary(world.settle(sharer("web/new", { ports: [81], dual: true })))).to.equal(
      "take 192.0.2.1 2001:db8::: Allocated",
    );
  });

  it("is shared as a pair by who asks for the pool", () => {
    const world = grown(
      both(),
      sharer("web/four", { ports: [82] }),
      sharer("web/pair", { ports: [83, 82], dual: true }),
    );
    const asks = { annotations: { "fairlead.dev/address-pool": "a" } };
    expect(summary(world.settle(sharer("web/new", { ports: [81], dual: true, ...asks })))).to.equal(
      "take 192.0.2.1 2001:db8::: Allocated",
    );
  });

  it("is completed beside the partners of the one that is there", () => {
    const world = grown(
      both(),
      sharer("web/one", { ports: [80], dual: true }),
      sharer("web/two", { ports: [80], dual: true }),
      sharer("web/new", { ports: [81], ...wants("192.0.2.1") }),
    );
    expect(summary(world.settle(sharer("web/new", { ports: [81], dual: true })))).to.equal(
      "keep 192.0.2.1, take 2001:db8::1: Allocated",
    );
  });

  it("moves as a pair", () => {
    const world = grown(
      both(),
      sharer("web/one", { dual: true }),
      sharer("web/two", { ports: [81], dual: true }),
      sharer("web/other", { key: "m", ports: [82], dual: true }),
    );
    expect(summary(world.settle(sharer("web/two", { key: "m", ports: [81], dual: true })))).to.equal(
      "take 192.0.2.1 2001:db8::1, release 192.0.2.0 2001:db8::: Allocated",
    );
  });
});

describe("holders who may not share any more", () => {
  const first = sharer("web/first");
  const second = sharer("web/second", { ports: [81] });
  const shared = (...addresses: readonly string[]) => grown(new World(pool("a", addresses)), first, second);

  /** No objection has stood for the grace yet. */
  function young(world: World): World {
    world.ripe = new Set();
    return world;
  }

  interface Case {
    readonly it: string;
    readonly edit: Service;
    /** What becomes of the one that was edited, and of the other. */
    readonly edited: string;
    readonly other: string;
    readonly full?: boolean;
    readonly says?: string;
  }
  const cases: readonly Case[] = [
    {
      it: "the junior changed its key: it gets another address",
      edit: sharer("web/second", { key: "m", ports: [81] }),
      edited: "take 192.0.2.1, release 192.0.2.0: Allocated",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the senior changed its key: it goes, the junior stays",
      edit: sharer("web/first", { key: "m" }),
      edited: "take 192.0.2.1, release 192.0.2.0: Allocated",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the senior gave its key up: it goes, the junior stays",
      edit: sharer("web/first", { key: undefined }),
      edited: "take 192.0.2.1, release 192.0.2.0: Allocated",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the senior changed its policy",
      edit: sharer("web/first", { local: { app: "any" } }),
      edited: "take 192.0.2.1, release 192.0.2.0: Allocated",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the senior took the junior's port",
      edit: sharer("web/first", { ports: [81] }),
      edited: "take 192.0.2.1, release 192.0.2.0: Allocated",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the junior changed its key and nothing else is free: it keeps the address and is told",
      edit: sharer("web/second", { key: "m", ports: [81] }),
      full: true,
      edited: "keep 192.0.2.0: SharingConflict",
      other: "keep 192.0.2.0: Allocated",
      says: 'It keeps 192.0.2.0 (pool "a"). It may not share 192.0.2.0 any more: web/first holds it under the sharing key "k", not "m", and it is kept until another address can be had',
    },
    {
      it: "the senior changed its policy and nothing else is free: it keeps the address and is told",
      edit: sharer("web/first", { local: { app: "any" } }),
      full: true,
      edited: "keep 192.0.2.0: SharingConflict",
      other: "keep 192.0.2.0: Allocated",
    },
    {
      it: "the senior took the junior's port and nothing else is free: it lets the address go",
      edit: sharer("web/first", { ports: [81] }),
      full: true,
      edited: "release 192.0.2.0: PoolExhausted",
      other: "keep 192.0.2.0: Allocated",
      says: "; it may not share 192.0.2.0, since web/second holds it and uses port TCP/81 too; add addresses",
    },
  ];
  for (const { it: title, edit, edited, other: expected, full = false, says } of cases) {
    const key = `${edit.metadata.namespace}/${edit.metadata.name}`;
    const other = key === "web/first" ? second : first;
    const world = () => (full ? shared("192.0.2.0") : shared(V4));

    it(title, () => {
      const state = world();
      const decision = state.settle(edit);
      expect(summary(decision)).to.equal(edited);
      if (says !== undefined) expect(decision.outcome.message).to.contain(says);
      expect(summary(state.settle(other))).to.equal(expected);
      const again = state.settle(edit);
      expect(summary(again), "deciding again").not.to.match(/take|release/);
      expect(again.outcome, "nothing else is told then").to.deep.equal(decision.outcome);
    });

    it(`${title} (not before the grace is over)`, () => {
      const state = young(world());
      const decision = state.settle(edit);
      expect(summary(decision)).to.equal("keep 192.0.2.0: Allocated");
      expect(decision.restate, "the record still tells who has changed").to.deep.equal([]);
      expect(decision.objections).to.have.length(1);
      expect(summary(state.settle(other))).to.equal("keep 192.0.2.0: Allocated");
      state.ripe = new Set(decision.objections.map((one) => `${key} ${one}`));
      expect(summary(state.settle(edit))).to.equal(edited);
    });

    it(`${title} (nor if it is taken back in time)`, () => {
      const state = young(world());
      state.settle(edit);
      state.ripe = undefined;
      for (const one of [first, second])
        expect(summary(state.settle(one))).to.equal("keep 192.0.2.0: Allocated");
    });
  }

  it("stay together when both change to fit each other within the grace", () => {
    const world = young(shared(V4));
    const edits = [sharer("web/second", { key: "m", ports: [81] }), sharer("web/first", { key: "m" })];
    for (const one of [...edits, ...edits]) world.settle(one);
    world.ripe = undefined;
    for (const one of edits) expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
    const [object] = world.virtualIPs.values();
    expect(object?.spec.sharing?.map(({ key }) => key)).to.have.members(["m", "m"]);
  });

  it("who both changed and do not fit: the junior goes", () => {
    const world = shared(V4);
    const edits = [sharer("web/first", { key: "m" }), sharer("web/second", { key: "n", ports: [81] })];
    for (const one of edits) world.decide(one);
    expect(edits.map((one) => summary(world.settle(one)))).to.deep.equal([
      "keep 192.0.2.0: Allocated",
      "take 192.0.2.1, release 192.0.2.0: Allocated",
    ]);
  });

  it("goes to the holders of its new key", () => {
    const world = shared(V4);
    world.settle(sharer("web/third", { key: "m", ports: [82] }));
    expect(summary(world.settle(sharer("web/second", { key: "m", ports: [81] })))).to.equal(
      "take 192.0.2.1, release 192.0.2.0: Allocated",
    );
  });

  it("an address that it asks for by name too is let go for a port, and kept for a key", () => {
    for (const [edit, gives] of [
      [{ ports: [80] }, "release 192.0.2.0: AddressTaken"],
      [{ key: "m", ports: [81] }, "keep 192.0.2.0: SharingConflict"],
    ] as const) {
      const world = shared(V4);
      expect(summary(world.settle(sharer("web/second", { ...edit, ...wants("192.0.2.0") })))).to.equal(gives);
    }
  });

  it("takes another's port from it even if what it asks for cannot be read", () => {
    const world = shared(V4);
    const edit = sharer("web/second", { ports: [80], ...wants("nonsense") });
    expect(summary(world.settle(edit))).to.equal("release 192.0.2.0: BadRequest");
    expect(summary(world.settle(first))).to.equal("keep 192.0.2.0: Allocated");
    const key = sharer("web/first", { key: "m", ...wants("nonsense") });
    expect(summary(world.settle(key))).to.equal("keep 192.0.2.0: BadRequest");
  });

  it("is given its address back when that is possible again", () => {
    const world = shared("192.0.2.0");
    world.settle(sharer("web/second", { ports: [80] }));
    expect(summary(world.settle(sharer("web/second", { ports: [80] })))).to.equal("nothing: PoolExhausted");
    expect(summary(world.settle(second))).to.equal("take 192.0.2.0: Allocated");
  });

  it("of two ports and a key, the port is what is told", () => {
    const world = grown(
      new World(pool("a", ["192.0.2.0"])),
      first,
      second,
      sharer("web/third", { ports: [82] }),
    );
    world.decide(sharer("web/first", { key: "m" }));
    const edit = sharer("web/third", { ports: [81] });
    expect(world.decide(edit).objections).to.deep.equal(["sharing Ports 192.0.2.0"]);
  });

  it("of two namespaces, the one that brings its key from the old prefix to ours, without the pool's leave, goes", () => {
    const old = [sharer("web/first", { legacy: true }), sharer("db/second", { ports: [81], legacy: true })];
    const world = grown(new World(pool("a", [V4])), ...old);
    const edit = sharer("web/first");
    expect(summary(world.settle(edit))).to.equal("take 192.0.2.1, release 192.0.2.0: Allocated");
    for (const one of old.slice(1)) expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: Allocated");
  });

  it("by the pool: the junior of another namespace goes", () => {
    const across = pool("a", [V4], { sharing: "AcrossNamespaces" });
    const other = sharer("db/second", { ports: [81] });
    const world = grown(new World(across), first, other).setPools(
      pool("a", [V4], { sharing: "SameNamespace" }),
    );
    expect(summary(world.settle(first))).to.equal("keep 192.0.2.0: Allocated");
    expect(summary(world.settle(other))).to.equal("take 192.0.2.1, release 192.0.2.0: Allocated");
  });

  it("by a pool that is there no more: nobody goes", () => {
    const across = pool("a", [V4], { sharing: "AcrossNamespaces" });
    const other = sharer("db/second", { ports: [81] });
    const world = grown(new World(across), first, other).setPools(pool("b", ["198.51.100.0/30"]));
    for (const one of [first, other])
      expect(summary(world.settle(one))).to.equal("keep 192.0.2.0: KeptOutsidePools");
  });

  it("with an address that it does not show yet: it waits for no grace", () => {
    const world = young(new World(pool("a", [V4])));
    world.settle(first);
    world.settle(second, "secured");
    expect(world.has("web/second")).to.deep.equal(["192.0.2.0"]);
    expect(summary(world.settle(sharer("web/second", { ports: [80] })))).to.equal(
      "take 192.0.2.1, release 192.0.2.0: Allocated",
    );
  });

  it("says so even if it lacks the other family too", () => {
    const six = (name: string, port: number, key = "k") =>
      service(name, {
        families: ["IPv6", "IPv4"],
        annotations: { "fairlead.dev/allow-shared-ip": key },
        spec: { ports: [{ port }], ipFamilyPolicy: "PreferDualStack" },
      });
    const world = grown(new World(pool("a", ["2001:db8::"])), six("web/first", 80), six("web/second", 81));
    const edit = six("web/second", 81, "m");
    const required = { ...edit, spec: { ...edit.spec, ipFamilyPolicy: "RequireDualStack" as const } };
    expect(summary(world.settle(required))).to.equal("keep 2001:db8::: SharingConflict");
  });

  it("restates what it changed without harm, at once", () => {
    const world = young(shared(V4));
    const edit = sharer("web/first", { ports: [80, 443] });
    expect(world.settle(edit).restate.map(({ text }) => text)).to.deep.equal(["192.0.2.0"]);
    expect(world.settle(edit).restate).to.deep.equal([]);
    expect([...world.virtualIPs.values()][0]?.spec.services).to.deep.equal(["web/first", "web/second"]);
  });

  it("restates it too while another holder contradicts it", () => {
    const world = young(shared(V4));
    world.settle(sharer("web/second", { key: "m", ports: [81] }));
    const edit = sharer("web/first", { ports: [80, 443] });
    expect(world.settle(edit).restate.map(({ text }) => text)).to.deep.equal(["192.0.2.0"]);
  });
});

describe("sharing over restarts", () => {
  it("A-IPAM-04: with two addresses under one key, nothing moves, whatever the order", () => {
    const world = new World(pool("a", ["192.0.2.0/31"]));
    const services = [
      sharer("web/a", { ports: [80] }),
      sharer("web/b", { ports: [81] }),
      sharer("web/c", { ports: [80] }),
      sharer("web/d", { ports: [82] }),
    ];
    grown(world, ...services);
    const has = () => services.map(({ metadata }) => world.has(`web/${metadata.name}`).join());
    expect(has()).to.deep.equal(["192.0.2.0", "192.0.2.0", "192.0.2.1", "192.0.2.0"]);
    const waiting = [service("web/x"), service("web/y")];
    for (const one of waiting) world.settle(one);
    for (const order of [
      services,
      [...services].reverse(),
      [...services.slice(2), ...services.slice(0, 2)],
    ]) {
      world.restart([...waiting, ...order], [...world.virtualIPs.values()].reverse());
      for (const one of order) expect(summary(world.settle(one))).to.match(/^keep [^ ]+: Allocated$/);
      for (const one of waiting) expect(summary(world.settle(one))).to.equal("nothing: PoolExhausted");
      expect(has()).to.deep.equal(["192.0.2.0", "192.0.2.0", "192.0.2.1", "192.0.2.0"]);
    }
  });

  it("A-IPAM-04: even when all records are lost", () => {
    const world = new World(pool("a", ["192.0.2.0/31"]));
    const services = ["a", "b", "c", "d"].map((name, i) =>
      sharer(`web/${name}`, { ports: [i === 2 ? 80 : 80 + i], created: `2026-01-0${i + 1}T00:00:00Z` }),
    );
    grown(world, ...services);
    for (const { spec } of [...world.virtualIPs.values()]) world.lose(address(spec.address));
    world.restart([...services].reverse());
    for (const one of [...services].reverse())
      expect(summary(world.settle(one))).to.match(/^keep [^ ]+: Allocated$/);
    expect(services.map(({ metadata }) => world.has(`web/${metadata.name}`).join())).to.deep.equal([
      "192.0.2.0",
      "192.0.2.0",
      "192.0.2.1",
      "192.0.2.0",
    ]);
  });

  it("A-IPAM-06: a key leads to no address that its last holder left", () => {
    const world = new World(pool("a", ["192.0.2.0/30"]));
    const [a, c, d] = [
      sharer("web/a"),
      service("db/c", wants("192.0.2.0")),
      sharer("web/d", { ports: [81] }),
    ];
    world.settle(a);
    world.forget("web/a");
    expect(summary(world.settle(c))).to.equal("take 192.0.2.0: Allocated");
    expect(summary(world.settle(d))).to.equal("take 192.0.2.1: Allocated");
    world.restart([d, c]);
    for (const one of [d, c]) expect(summary(world.settle(one))).to.match(/^keep/);
  });
});
