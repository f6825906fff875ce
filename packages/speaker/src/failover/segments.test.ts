import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { MemorySegment } from "../testing/memory-segment.ts";
import { SegmentNode, type SegmentNodeOptions } from "../testing/segment-node.ts";
import { address, eth, mac, placed } from "../testing/values.ts";
import type { NeighborNode } from "./neighbors.ts";
import { nodeIdOf } from "./node-id.ts";

const VIP = "192.0.2.100";
const GATEWAY = address("192.0.2.254");
const LAN = eth("eth0", 2, ["192.0.2.1/24"]);
const OTHER = eth("eth1", 3, ["198.51.100.1/24"]);

function make(options: Partial<SegmentNodeOptions> = {}) {
  const clock = new FakeClock();
  const lan = new MemorySegment(clock);
  lan.host("gateway", GATEWAY, mac("02:00:00:00:00:fe"));
  const node = new SegmentNode({ name: "worker-1", clock, lan, present: [LAN], ...options });
  return { clock, lan, node, segments: node.segments };
}

/** A node whose Speaker object says that it has these addresses on its only interface. */
function neighbor(name: string, last: number, ...addresses: readonly string[]): NeighborNode {
  const present = [eth("eth0", last, addresses)];
  const clock = new FakeClock();
  return new SegmentNode({ name, clock, lan: new MemorySegment(clock), present }).neighbor;
}

const HERE = neighbor("worker-2", 0x22, "192.0.2.2/24");
const THERE = neighbor("worker-3", 0x33, "203.0.113.3/24");
const SELF = neighbor("worker-1", 2, "192.0.2.1/24");

/** Names of the nodes on the list that the protocol was given last for the address. */
function list(node: SegmentNode): readonly string[] | undefined {
  const names = new Map(
    ["worker-1", "worker-2", "worker-3", "worker-4"].map((name) => [nodeIdOf(name), name]),
  );
  const placement = node.memories.get("eth0")?.get(VIP)?.placement;
  return placement?.list.map((id) => names.get(id) ?? "?");
}

