import { expect } from "chai";
import type { Condition } from "./condition.ts";
import type { VirtualIP, VirtualIPSpec, VirtualIPStatus } from "./virtual-ip.ts";
import { holdStateOf, withHoldState } from "./virtual-ip-state.ts";

const NOW = "2026-03-01T12:00:00Z";
const EARLIER = "2026-03-01T11:00:00Z";
const CLAIM = { namespace: "web", name: "shop" };

const BOUND_SPEC = { services: ["web/shop"] };
const RESERVED_SPEC = { services: [], claim: CLAIM };
const RELEASED_SPEC = { services: [], claim: CLAIM, releasedAt: EARLIER };

const QUARANTINE = {
  mac: "02:00:00:00:00:66",
  machine: "interface eth1 of node b",
  node: "a",
  interface: "eth0",
  since: EARLIER,
};
const QUARANTINED_SPEC = { services: [], quarantine: QUARANTINE };

const vip = (spec: Partial<VirtualIPSpec>, status?: VirtualIPStatus): VirtualIP => ({
  metadata: { name: "192.0.2.7" },
  spec: { address: "192.0.2.7", services: [], ...spec },
  ...(status && { status }),
});

const condition = (type: string, status: Condition["status"], reason = "Test"): Condition => ({
  type,
  status,
  reason,
  message: "Said by a test.",
  lastTransitionTime: EARLIER,
});

