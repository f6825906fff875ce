import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { AddressState } from "../wire/messages.ts";
import { hasPart, saysAnnounced, statusStep, statusWithout } from "./announced-status.ts";

const NOW = "2026-03-01T12:00:00Z";
const LATER = "2026-03-01T13:00:00Z";
const ANNOUNCING: AddressState = {
  kind: "Announcing",
  epoch: 1,
  on: [{ interface: "eth0", mac: "02:00:00:00:00:02", since: NOW }],
};
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

const step = (one: VirtualIP, state: AddressState | undefined, now = NOW) =>
  statusStep(one, "worker-1", state, now);

/** The VirtualIP after its step was carried out. */
function carriedOut(one: VirtualIP, state: AddressState, now = NOW): VirtualIP {
  const done = step(one, state, now);
  return done.kind === "Write" ? { ...one, status: done.status } : one;
}

describe("this node's part of a VirtualIP's status", () => {
  it("says who answers, where, with which MAC, under which epoch and since when", () => {
    expect(step(virtualIP("192.0.2.7"), ANNOUNCING)).to.deep.equal({
      kind: "Write",
      status: {
        state: "Bound",
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
    const restarted: AddressState = {
      ...ANNOUNCING,
      on: [{ interface: "eth0", mac: "02:00:00:00:00:02", since: LATER }],
    };
    expect(step(one, restarted, LATER)).to.deep.equal({ kind: "Nothing" });
    expect(step(carriedOut(virtualIP("192.0.2.7"), REFUSED), REFUSED, LATER)).to.deep.equal({
      kind: "Nothing",
    });
  });

  it("is written anew for a new epoch, MAC or reason; the transition time stays while the condition's status does", () => {
    const one = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const moved = { ...one, spec: virtualIP("192.0.2.7", { epoch: 2 }).spec };
    const second = step(moved, { ...ANNOUNCING, epoch: 2 }, LATER);
    expect(second.kind === "Write" && second.status.conditions?.[0]?.lastTransitionTime).to.equal(NOW);
    expect(second.kind === "Write" && second.status.announcers?.[0]).to.deep.include({
      epoch: 2,
      since: NOW,
    });
    const refused = step(one, REFUSED, LATER);
    expect(refused.kind === "Write" && refused.status.conditions?.[0]?.lastTransitionTime).to.equal(LATER);
  });

  it("waits while wire and API server do not speak of the same epoch", () => {
    expect(step(virtualIP("192.0.2.7", { epoch: 2 }), ANNOUNCING)).to.deep.equal({ kind: "Nothing" });
    expect(step(virtualIP("192.0.2.7"), undefined)).to.deep.equal({ kind: "Nothing" });
  });

  it("is taken back when the address is placed elsewhere, as soon as the wire has let go", () => {
    const here = carriedOut(virtualIP("192.0.2.7"), ANNOUNCING);
    const elsewhere = { ...here, spec: virtualIP("192.0.2.7", { epoch: 2, nodes: ["worker-2"] }).spec };
    const nobody = { state: "Bound", announcers: [], conditions: [BOUND] };
    expect(step(elsewhere, ANNOUNCING)).to.deep.equal({ kind: "Nothing" });
    expect(step(elsewhere, undefined)).to.deep.equal({ kind: "Write", status: nobody });
    const refused = { ...elsewhere, status: carriedOut(virtualIP("192.0.2.7"), REFUSED).status ?? {} };
    expect(step(refused, undefined)).to.deep.equal({ kind: "Write", status: nobody });
  });

  it("replaces what was said under an older decision, by a node that may have died, and no other", () => {
    const dead = { node: "worker-9", interface: "eth0", mac: "02:00:00:00:00:09", epoch: 1, since: NOW };
    const rival = { ...dead, node: "worker-8", epoch: 2 };
    const one = virtualIP("192.0.2.7", { epoch: 2 }, { announcers: [dead, rival] });
    const done = carriedOut(one, { ...ANNOUNCING, epoch: 2 });
    expect(done.status?.announcers?.map(({ node }) => node)).to.deep.equal(["worker-8", "worker-1"]);
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
      announcers: [announcer],
      conditions: [answering, conflict, BOUND],
    } as const;
    const theirs = virtualIP("192.0.2.7", { nodes: ["worker-2"] }, status);
    expect(step(theirs, undefined)).to.deep.equal({ kind: "Nothing" });
    expect(hasPart(theirs, "worker-1")).to.equal(false);
    expect(hasPart(theirs, "worker"), "a node whose name is the start of another's").to.equal(false);
    expect(statusWithout(theirs, "worker-1", LATER)).to.deep.equal(status);
    const taken = carriedOut(virtualIP("192.0.2.7", { epoch: 2 }, status), { ...ANNOUNCING, epoch: 2 });
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
});
