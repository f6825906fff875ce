import type { Announcer, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import fc from "fast-check";
import { mac } from "../testing/values.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { AddressState, AnnouncedOn, ForeignHost } from "../wire/messages.ts";
import { hasPart, saysAnnounced, statusStep, statusWithout } from "./announced-status.ts";

const NOW = "2026-03-01T12:00:00Z";
const LATER = "2026-03-01T13:00:00Z";
const ANNOUNCING = announcing();

function announcing(...claims: readonly Partial<AnnouncedOn>[]): AddressState {
  const place = { interface: "eth0", mac: "02:00:00:00:00:02", since: NOW };
  const claim = { epoch: 1, step: 0, provisional: false, reason: "Placed" } as const;
  return {
    kind: "Announcing",
    on: (claims.length === 0 ? [{}] : claims).map((own) => ({ ...place, ...claim, ...own })),
  };
}

/** What another node says of itself. */
function announcer(node: string, other: Partial<Announcer> = {}): Announcer {
  return { node, interface: "eth0", mac: "02:00:00:00:00:09", epoch: 1, since: NOW, ...other };
}

const WAITING: AddressState = { kind: "Waiting" };
const REFUSED: AddressState = {
  kind: "Refused",
  epoch: 1,
  reason: "NoCarrier",
  message: "interface eth0 is down",
};

/** What a status says of an address that Services hold. */
const BOUND = {
  type: "Bound",
  status: "True",
  lastTransitionTime: NOW,
  reason: "Bound",
  message: "The Services in spec.services hold the address.",
} as const;

const step = (one: VirtualIP, state: AddressState | undefined, now = NOW, node = "worker-1") =>
  statusStep(one, node, state, now);

/** The VirtualIP after its step was carried out. */
function carriedOut(
  one: VirtualIP,
  state: AddressState | undefined,
  now = NOW,
  node = "worker-1",
): VirtualIP {
  const done = step(one, state, now, node);
  return done.kind === "Write" ? { ...one, status: done.status } : one;
}

describe("this node's part of a VirtualIP's status", () => {
  it("says who answers, where, with which MAC, under which epoch and since when", () => {
    expect(step(virtualIP("192.0.2.7"), ANNOUNCING)).to.deep.equal({
      kind: "Write",
      status: {
        state: "Bound",
        firstAnnounced: NOW,
        announcers: [{ node: "worker-1", interface: "eth0", mac: "02:00:00:00:00:02", epoch: 1, since: NOW }],
        conditions: [
          {
            type: "Announced",
            status: "True",
            lastTransitionTime: NOW,
            reason: "Answering",
            message: "worker-1: answering on eth0 with 02:00:00:00:00:02",
          },
          BOUND,
        ],
      },
    });
  });

  it("says why nobody answers", () => {
    expect(step(virtualIP("192.0.2.7"), REFUSED)).to.deep.equal({
      kind: "Write",
      status: {
        state: "Bound",
        announcers: [],
        conditions: [
          {
            type: "Announced",
            status: "False",
            lastTransitionTime: NOW,
            reason: "NoCarrier",
            message: "worker-1: interface eth0 is down",
          },
          BOUND,
        ],
      },
    });
  });

  it("is not written again, neither at once nor after a restart", () => {
    const one = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    expect(step(one, ANNOUNCING, LATER)).to.deep.equal({ kind: "Nothing" });
    expect(step(one, announcing({ since: LATER }), LATER)).to.deep.equal({ kind: "Nothing" });
    expect(step(carriedOut(virtualIP("192.0.2.7"), REFUSED), REFUSED, LATER)).to.deep.equal({
      kind: "Nothing",
    });
  });

  it("is written anew for a new epoch, MAC or reason; the transition time stays while the condition's status does", () => {
    const one = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const moved = { ...one, spec: virtualIP("192.0.2.7", { epoch: 2 }).spec };
    const second = step(moved, announcing({ epoch: 2 }), LATER);
    expect(second.kind === "Write" && second.status.conditions?.[0]?.lastTransitionTime).to.equal(NOW);
    expect(second.kind === "Write" && second.status.announcers?.[0]).to.deep.include({
      epoch: 2,
      since: NOW,
    });
    const refused = step(one, REFUSED, LATER);
    expect(refused.kind === "Write" && refused.status.conditions?.[0]?.lastTransitionTime).to.equal(LATER);
  });

  it("says what the wire answers under, whatever the API server says meanwhile; a refusal waits for its own decision", () => {
    const decided = virtualIP("192.0.2.7", { epoch: 2 });
    const done = carriedOut(decided, ANNOUNCING);
    expect(done.status?.announcers?.map(({ epoch }) => epoch)).to.deep.equal([1]);
    expect(step(decided, REFUSED)).to.deep.equal({ kind: "Nothing" });
  });

  it("is kept while it is not known whether this node goes on, and goes when it let go or is not on the list", () => {
    const here = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const nodes = (...nodes: readonly string[]) => ({
      ...here,
      spec: virtualIP("192.0.2.7", { epoch: 2, nodes: [...nodes] }).spec,
    });
    const nobody = {
      kind: "Write",
      status: { state: "Bound", firstAnnounced: NOW, announcers: [], conditions: [BOUND] },
    };
    const neverAnnounced = {
      kind: "Write",
      status: { state: "Bound", announcers: [], conditions: [BOUND] },
    };
    const nothing = { kind: "Nothing" };
    const table: readonly (readonly [string, VirtualIP, AddressState | undefined, unknown])[] = [
      ["owner, asking", nodes("worker-1"), { kind: "Waiting" }, nothing],
      ["owner, not begun", nodes("worker-1"), undefined, nothing],
      ["stand-in, asking", nodes("worker-2", "worker-1"), { kind: "Waiting" }, nothing],
      ["stand-in, not begun", nodes("worker-2", "worker-1"), undefined, nothing],
      ["stand-in that cannot answer", nodes("worker-2", "worker-1"), REFUSED, nobody],
      ["owner that let go", nodes("worker-1"), { kind: "LetGo" }, nobody],
      ["stand-in that let go", nodes("worker-2", "worker-1"), { kind: "LetGo" }, nobody],
      ["off the list", nodes("worker-2"), { kind: "Waiting" }, nobody],
      ["off the list, nothing done", nodes("worker-2"), undefined, nobody],
      ["off the list, and it answers still", nodes("worker-2"), ANNOUNCING, nothing],
    ];
    for (const [what, one, state, expected] of table) expect(step(one, state), what).to.deep.equal(expected);
    const refused = {
      ...nodes("worker-2"),
      status: carriedOut(virtualIP("192.0.2.7"), REFUSED).status ?? {},
    };
    expect(step(refused, undefined), "a condition").to.deep.equal(neverAnnounced);
  });

  it("is written for a new step, and for a claim that became firm", () => {
    const claims = (state: AddressState): unknown =>
      carriedOut(here, state).status?.announcers?.map(({ step, provisional }) => [step, provisional]);
    const here = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    expect(claims(ANNOUNCING)).to.deep.equal([[undefined, undefined]]);
    expect(claims(announcing({ step: 2 }))).to.deep.equal([[2, undefined]]);
    const provisional = announcing({ provisional: true });
    expect(claims(provisional)).to.deep.equal([[undefined, true]]);
    expect(step(carriedOut(here, provisional), provisional)).to.deep.equal({ kind: "Nothing" });
    const firm = step(carriedOut(here, provisional), ANNOUNCING);
    expect(firm.kind === "Write" && firm.status.announcers?.[0]).to.not.have.property("provisional");
  });

  it("takes out what others said under lower claims, for they let go or died, and gives way to the higher ones", () => {
    const own = announcing({ epoch: 2, step: 1 });
    const table: readonly (readonly [Partial<Announcer>, boolean])[] = [
      [{ epoch: 1 }, false],
      [{ epoch: 1, step: 9 }, false],
      [{ epoch: 2 }, false],
      [{ epoch: 2, step: 1 }, false],
      [{ epoch: 2, step: 1, provisional: true }, false],
      [{ epoch: 2, step: 2, provisional: true }, true],
      [{ epoch: 2, step: 2 }, true],
      [{ epoch: 3 }, true],
      [{ epoch: 1, interface: "eth7" }, false],
    ];
    for (const [other, stays] of table) {
      const one = virtualIP("192.0.2.7", { epoch: 2 }, { announcers: [announcer("worker-9", other)] });
      const nodes = carriedOut(one, own).status?.announcers?.map(({ node }) => node);
      expect(nodes, JSON.stringify(other)).to.deep.equal([stays ? "worker-9" : "worker-1"]);
    }
  });

  it("judges each segment by itself if the address is placed on several", () => {
    const others = [
      announcer("worker-9", { interface: "eth0" }),
      announcer("worker-9", { interface: "eth1" }),
      announcer("worker-8", { interface: "eth1", epoch: 3 }),
    ];
    const one = virtualIP("192.0.2.7", { epoch: 2, interfaces: ["eth0", "eth1"] }, { announcers: others });
    const done = carriedOut(one, announcing({ epoch: 2 }));
    expect(done.status?.announcers?.map((own) => `${own.node} ${own.interface}`)).to.deep.equal([
      "worker-9 eth1",
      "worker-8 eth1",
      "worker-1 eth0",
    ]);
  });

  it("says each place of its own, and forgets those where it answers no more", () => {
    const many = virtualIP("192.0.2.7", { interfaces: ["eth0", "eth1"] });
    const both = carriedOut(many, announcing({}, { interface: "eth1", step: 1 }));
    const places = (one: VirtualIP) => one.status?.announcers?.map((own) => [own.interface, own.step]);
    expect(places(both)).to.deep.equal([
      ["eth0", undefined],
      ["eth1", 1],
    ]);
    expect(places(carriedOut(both, announcing({ interface: "eth1", step: 1 })))).to.deep.equal([["eth1", 1]]);
  });

  /** Nodes in turn, until nobody has anything to write; what they wrote last, or undefined if they go on for ever. */
  function settled(one: VirtualIP, states: Readonly<Record<string, AddressState>>): VirtualIP | undefined {
    let now = one;
    for (let turn = 0; turn < 10; turn++) {
      const before = now;
      for (const [node, state] of Object.entries(states)) now = carriedOut(now, state, NOW, node);
      if (now === before) return now;
    }
    return undefined;
  }

  it("comes to rest when two nodes answer, on two segments or at the two ends of a broken one", () => {
    const one = virtualIP("192.0.2.7", { nodes: ["worker-1", "worker-2"], interfaces: ["eth0", "eth1"] });
    const mac = "02:00:00:00:00:03";
    for (const theirs of [
      {},
      { interface: "eth1" },
      { interface: "eth1", step: 1 },
      { step: 1 },
      { provisional: true },
    ]) {
      const rival = announcing({ mac, ...theirs });
      for (const states of [
        { "worker-1": ANNOUNCING, "worker-2": rival },
        { "worker-2": rival, "worker-1": ANNOUNCING },
      ]) {
        const rest = settled(one, states);
        expect(rest, JSON.stringify([theirs, Object.keys(states)])).to.not.equal(undefined);
        const condition = rest?.status?.conditions?.find(({ type }) => type === "Announced");
        expect(condition?.status).to.equal("True");
      }
    }
  });

  it("comes to rest whoever answers where, and whatever was said before", () => {
    const place = fc.record({
      interface: fc.constantFrom("eth0", "eth1"),
      epoch: fc.integer({ min: 1, max: 2 }),
      step: fc.integer({ min: 0, max: 1 }),
      provisional: fc.boolean(),
    });
    const state = fc.oneof(
      fc
        .uniqueArray(place, { minLength: 1, maxLength: 2, selector: ({ interface: name }) => name })
        .map((places) => announcing(...places)),
      fc.constantFrom<AddressState>(REFUSED, WAITING, { kind: "LetGo" }),
    );
    const states = fc.array(fc.record({ "worker-1": state, "worker-2": state, "worker-3": state }), {
      minLength: 1,
      maxLength: 3,
    });
    const interfaces = fc.constantFrom([], ["eth0"], ["eth0", "eth1"]);
    fc.assert(
      fc.property(states, interfaces, (history, interfaces) => {
        const nodes = ["worker-2", "worker-1"];
        let one: VirtualIP | undefined = virtualIP("192.0.2.7", { nodes, interfaces });
        for (const next of history) one = one && settled(one, next);
        expect(one).to.not.equal(undefined);
        if (Object.values(history.at(-1) ?? {}).some(({ kind }) => kind === "Announcing"))
          expect(one?.status?.announcers).to.not.deep.equal([]);
      }),
    );
  });

  it("comes to rest when one is refused and another answers under a lower claim than one that says nothing any more", () => {
    const one = virtualIP("192.0.2.7", { nodes: ["worker-2", "worker-1"], interfaces: ["eth0", "eth1"] });
    const history = [
      { "worker-1": announcing({ interface: "eth1" }), "worker-2": ANNOUNCING, "worker-3": ANNOUNCING },
      { "worker-1": WAITING, "worker-2": REFUSED, "worker-3": announcing({ interface: "eth1" }) },
    ];
    const rest = history.reduce<VirtualIP | undefined>((now, next) => now && settled(now, next), one);
    expect(rest?.status?.announcers?.map(({ node }) => node)).to.deep.equal(["worker-1"]);
  });

  it("does not say that an address is not announced while a stand-in answers", () => {
    const one = virtualIP("192.0.2.7", { nodes: ["worker-1", "worker-2"] });
    const standIn = announcing({ mac: "02:00:00:00:00:03", step: 1 });
    for (const states of [
      { "worker-1": REFUSED, "worker-2": standIn },
      { "worker-2": standIn, "worker-1": REFUSED },
    ]) {
      const rest = settled(carriedOut(one, ANNOUNCING), states);
      expect(rest?.status?.announcers?.map(({ node }) => node)).to.deep.equal(["worker-2"]);
      const condition = rest?.status?.conditions?.find(({ type }) => type === "Announced");
      expect(condition).to.include({ status: "True" });
      expect(condition?.message).to.match(/^worker-2: /);
    }
  });

  describe("of an address that somebody else has", () => {
    const HOST = { interface: "eth0", mac: mac("02:00:00:00:00:66") };
    const FOREIGN = { node: "worker-1", ...HOST, since: NOW };
    const inUse: AddressState = {
      kind: "Refused",
      epoch: 1,
      reason: "AddressInUse",
      message: "x",
      foreign: HOST,
    };
    const types = (one: VirtualIP) => one.status?.conditions?.map(({ type, status }) => `${type} ${status}`);

    it("says who, where and since when, and writes that once", () => {
      const one = carriedOut(virtualIP("192.0.2.7"), inUse);
      expect(one.status?.foreign).to.deep.equal(FOREIGN);
      expect(step(one, inUse, LATER)).to.deep.equal({ kind: "Nothing" });
      const machine = { ...inUse, foreign: { ...HOST, machine: "interface eth1 of node worker-2" } };
      expect(carriedOut(one, machine, LATER).status?.foreign).to.deep.equal({
        ...FOREIGN,
        machine: "interface eth1 of node worker-2",
      });
      expect(carriedOut(one, ANNOUNCING).status).to.not.have.property("foreign");
    });

    it("says that an announced one is contested, with the remedy, until it is not", () => {
      const contested = (host: ForeignHost): AddressState =>
        ({ ...ANNOUNCING, contested: host }) as AddressState;
      const one = carriedOut(virtualIP("192.0.2.7"), contested(HOST));
      expect(types(one)).to.deep.equal(["Announced True", "Contested True", "Bound True"]);
      const message = one.status?.conditions?.[1]?.message;
      expect(message).to.match(/^worker-1: 02:00:00:00:00:66 says on interface eth0 that 192\.0\.2\.7 /);
      expect(message).to.match(/take the address off that machine$/);
      expect(one.status?.foreign).to.deep.equal(FOREIGN);
      expect(step(one, contested(HOST), LATER)).to.deep.equal({ kind: "Nothing" });
      const node = contested({ ...HOST, machine: "interface eth1 of node worker-2" });
      expect(carriedOut(one, node).status?.conditions?.[1]?.message).to.contain("strictARP");
      expect(types(carriedOut(one, ANNOUNCING))).to.deep.equal(["Announced True", "Bound True"]);
      expect(types(carriedOut(one, { kind: "LetGo" }))).to.deep.equal(["Bound True"]);
      expect(carriedOut(one, { kind: "LetGo" }).status).to.not.have.property("foreign");
    });

    it("in quarantine takes back what was said before, and says since when nobody answers", () => {
      const refused = carriedOut(virtualIP("192.0.2.7"), inUse);
      const spec = {
        ...refused.spec,
        services: [],
        quarantine: FOREIGN,
        placement: { epoch: 2, nodes: [], protocols: [] },
      };
      const held = { ...refused, spec };
      const asked = { kind: "Quarantined", since: FOREIGN.since } as const;
      const answered = carriedOut(held, { ...asked, quietSince: undefined });
      expect(answered.status).to.deep.include({ state: "Quarantined", foreign: FOREIGN });
      expect(types(answered)).to.deep.equal(["Bound False"]);
      expect(answered.status?.conditions?.[0]?.message).to.contain("02:00:00:00:00:66");
      const quiet = carriedOut(answered, { ...asked, quietSince: LATER });
      expect(quiet.status).to.include({ quietSince: LATER, quietOf: FOREIGN.since });
      expect(quiet.status).to.not.have.property("foreign");
      expect(step(quiet, undefined), "after a restart").to.deep.equal({ kind: "Nothing" });
      expect(step(quiet, { ...asked, quietSince: LATER }, LATER)).to.deep.equal({ kind: "Nothing" });
      const again = carriedOut(quiet, { ...asked, quietSince: undefined });
      expect(again.status).to.not.have.any.keys("quietSince", "quietOf");
      const other = { ...answered, spec: { ...spec, quarantine: { ...FOREIGN, node: "worker-2" } } };
      const left = carriedOut(other, { ...asked, quietSince: LATER });
      expect(left.status, "another node asks").to.not.have.any.keys("foreign", "quietSince");
    });

    it("in quarantine says nothing of it by what it knows of an earlier one, whatever the clocks say", () => {
      const asked = { kind: "Quarantined", since: NOW, quietSince: "2036-01-01T00:00:00Z" } as const;
      const spec = { address: "192.0.2.7", services: [], quarantine: { ...FOREIGN, since: LATER } };
      const before = { ...virtualIP("192.0.2.7"), spec };
      const one = carriedOut(before, asked);
      expect(one.status?.foreign).to.deep.equal(spec.quarantine);
      expect(one.status).to.not.have.any.keys("quietSince", "quietOf");
      const told = { ...before, status: { quietSince: "2036-01-01T00:00:00Z", quietOf: NOW } };
      expect(carriedOut(told, undefined).status, "said before a restart").to.not.have.property("quietSince");
      const behind = carriedOut(before, { ...asked, since: LATER, quietSince: "2016-01-01T00:00:00Z" });
      expect(behind.status).to.include({ quietSince: "2016-01-01T00:00:00Z", quietOf: LATER });
    });
  });

  it("leaves alone what others wrote", () => {
    const conflict = {
      type: "Conflict",
      status: "True",
      lastTransitionTime: NOW,
      reason: "ForeignClaim",
      message: "somebody else answers",
    } as const;
    const answering = {
      type: "Announced",
      status: "True",
      lastTransitionTime: NOW,
      reason: "Answering",
      message: "worker-2: answering",
    } as const;
    const announcer = { node: "worker-2", interface: "eth0", mac: "02:00:00:00:00:03", epoch: 1, since: NOW };
    const status = {
      state: "Conflict",
      firstAnnounced: NOW,
      announcers: [announcer],
      conditions: [answering, conflict, BOUND],
    } as const;
    const theirs = virtualIP("192.0.2.7", { nodes: ["worker-2"] }, status);
    expect(step(theirs, undefined)).to.deep.equal({ kind: "Nothing" });
    expect(hasPart(theirs, "worker-1")).to.equal(false);
    expect(hasPart(theirs, "worker"), "a node whose name is the start of another's").to.equal(false);
    expect(statusWithout(theirs, "worker-1", LATER)).to.deep.equal(status);
    const taken = carriedOut(virtualIP("192.0.2.7", { epoch: 2 }, status), announcing({ epoch: 2 }));
    expect(taken.status?.conditions?.map(({ type }) => type)).to.deep.equal([
      "Conflict",
      "Announced",
      "Bound",
    ]);
    expect(taken.status?.state).to.equal("Conflict");
  });

  it("goes with what the spec stands for, which alone is no reason to write", () => {
    const claim = { namespace: "default", name: "web" };
    const here = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const released: VirtualIP = {
      ...here,
      spec: {
        ...virtualIP("192.0.2.7", { epoch: 2, nodes: [] }).spec,
        services: [],
        claim,
        releasedAt: LATER,
      },
    };
    // As long as the wire answers, this node has nothing new to say.
    expect(step(released, ANNOUNCING, LATER)).to.deep.equal({ kind: "Nothing" });
    const withdrawn = step(released, undefined, LATER);
    expect(withdrawn.kind === "Write" && withdrawn.status.state).to.equal("Released");
    expect(
      withdrawn.kind === "Write" &&
        withdrawn.status.conditions?.map(({ type, status, lastTransitionTime }) => [
          type,
          status,
          lastTransitionTime,
        ]),
    ).to.deep.equal([["Bound", "False", LATER]]);
    const after = withdrawn.kind === "Write" ? { ...released, status: withdrawn.status } : released;
    expect(step(after, undefined, LATER)).to.deep.equal({ kind: "Nothing" });
    const { releasedAt: _, ...reserved } = released.spec;
    expect(step({ ...after, spec: reserved }, undefined, LATER)).to.deep.equal({ kind: "Nothing" });
  });

  it("is not written because another Service joins, a claim is written, or an older program said another state", () => {
    const here = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const shared = { ...here.spec, services: ["default/web", "default/api"] };
    const claimed = { ...here.spec, claim: { namespace: "default", name: "web" } };
    for (const spec of [shared, claimed])
      expect(step({ ...here, spec }, ANNOUNCING, LATER)).to.deep.equal({ kind: "Nothing" });
    const { conditions = [], announcers = [] } = here.status ?? {};
    const older = {
      state: "Announced" as never,
      announcers,
      conditions: conditions.filter(({ type }) => type !== "Bound"),
    };
    expect(step({ ...here, status: older }, ANNOUNCING, LATER)).to.deep.equal({ kind: "Nothing" });
  });

  it("knows whether answering is news", () => {
    const one = virtualIP("192.0.2.7");
    const written = step(one, ANNOUNCING);
    const status = written.kind === "Write" ? written.status : {};
    expect(saysAnnounced(one, "worker-1", status)).to.equal(false);
    expect(saysAnnounced({ ...one, status }, "worker-1", status)).to.equal(true);
  });

  it("tells the last moves, which whoever writes the status leaves as they are", () => {
    const others = { announcers: [announcer("worker-2")] };
    const before = virtualIP("192.0.2.7", { epoch: 2, reason: "Move" }, others);
    const moved = carriedOut(before, announcing({ epoch: 2 }));
    const moves = [{ from: "worker-2", to: "worker-1", at: NOW, by: "Controller", reason: "Move" }];
    expect(moved.status?.moves).to.deep.equal(moves);
    expect(carriedOut(moved, announcing({ epoch: 3 }), LATER).status?.moves).to.deep.equal(moves);
    expect(carriedOut(moved, { ...REFUSED, epoch: 2 }, LATER).status?.moves).to.deep.equal(moves);
    expect(statusWithout(moved, "worker-1", LATER).moves).to.deep.equal(moves);
  });
});