describe("Segments", () => {
  it("announces what is placed here, on its interface only", () => {
    const { clock, node } = make({ present: [LAN, OTHER] });
    node.place(placed(VIP), placed("198.51.100.100"));
    clock.advance(1000);
    expect([...node.rights.keys()].sort()).to.deep.equal(["192.0.2.100%2", "198.51.100.100%3"]);
  });

  it("announces on each named interface, each for itself", () => {
    const { clock, node } = make({ present: [LAN, OTHER] });
    node.place(placed(VIP, { interfaces: ["eth0", "eth1"] }));
    clock.advance(1000);
    expect([...node.rights.keys()].sort()).to.deep.equal([`${VIP}%2`, `${VIP}%3`]);
    node.place(placed(VIP, { epoch: 2, interfaces: ["eth1"] }));
    clock.advance(1000);
    expect([...node.rights.keys()]).to.deep.equal([`${VIP}%3`]);
    expect(node.claims.slice(-2).sort()).to.deep.equal([
      `${VIP} on eth0: none, Removed`,
      `${VIP} on eth1: 2.0 firm #0, Placed`,
    ]);
  });

  it("does nothing where nothing is placed, and nothing for what is not placed any more", () => {
    const { clock, node } = make();
    clock.advance(10_000);
    expect([node.done, clock.pending]).to.deep.equal([[], 0]);
    node.remove(address(VIP));
    node.place(placed(VIP));
    clock.advance(100);
    node.remove(address(VIP));
    clock.advance(10_000);
    expect(node.rights.size).to.equal(0);
  });

  const lists: readonly (readonly [
    string,
    readonly NeighborNode[],
    readonly string[],
    readonly string[] | undefined,
  ])[] = [
    ["all, while nobody is known", [], ["worker-1", "worker-2"], ["worker-1", "worker-2"]],
    [
      "without those of whom it is known that they are elsewhere",
      [SELF, HERE, THERE],
      ["worker-1", "worker-3", "worker-2"],
      ["worker-1", "worker-2"],
    ],
    [
      "with those of whom nothing is known",
      [SELF, HERE, THERE],
      ["worker-1", "worker-4", "worker-2"],
      ["worker-1", "worker-4", "worker-2"],
    ],
    ["with an owner on the segment", [SELF, HERE], ["worker-2", "worker-1"], ["worker-2", "worker-1"]],
    ["nobody, if the owner is elsewhere", [SELF, HERE, THERE], ["worker-3", "worker-1"], undefined],
    [
      "with this node, whatever its Speaker object says",
      [neighbor("worker-1", 2, "203.0.113.1/24"), HERE],
      ["worker-1", "worker-2"],
      ["worker-1", "worker-2"],
    ],
    [
      "with this node before its Speaker object says anything",
      [{ name: "worker-1", interfaces: [] }, HERE],
      ["worker-1", "worker-2"],
      ["worker-1", "worker-2"],
    ],
  ];
  for (const [what, nodes, placedOn, expected] of lists)
    it(`goes by the list ${what}`, () => {
      const { segments, node } = make();
      segments.setNodes(nodes);
      node.place(placed(VIP, { nodes: placedOn }));
      expect(list(node)).to.deep.equal(expected);
    });

  it("announces on an interface without a subnet too, where no other node can be known to be", () => {
    const { clock, node, segments } = make({ present: [{ ...LAN, addresses: [] }] });
    segments.setNodes([
      { ...SELF, interfaces: [{ name: "eth0", mac: mac("02:00:00:00:00:02"), addresses: [], subnets: [] }] },
    ]);
    node.place(placed(VIP, { interfaces: ["eth0"] }));
    clock.advance(1000);
    expect(node.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("lets the previous decision stand when the owner of the new one is elsewhere", () => {
    const { clock, node, segments } = make();
    segments.setNodes([SELF, HERE, THERE]);
    node.place(placed(VIP, { nodes: ["worker-1", "worker-2"] }));
    clock.advance(1000);
    node.place(placed(VIP, { epoch: 2, nodes: ["worker-3", "worker-1"] }));
    clock.advance(10_000);
    expect(node.right(VIP)).to.deep.equal({ kind: "Own" });
    expect(list(node)).to.deep.equal(["worker-1", "worker-2"]);
  });

  it("corrects the list when it is learnt who is elsewhere, and when one comes here", () => {
    const { node, segments } = make();
    node.place(placed(VIP, { nodes: ["worker-1", "worker-3", "worker-2"] }));
    expect(list(node)).to.deep.equal(["worker-1", "worker-3", "worker-2"]);
    segments.setNodes([SELF, HERE, THERE]);
    expect(list(node)).to.deep.equal(["worker-1", "worker-2"]);
    segments.setNodes([SELF, HERE, neighbor("worker-3", 0x33, "192.0.2.3/24")]);
    expect(list(node)).to.deep.equal(["worker-1", "worker-3", "worker-2"]);
  });

  it("carries out a decision once its owner is known to be here", () => {
    const { clock, node, segments } = make();
    segments.setNodes([SELF, THERE]);
    node.place(placed(VIP, { nodes: ["worker-3", "worker-1"] }));
    clock.advance(1000);
    expect(list(node)).to.equal(undefined);
    segments.setNodes([SELF, neighbor("worker-3", 0x33, "192.0.2.3/24")]);
    expect(list(node)).to.deep.equal(["worker-3", "worker-1"]);
  });

  it("looks at frames of what is placed, of the others' kernels and the gateway, and knows the speakers", () => {
    const { node, segments } = make({ present: [{ ...LAN, gateways: [GATEWAY] }] });
    segments.setNodes([SELF, HERE, THERE]);
    node.place(placed(VIP), placed("192.0.2.101"));
    const watched = node.watched.get("eth0");
    expect([...(watched?.addresses ?? [])].sort()).to.deep.equal([
      VIP,
      "192.0.2.101",
      "192.0.2.2",
      GATEWAY.text,
    ]);
    expect(watched?.speakers).to.deep.equal(["02:00:00:00:00:22"]);
    node.remove(address("192.0.2.101"));
    expect([...(node.watched.get("eth0")?.addresses ?? [])]).to.not.include("192.0.2.101");
    segments.stop();
    expect(node.watched.has("eth0")).to.equal(false);
  });

  it("listens for what is in quarantine too, also where nothing is placed, whatever is placed and removed", () => {
    const { clock, node, segments } = make({ present: [LAN, OTHER] });
    const quarantined = address("192.0.2.150");
    const watched = (): boolean => node.watched.get("eth0")?.addresses.has(quarantined.text) === true;
    expect(segments.hearingOn("eth0")).to.equal(undefined);
    segments.listenFor(new Map([["eth0", [quarantined]]]));
    expect([watched(), segments.hearingOn("eth0"), segments.hearingOn("eth1")]).to.deep.equal([
      true,
      2,
      undefined,
    ]);
    node.place(placed(VIP), placed(quarantined.text));
    clock.advance(1000);
    node.remove(quarantined);
    segments.setNodes([HERE]);
    expect(watched(), "while other things come and go").to.equal(true);
    expect(node.right(quarantined.text)).to.equal(undefined);
    node.setPresent([{ ...LAN, carrier: false }, OTHER]);
    expect(segments.hearingOn("eth0"), "without a link").to.equal(undefined);
    node.setPresent([{ ...LAN, mac: mac("02:00:00:00:00:99") }, OTHER]);
    expect([watched(), segments.hearingOn("eth0")], "another interface").to.deep.equal([true, 2]);
    segments.listenFor(new Map());
    expect(watched()).to.equal(false);
  });

  it("asks for a placed address without asserting one of its own, for kernels and the gateway from its own", () => {
    const { clock, node, segments } = make({ present: [{ ...LAN, gateways: [GATEWAY] }] });
    segments.setNodes([SELF, HERE]);
    node.place(placed(VIP, { nodes: ["worker-2", "worker-1"] }));
    clock.advance(5000);
    const asked = new Set(node.done.filter((what) => /^(Probe|Request)/.test(what)));
    expect([...asked].sort()).to.deep.equal([
      `Probe ${VIP}%2`,
      "Request 192.0.2.2%2",
      `Request ${GATEWAY.text}%2`,
    ]);
  });

  it("takes every right away when it ends, silence too, and says nothing of claims", () => {
    const { clock, node, segments } = make();
    node.place(placed(VIP), placed("192.0.2.101"));
    clock.advance(1000);
    const claims = node.claims.length;
    node.done.splice(0);
    segments.stop();
    expect(node.done.sort()).to.deep.equal([`none ${VIP}%2`, "none 192.0.2.101%2", "silence off%2"].sort());
    expect([node.rights.size, node.sockets]).to.deep.equal([0, 0]);
    expect(node.claims).to.have.length(claims);
    const pending = clock.pending;
    clock.advance(60_000);
    expect(node.done).to.have.length(3);
    expect(clock.pending).to.be.at.most(pending);
  });

  it("takes the rights away with the interface, and goes on under the old claim when it is back", () => {
    const { clock, node } = make();
    node.place(placed(VIP));
    clock.advance(1000);
    node.setPresent([]);
    expect(node.rights.size).to.equal(0);
    node.place(placed(VIP));
    clock.advance(1000);
    expect(node.rights.size).to.equal(0);
    node.setPresent([{ ...LAN, index: 17 }]);
    node.place(placed(VIP));
    clock.advance(1000);
    expect([...node.rights.keys()]).to.deep.equal([`${VIP}%17`]);
    expect(node.claims.at(-1)).to.equal(`${VIP} on eth0: 1.0 firm #0, Resumed`);
  });

  it("does not go on with what is placed elsewhere, or not at all, when an interface is back", () => {
    const { clock, node } = make({ present: [LAN, OTHER] });
    const both = placed(VIP, { interfaces: ["eth0", "eth1"] });
    node.place(both, placed("192.0.2.101"), placed("192.0.2.102"));
    clock.advance(1000);
    node.setPresent([OTHER]);
    node.place({ ...both, epoch: 2, interfaces: ["eth1"] }, placed("192.0.2.101"));
    node.remove(address("192.0.2.102"));
    node.claims.splice(0);
    node.setPresent([{ ...LAN, index: 17 }, OTHER]);
    node.place(placed("192.0.2.101"));
    clock.advance(10_000);
    expect(node.claims.filter((claim) => claim.includes("eth0"))).to.deep.equal([
      "192.0.2.101 on eth0: 1.0 firm #0, Resumed",
    ]);
  });

  for (const [what, changed] of [
    ["MAC", { ...LAN, mac: mac("02:00:00:00:00:99") }],
    ["IPv4 address", { ...LAN, addresses: eth("eth0", 2, ["192.0.2.9/24"]).addresses }],
    ["link-local address", { ...LAN, addresses: eth("eth0", 2, ["192.0.2.1/24", "fe80::9/64"]).addresses }],
  ] as const)
    it(`begins anew on an interface that has another ${what}, and asks before it answers`, () => {
      const { clock, node } = make();
      node.place(placed(VIP));
      clock.advance(1000);
      node.setPresent([changed]);
      expect([node.rights.size, node.sockets]).to.deep.equal([0, 1]);
      clock.advance(1000);
      expect(node.right(VIP)).to.deep.equal({ kind: "Own" });
      expect(node.claims.at(-1)).to.equal(`${VIP} on eth0: 1.0 firm #0, Resumed`);
    });

  it("goes on over what is no other interface: its gateway, other addresses, the same again", () => {
    const { clock, node } = make();
    node.place(placed(VIP));
    clock.advance(1000);
    const { length } = node.done;
    const more = eth("eth0", 2, ["192.0.2.1/24", "192.0.2.9/24"]).addresses;
    const floating = eth("eth0", 2, ["192.0.2.0/32", "192.0.2.1/24"]).addresses;
    const lower = eth("eth0", 2, ["10.0.0.1/24", "192.0.2.1/24"]).addresses;
    for (const present of [
      LAN,
      { ...LAN, gateways: [GATEWAY] },
      { ...LAN, addresses: more },
      { ...LAN, addresses: floating },
      { ...LAN, addresses: lower },
    ]) {
      node.setPresent([present]);
      clock.advance(500);
    }
    const rights = node.done.slice(length).filter((what) => /^(own|as|none)/.test(what));
    expect(rights).to.deep.equal([]);
    expect(node.watched.get("eth0")?.addresses.has(GATEWAY.text)).to.equal(false);
  });

  it("learns of another subnet who its neighbors are", () => {
    const { node, segments } = make();
    segments.setNodes([SELF, HERE, THERE]);
    node.place(placed(VIP, { nodes: ["worker-1", "worker-3"] }));
    expect(list(node)).to.deep.equal(["worker-1"]);
    node.setPresent([{ ...LAN, addresses: eth("eth0", 2, ["192.0.2.1/24", "203.0.113.1/24"]).addresses }]);
    expect(list(node)).to.deep.equal(["worker-1", "worker-3"]);
  });

  it("takes the anchor away with the gateway's route", () => {
    const { node } = make({ present: [{ ...LAN, gateways: [GATEWAY] }] });
    node.place(placed(VIP));
    expect(node.watched.get("eth0")?.addresses.has(GATEWAY.text)).to.equal(true);
    node.setPresent([LAN]);
    expect(node.watched.get("eth0")?.addresses.has(GATEWAY.text)).to.equal(false);
  });

  it("does not announce into the dark: the gateway does not answer", () => {
    const { clock, lan, node } = make({ present: [{ ...LAN, gateways: [GATEWAY] }] });
    lan.leave("gateway");
    node.place(placed(VIP));
    clock.advance(5000);
    expect(node.right(VIP)).to.equal(undefined);
    lan.host("gateway", GATEWAY, mac("02:00:00:00:00:fe"));
    clock.advance(1200);
    expect(node.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("waits for a link before it announces, and answers nothing for a moment when one is back", () => {
    const { clock, node } = make({ present: [{ ...LAN, carrier: false }] });
    node.place(placed(VIP));
    clock.advance(5000);
    expect(node.rights.size).to.equal(0);
    node.setPresent([LAN]);
    clock.advance(1000);
    expect(node.right(VIP)).to.deep.equal({ kind: "Own" });
    node.setPresent([{ ...LAN, carrier: false }]);
    clock.advance(3000);
    node.done.splice(0);
    node.setPresent([LAN]);
    clock.advance(500);
    expect(node.done.filter((what) => what.startsWith("silence"))).to.deep.equal([
      "silence on%2",
      "silence off%2",
    ]);
  });

  it("notices that it stood still before it answers a frame", () => {
    const { clock, node, segments } = make();
    node.place(placed(VIP));
    clock.advance(1000);
    segments.check(2);
    expect(node.reports).to.deep.equal([]);
    segments.check(99);
    stall(clock, 500);
    segments.check(2);
    expect(node.reports.map(({ type }) => type)).to.deep.equal(["Stalled"]);
    expect(node.done).to.include("silence on%2");
  });

  it("remembers the last process's claims by the interface's name", () => {
    const claim = { epoch: 1, step: 3, firm: true, index: 0, node: nodeIdOf("worker-1") };
    const memory = { address: address(VIP), placement: undefined, top: claim, list: [claim.node] };
    for (const [name, expected] of [
      ["eth0", `${VIP} on eth0: 1.3 firm #0, Resumed`],
      ["eth9", `${VIP} on eth0: 1.0 firm #0, Placed`],
    ] as const) {
      const { clock, node } = make({ memories: new Map([[name, [memory]]]) });
      node.place(placed(VIP));
      clock.advance(2000);
      expect(node.claims).to.deep.equal([expected]);
    }
  });

  it("has handed over at once where nothing is announced", () => {
    let done = 0;
    const { segments, node } = make({ present: [LAN, OTHER] });
    segments.drain(() => done++);
    expect(done).to.equal(1);
    node.place(placed(VIP), placed("198.51.100.100"));
    segments.drain(() => done++);
    expect(done).to.equal(2);
  });
});

/** Time passes in which nothing runs. */
function stall(clock: FakeClock, ms: number): void {
  const nowMs = clock.nowMs.bind(clock);
  clock.nowMs = () => nowMs() + ms;
}