/** `type status reason` of each condition. */
const conditionsOf = ({ conditions = [] }: VirtualIPStatus): readonly string[] =>
  conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe("the state of a VirtualIP", () => {
  const states: readonly [string, Partial<VirtualIPSpec>, string, string, RegExp][] = [
    ["held", BOUND_SPEC, "Bound", "True", /^The Services in spec\.services hold the address\.$/],
    [
      "held and kept for the same Service",
      { ...BOUND_SPEC, claim: CLAIM },
      "Bound",
      "True",
      /^The Services in/,
    ],
    [
      "kept",
      RESERVED_SPEC,
      "Reserved",
      "False",
      /^Kept for Service web\/shop, .*; delete this VirtualIP to give/,
    ],
    [
      "let go",
      RELEASED_SPEC,
      "Released",
      "False",
      /^Let go at 2026-03-01T11:00:00Z; .* waits for Service web\/shop .*; delete this VirtualIP to free it now\.$/,
    ],
    [
      "somebody else's on the LAN",
      QUARANTINED_SPEC,
      "Quarantined",
      "False",
      /^Not handed out: 02:00:00:00:00:66 \(interface eth1 of node b\) answers for it on interface eth0 of node a, .*; delete this VirtualIP to do so now\.$/,
    ],
    [
      "somebody else's on the LAN and kept",
      { ...QUARANTINED_SPEC, claim: CLAIM },
      "Reserved",
      "False",
      /^Kept for Service web\/shop, /,
    ],
    ["of an older program, for nobody", {}, "Reserved", "False", /^Kept for nobody, /],
  ];
  for (const [what, spec, state, bound, message] of states) {
    it(`is ${state} when the address is ${what}, and a condition explains it`, () => {
      expect(holdStateOf(vip(spec).spec)).to.equal(state);
      const status = withHoldState(vip(spec), {}, NOW);
      expect(status.state).to.equal(state);
      expect(conditionsOf(status)).to.deep.equal([`Bound ${bound} ${state}`]);
      expect(status.conditions?.[0]?.message).to.match(message);
      expect(status.conditions?.[0]?.lastTransitionTime).to.equal(NOW);
    });
  }

  it("is Conflict while a condition says so, and the condition Bound goes on saying what holds", () => {
    const during = withHoldState(vip(BOUND_SPEC), { conditions: [condition("Conflict", "True")] }, NOW);
    expect(during.state).to.equal("Conflict");
    expect(conditionsOf(during)).to.deep.equal(["Conflict True Test", "Bound True Bound"]);
    const after = withHoldState(vip(BOUND_SPEC), { conditions: [condition("Conflict", "False")] }, NOW);
    expect(after.state).to.equal("Bound");
  });

  it("is said beside all that the status says otherwise, in place of what it said before", () => {
    const announcers = [{ node: "n1", interface: "eth0", mac: "02:00:00:00:00:02", epoch: 3, since: NOW }];
    const before = {
      state: "Released",
      announcers,
      conditions: [condition("Bound", "False"), condition("Announced", "True")],
    } as const;
    const status = withHoldState(vip(BOUND_SPEC, before), before, NOW);
    expect(status.announcers).to.equal(announcers);
    expect(conditionsOf(status)).to.deep.equal(["Announced True Test", "Bound True Bound"]);
  });

  it("has a time of transition that moves only when Bound changes between True and False", () => {
    const since = (spec: Partial<VirtualIPSpec>, before: VirtualIPStatus) =>
      withHoldState(vip(spec, before), {}, NOW).conditions?.[0]?.lastTransitionTime;
    const held = { conditions: [condition("Bound", "True")] };
    const kept = { conditions: [condition("Bound", "False")] };
    expect(since(BOUND_SPEC, held)).to.equal(EARLIER);
    expect(since(RELEASED_SPEC, held)).to.equal(NOW);
    expect(since(RELEASED_SPEC, kept)).to.equal(EARLIER);
    expect(since(BOUND_SPEC, kept)).to.equal(NOW);
  });

  it("said again on its own result changes nothing", () => {
    for (const spec of [BOUND_SPEC, RESERVED_SPEC, RELEASED_SPEC, QUARANTINED_SPEC]) {
      const first = withHoldState(vip(spec), { conditions: [condition("Announced", "False")] }, EARLIER);
      expect(withHoldState(vip(spec, first), first, NOW)).to.deep.equal(first);
    }
  });

  it("goes on saying that the address was answered for, as long as Services hold it, whoever writes", () => {
    const announcers = [{ node: "a", interface: "eth0", mac: "x", epoch: 1, since: EARLIER }];
    const first = withHoldState(vip(BOUND_SPEC), { announcers }, EARLIER);
    expect(first.firstAnnounced).to.equal(EARLIER);
    const silent = withHoldState(vip(BOUND_SPEC, first), { announcers: [] }, NOW);
    expect(silent.firstAnnounced).to.equal(EARLIER);
    const { firstAnnounced: _, ...older } = first;
    expect(withHoldState(vip(BOUND_SPEC, older), {}, NOW).firstAnnounced, "of an older program").to.equal(
      NOW,
    );
    expect(withHoldState(vip(BOUND_SPEC), {}, NOW)).to.not.have.property("firstAnnounced");
    expect(withHoldState(vip(RELEASED_SPEC, first), {}, NOW)).to.not.have.property("firstAnnounced");
  });

  it("says since when nobody answers only in quarantine", () => {
    const said = { quietSince: NOW, quietOf: EARLIER };
    expect(withHoldState(vip(QUARANTINED_SPEC), said, NOW)).to.include(said);
    expect(withHoldState(vip(BOUND_SPEC), said, NOW)).to.not.have.any.keys("quietSince", "quietOf");
  });

  it("stays in the same words when another Service joins or leaves", () => {
    const one = withHoldState(vip(BOUND_SPEC), {}, EARLIER);
    const two = withHoldState(vip({ services: ["web/a", "web/b"] }, one), {}, NOW);
    expect(two).to.deep.equal(one);
  });

  it("of an object without services, as it may have been stored, is that nobody holds it", () => {
    const object = { metadata: { name: "192.0.2.7" }, spec: { address: "192.0.2.7", claim: CLAIM } };
    expect(holdStateOf(object.spec as unknown as VirtualIPSpec)).to.equal("Reserved");
  });
});
