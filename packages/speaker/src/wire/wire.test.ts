import type { IpAddress } from "@fairlead/net/address.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { AnnouncementTable } from "../announcements/table.ts";
import { SharedKeyring } from "../failover/keyring.ts";
import { nodeIdOf } from "../failover/node-id.ts";
import { FakeCarrier } from "../testing/fake-carrier.ts";
import { address, eth, key, mac, placed } from "../testing/values.ts";
import type { AddressState, FromWire, KeptMemory } from "./messages.ts";
import { Wire } from "./wire.ts";

const LAN = eth("eth0", 2, ["192.0.2.1/24"]);
/** The first announcement of an address that nobody else may hold: asking takes 600 ms. */
const FIRST_MS = 650;

function make({ memories = [] as readonly KeptMemory[] } = {}) {
  const clock = new FakeClock(new Date("2026-03-01T12:00:00.750Z"));
  const posted: FromWire[] = [];
  const carrier = new FakeCarrier();
  const sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  const turns: string[] = [];
  let ended = 0;
  let incarnations = 0n;
  const wire = new Wire({
    node: "worker-1",
    table: new AnnouncementTable({ excluded: [] }),
    carrier,
    keys: new SharedKeyring(),
    newIncarnation: () => ++incarnations,
    nodePath: undefined,
    openPost: () => ({ send: ({ text: to }, bytes) => sent.push({ to, bytes }), close: () => {} }),
    caretake: true,
    memories,
    onTurn: (vip, self, claim, reason) =>
      turns.push(`${vip.text} ${self.name} ${claim?.epoch ?? "none"} ${reason}`),
    onReport: () => {},
    onMeasured: () => {},
    onDrop: () => {},
    clock,
    post: (message) => posted.push(message),
    onStop: () => ended++,
  });
  // Answers come a moment after the question.
  carrier.onSeen = (...seen) => clock.after(1, () => wire.onSeen(...seen));
  const place = (...some: Parameters<typeof placed>[]): void =>
    wire.take({ type: "update", update: { set: some.map((one) => placed(...one)), removed: [] } });
  const remove = (...addresses: readonly IpAddress[]): void =>
    wire.take({ type: "update", update: { set: [], removed: addresses } });
  /** The states told since the last look, once this much time has passed. */
  const told = (ms = 0): readonly (readonly [string, AddressState | undefined])[] => {
    clock.advance(ms);
    return posted.splice(0).flatMap((message) => (message.type === "states" ? [...message.states] : []));
  };
  return { clock, wire, carrier, sent, posted, turns, place, remove, told, ended: () => ended };
}

const ON_LAN = {
  interface: "eth0",
  mac: "02:00:00:00:00:02",
  since: "2026-03-01T12:00:01Z",
  epoch: 1,
  step: 0,
  provisional: false,
  reason: "Placed",
};
const ANNOUNCING = { kind: "Announcing", on: [ON_LAN] };
const WAITING = { kind: "Waiting" };

describe("Wire", () => {
  it("decides nothing before the interfaces are known", () => {
    const { wire, place, told, posted, clock } = make();
    place(["192.0.2.100"]);
    clock.advance(10_000);
    expect(posted).to.deep.equal([]);
    wire.setInterfaces([LAN]);
    expect(posted[0]).to.deep.equal({ type: "interfaces", interfaces: [LAN] });
    expect(told()).to.deep.equal([["192.0.2.100", WAITING]]);
  });

  it("places thousands of addresses in slices, between which others have their turn, and removes first", () => {
    const { clock, wire, posted, told, carrier } = make();
    wire.setInterfaces([LAN]);
    const vips = Array.from({ length: 1200 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const set = vips.map((text) => placed(text, { interfaces: ["eth0"], first: false }));
    wire.take({ type: "update", update: { set, removed: [] } });
    expect(posted.splice(0).map(({ type }) => type)).to.deep.equal(["interfaces"]);
    clock.advance(0);
    const sizes = posted.map((message) => (message.type === "states" ? message.states.size : 0));
    expect(sizes.filter((size) => size > 0)).to.deep.equal([500, 500, 200]);
    told(5000);
    expect(carrier.answered.size).to.equal(vips.length);
    const other = placed("192.0.2.100");
    wire.take({ type: "update", update: { set: [other], removed: set.map(({ address: one }) => one) } });
    expect(carrier.answered.size, "at once").to.equal(vips.length - 500);
    told(FIRST_MS);
    expect([...carrier.answered.keys()]).to.deep.equal(["192.0.2.100%2"]);
  });

  it("announces once the wire has been asked, longer if it is the first time", () => {
    const { wire, carrier, place, told, turns } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"], ["192.0.2.101", { first: false }]);
    expect(told()).to.deep.equal([
      ["192.0.2.100", WAITING],
      ["192.0.2.101", WAITING],
    ]);
    told(110);
    expect([...carrier.answered.keys()]).to.deep.equal(["192.0.2.101%2"]);
    expect(told(FIRST_MS - 110)).to.deep.equal([["192.0.2.100", ANNOUNCING]]);
    expect([...carrier.answered]).to.deep.include(["192.0.2.100%2", "02:00:00:00:00:02"]);
    expect(turns).to.deep.equal(["192.0.2.101 eth0 1 Placed", "192.0.2.100 eth0 1 Placed"]);
  });

  it("tells what changed and nothing else", () => {
    const { wire, place, remove, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"], ["203.0.113.1"]);
    const states = new Map(told(FIRST_MS));
    expect(states.get("192.0.2.100")).to.deep.equal(ANNOUNCING);
    expect(states.get("203.0.113.1")).to.include({ kind: "Refused", epoch: 1, reason: "NoInterface" });
    place(["192.0.2.100"], ["203.0.113.1"]);
    wire.setInterfaces([LAN]);
    expect(told(FIRST_MS)).to.deep.equal([]);
    remove(address("192.0.2.100"));
    expect(told()).to.deep.equal([["192.0.2.100", undefined]]);
  });

  it("says what the protocol announces under, which may be above or below what was decided", () => {
    const { wire, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    place(["192.0.2.100", { epoch: 2 }]);
    expect(told(FIRST_MS)).to.deep.equal([
      ["192.0.2.100", { kind: "Announcing", on: [{ ...ON_LAN, epoch: 2 }] }],
    ]);
    place(["192.0.2.100", { epoch: 3, nodes: ["worker-2", "worker-1"] }]);
    expect(told(FIRST_MS), "until the new owner claims").to.deep.equal([]);
  });

  it("keeps since when an address is answered over epochs, not over interruptions", () => {
    const { clock, wire, place, told } = make();
    const since = (ms = FIRST_MS): string | undefined => {
      const state = told(ms).at(-1)?.[1];
      return state?.kind === "Announcing" ? state.on[0]?.since : undefined;
    };
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    expect(since()).to.equal("2026-03-01T12:00:01Z");
    clock.advance(60_000);
    place(["192.0.2.100", { epoch: 2 }]);
    expect(since()).to.equal("2026-03-01T12:00:01Z");
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(since()).to.equal("2026-03-01T12:01:02Z");
  });

  it("stops with the old MAC at once, and answers with a new one only when it has asked again", () => {
    const { clock, wire, carrier, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    carrier.done.splice(0);
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(carrier.done.filter((what) => !what.startsWith("silence"))).to.deep.equal([
      "stop 192.0.2.100%2 02:00:00:00:00:02",
    ]);
    expect(told()).to.deep.equal([["192.0.2.100", WAITING]]);
    clock.advance(FIRST_MS);
    expect([...carrier.answered]).to.deep.equal([["192.0.2.100%2", "02:00:00:00:00:99"]]);
  });

  it("stops on an interface that is gone, and says why if the address is placed here", () => {
    const { clock, wire, carrier, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    wire.setInterfaces([]);
    expect(carrier.answered.size).to.equal(0);
    const [[, state] = []] = told();
    expect(state).to.include({ kind: "Refused", reason: "NoInterface", epoch: 1 });
    clock.advance(60_000);
    wire.setInterfaces([LAN]);
    expect(told(FIRST_MS).at(-1)?.[1]).to.deep.equal({
      kind: "Announcing",
      on: [{ ...ON_LAN, since: "2026-03-01T12:01:01Z", reason: "Resumed" }],
    });
  });

  it("refuses what the placement's owner cannot answer for, and lets a stand-in wait", () => {
    const { wire, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["203.0.113.1", { nodes: ["worker-2", "worker-1"] }]);
    expect(told(FIRST_MS)).to.deep.equal([["203.0.113.1", WAITING]]);
    place(["203.0.113.1", { epoch: 2, nodes: ["worker-1", "worker-2"] }]);
    expect(told()[0]?.[1]).to.include({ kind: "Refused", reason: "NoInterface", epoch: 2 });
  });

  it("says who is in the way of a first announcement, and announces once that one is gone", () => {
    const { wire, carrier, place, told } = make();
    carrier.hosts.set("192.0.2.100", mac("02:00:00:00:00:66"));
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    const state = told(FIRST_MS).at(-1)?.[1];
    expect(state).to.include({ kind: "Refused", reason: "AddressInUse", epoch: 1 });
    expect(state?.kind === "Refused" && state.message).to.contain("02:00:00:00:00:66");
    carrier.hosts.clear();
    expect(told(2000).at(-1)?.[1]?.kind).to.equal("Announcing");
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(told(), "it is not in the way any more").to.deep.equal([["192.0.2.100", WAITING]]);
  });

  it("a stranger that was in the way of an older decision is no reason until he is seen again", () => {
    const { wire, carrier, place, told } = make();
    carrier.hosts.set("192.0.2.100", mac("02:00:00:00:00:66"));
    wire.setInterfaces([LAN]);
    place(["192.0.2.100", { nodes: ["worker-2", "worker-1"] }]);
    told(10_000);
    carrier.hosts.clear();
    place(["192.0.2.100", { epoch: 2 }]);
    const kinds = told(2000).map(([, state]) => state?.kind);
    expect(kinds).to.deep.equal(["Announcing"]);
  });

  it("a stranger that was seen while the address was announced is no reason why it is not announced later", () => {
    const { wire, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    wire.onSeen(2, address("192.0.2.100"), mac("02:00:00:00:00:66"), true);
    const contested = { interface: "eth0", mac: "02:00:00:00:00:66" };
    expect(told(1000)).to.deep.equal([["192.0.2.100", { ...ANNOUNCING, contested }]]);
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(told()).to.deep.equal([["192.0.2.100", WAITING]]);
    const states = told(FIRST_MS).map(([, state]) => state);
    expect(states.map((state) => state?.kind === "Announcing" && state.contested)).to.deep.equal([undefined]);
  });

  it("names who has an address, and the node if it is one of ours, and that once however many claim it in turn", () => {
    const { wire, carrier, place, told } = make();
    wire.setInterfaces([LAN]);
    const own = { name: "eth1", mac: mac("02:00:00:00:00:67"), addresses: [], subnets: [] };
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [own] }] });
    carrier.hosts.set("192.0.2.100", mac("02:00:00:00:00:66")).set("192.0.2.101", own.mac);
    place(["192.0.2.100"], ["192.0.2.101"]);
    const states = new Map(told(FIRST_MS));
    const foreign = { interface: "eth0", mac: "02:00:00:00:00:66" };
    expect(states.get("192.0.2.100")).to.deep.include({ reason: "AddressInUse", foreign });
    const machine = "interface eth1 of node worker-2";
    expect(states.get("192.0.2.101")).to.deep.include({ foreign: { ...foreign, mac: own.mac, machine } });
    for (const last of ["70", "71", "72"]) {
      carrier.hosts.set("192.0.2.100", mac(`02:00:00:00:00:${last}`));
      expect(told(5000)).to.deep.equal([]);
    }
  });

  it("names the node, if it is one of ours, whose other interface claims what is announced", () => {
    const { wire, place, told } = make();
    wire.setInterfaces([LAN]);
    const own = { name: "eth1", mac: mac("02:00:00:00:00:67"), addresses: [], subnets: [] };
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [own] }] });
    place(["192.0.2.100"]);
    told(FIRST_MS);
    wire.onSeen(2, address("192.0.2.100"), own.mac, true);
    const contested = { interface: "eth0", mac: own.mac, machine: "interface eth1 of node worker-2" };
    expect(told(1000)).to.deep.equal([["192.0.2.100", { ...ANNOUNCING, contested }]]);
    expect(told(300_000)).to.deep.equal([["192.0.2.100", ANNOUNCING]]);
  });

  it("asks for what is in quarantine, on its interface, and says when nobody answers any more", () => {
    const { wire, carrier, told } = make();
    wire.setInterfaces([LAN]);
    carrier.hosts.set("192.0.2.100", mac("02:00:00:00:00:66"));
    const SINCE = "2026-01-01T00:00:00Z";
    const quarantined = (some: readonly string[]) =>
      wire.take({
        type: "quarantined",
        addresses: some.map((text) => ({ address: address(text), interface: "eth0", since: SINCE })),
      });
    quarantined(["192.0.2.100"]);
    const asked = { kind: "Quarantined", since: SINCE, quietSince: undefined };
    expect(told()).to.deep.equal([["192.0.2.100", asked]]);
    expect(told(300_000)).to.deep.equal([]);
    carrier.hosts.clear();
    carrier.failure = "EIO";
    expect(told(300_000), "nothing is heard").to.deep.equal([]);
    carrier.failure = undefined;
    wire.setInterfaces([{ ...LAN, carrier: false }]);
    expect(told(300_000), "no link").to.deep.equal([]);
    wire.setInterfaces([LAN]);
    expect(told(70_000).map(([, state]) => state?.kind === "Quarantined" && state.quietSince)).to.have.length(
      1,
    );
    wire.onSeen(2, address("192.0.2.100"), mac("02:00:00:00:00:66"), true);
    expect(told()).to.deep.equal([["192.0.2.100", asked]]);
    quarantined([]);
    expect(told()).to.deep.equal([["192.0.2.100", undefined]]);
  });

  for (const interfaces of [undefined, ["eth0"]])
    it(`says that it let go of what went to another node while its interface had no link, ${interfaces ? "named" : "found"}`, () => {
      const { wire, place, told } = make();
      wire.setInterfaces([LAN]);
      place(["192.0.2.100", { interfaces }]);
      told(FIRST_MS);
      wire.setInterfaces([{ ...LAN, carrier: false }]);
      place(["192.0.2.100", { epoch: 2, nodes: ["worker-2", "worker-1"], interfaces }]);
      expect(told()).to.deep.equal([["192.0.2.100", { kind: "LetGo" }]]);
    });

  it("says that it let go, to a node that nothing signed is heard of", () => {
    const { wire, carrier, place, told, turns } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    const subnets = [{ network: address("192.0.2.0"), length: 24 }];
    const other = { name: "eth0", mac: mac("02:00:00:00:00:77"), addresses: [address("192.0.2.7")], subnets };
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [other] }] });
    place(["192.0.2.100", { epoch: 2, nodes: ["worker-2", "worker-1"] }]);
    carrier.hosts.set("192.0.2.100", other.mac);
    wire.onSeen(2, address("192.0.2.100"), other.mac, true);
    expect(told(3000)).to.deep.equal([["192.0.2.100", { kind: "LetGo" }]]);
    expect(carrier.answered.size).to.equal(0);
    expect(turns.at(-1)).to.equal("192.0.2.100 eth0 none WireTakenOver");
    // That is over once it is announced again, or is none of our business.
    carrier.hosts.clear();
    place(["192.0.2.100", { epoch: 3, nodes: ["worker-1", "worker-2"] }]);
    expect(told(FIRST_MS).at(-1)?.[1]?.kind).to.equal("Announcing");
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(told()).to.deep.equal([["192.0.2.100", WAITING]]);
  });

  it("does not remember of an address that is placed here anew that it once let go of it", () => {
    const { wire, place, remove, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    remove(address("192.0.2.100"));
    told();
    place(["192.0.2.100", { epoch: 2 }]);
    expect(told()).to.deep.equal([["192.0.2.100", WAITING]]);
  });

  it("tells nothing of an address that it only covers for its holder", () => {
    const { wire, carrier, place, told } = make();
    const subnets = [{ network: address("192.0.2.0"), length: 24 }];
    const other = { name: "eth0", mac: mac("02:00:00:00:00:77"), addresses: [address("192.0.2.7")], subnets };
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [other] }] });
    // Its kernel answers, its speaker does not.
    carrier.hosts.set("192.0.2.7", other.mac);
    wire.setInterfaces([LAN]);
    place(["192.0.2.100", { nodes: ["worker-2", "worker-1"], first: false }]);
    const states = told(4000);
    expect([...carrier.answered]).to.deep.equal([["192.0.2.100%2", other.mac]]);
    expect(states).to.deep.equal([["192.0.2.100", WAITING]]);
  });

  it("tells a socket that failed, and that it is well again", () => {
    const { wire, carrier, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told(FIRST_MS);
    carrier.failure = "socket failed: EPERM";
    wire.failureChanged(2);
    const [[, state] = []] = told();
    expect(state).to.include({ kind: "Refused", reason: "SocketFailed" });
    expect(state?.kind === "Refused" && state.message).to.contain("on eth0, socket failed: EPERM");
    wire.failureChanged(9);
    expect(told()).to.deep.equal([]);
    carrier.failure = undefined;
    wire.failureChanged(2);
    expect(told()).to.deep.equal([["192.0.2.100", ANNOUNCING]]);
  });

  it("announces nothing new where frames cannot be read, and says why", () => {
    const { wire, carrier, place, told } = make();
    carrier.failure = "socket failed: EPERM";
    wire.setInterfaces([LAN]);
    wire.failureChanged(2);
    place(["192.0.2.100"], ["192.0.2.101", { nodes: ["worker-2", "worker-1"] }]);
    const states = new Map(told(10_000));
    expect(states.get("192.0.2.100")).to.include({ kind: "Refused", reason: "SocketFailed" });
    expect(states.get("192.0.2.101")).to.deep.equal(WAITING);
    expect([...carrier.answered.keys()]).to.deep.equal([]);
    carrier.failure = undefined;
    wire.failureChanged(2);
    expect(told(FIRST_MS).at(-1)).to.deep.equal([
      "192.0.2.100",
      { ...ANNOUNCING, on: [{ ...ON_LAN, since: "2026-03-01T12:00:11Z" }] },
    ]);
  });

  it("hands over what should outlive a restart, in one message, and that it is to be forgotten", () => {
    const { clock, wire, posted, place, remove } = make();
    const memories = () =>
      posted.splice(0).flatMap((message) => (message.type === "memories" ? [message.memories] : []));
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"], ["192.0.2.101"]);
    clock.advance(0);
    const [first = [], ...more] = memories();
    expect(more).to.deep.equal([]);
    expect(first.map(({ interface: name, memory }) => `${memory.address.text} ${name}`)).to.deep.equal([
      "192.0.2.100 eth0",
      "192.0.2.101 eth0",
    ]);
    clock.advance(FIRST_MS);
    expect(
      memories()
        .flat()
        .map(({ memory }) => memory.top?.step),
    ).to.deep.equal([0, 0]);
    remove(address("192.0.2.100"));
    clock.advance(0);
    expect(
      memories()
        .flat()
        .map(({ memory }) => [memory.placement, memory.top]),
    ).to.deep.equal([[undefined, undefined]]);
  });

  it("goes on under the claim that the last process kept", () => {
    const top = { epoch: 1, step: 4, firm: true, index: 1, node: nodeIdOf("worker-1") };
    const list = [nodeIdOf("worker-2"), nodeIdOf("worker-1")];
    const memory = { address: address("192.0.2.100"), placement: undefined, top, list };
    const { wire, place, told } = make({ memories: [{ interface: "eth0", memory }] });
    wire.setInterfaces([LAN]);
    place(["192.0.2.100", { nodes: ["worker-2", "worker-1"] }]);
    expect(told(FIRST_MS).at(-1)?.[1]).to.deep.equal({
      kind: "Announcing",
      on: [{ ...ON_LAN, since: "2026-03-01T12:00:01Z", step: 4, reason: "Resumed" }],
    });
  });

  it("speaks to the others once it has keys", () => {
    const { clock, wire, sent, place } = make();
    const subnets = [{ network: address("192.0.2.0"), length: 24 }];
    const other = { name: "eth0", mac: mac("02:00:00:00:00:77"), addresses: [address("192.0.2.7")], subnets };
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [other] }] });
    wire.setInterfaces([LAN]);
    place(["192.0.2.100", { nodes: ["worker-1", "worker-2"] }]);
    clock.advance(2000);
    expect(sent).to.deep.equal([]);
    wire.take({ type: "keys", keys: { signing: key(7), accepted: [key(7)] } });
    clock.advance(2000);
    expect(new Set(sent.map(({ to }) => to))).to.deep.equal(new Set(["192.0.2.7"]));
    expect(sent[0]?.bytes[4], "the id of the key").to.equal(7);
  });

  it("announces again when the protocol says so", () => {
    const { clock, wire, carrier, place } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    clock.advance(FIRST_MS);
    wire.onSeen(2, address("192.0.2.100"), mac("02:00:00:00:00:66"), false);
    clock.advance(1000);
    expect(carrier.done).to.include("again 192.0.2.100%2");
  });

  it("answers a ping", () => {
    const { wire, posted } = make();
    wire.take({ type: "ping", id: 7 });
    expect(posted).to.deep.equal([{ type: "pong", id: 7 }]);
  });

  for (const [manner, tookMs] of [
    ["Restart", 45],
    ["Leave", 2000],
  ] as const)
    it(`to a ${manner} goes on answering for its last words, then stops, says so, and does nothing afterwards`, () => {
      const { clock, wire, carrier, posted, place, ended, told } = make();
      wire.setInterfaces([LAN]);
      place(["192.0.2.100"]);
      told(FIRST_MS);
      wire.take({ type: "stop", manner });
      clock.advance(tookMs - 2);
      expect([...carrier.answered.keys()]).to.deep.equal(["192.0.2.100%2"]);
      place(["192.0.2.101"]);
      wire.take({ type: "stop", manner });
      clock.advance(100);
      expect(carrier.stopped).to.equal(true);
      expect(carrier.answered.size).to.equal(0);
      expect(posted.at(-1)).to.deep.equal({ type: "stopped" });
      expect(ended()).to.equal(1);
      const { length } = carrier.done;
      place(["192.0.2.101"]);
      wire.setInterfaces([]);
      clock.advance(10_000);
      expect(carrier.done).to.have.length(length);
      expect(posted.at(-1)).to.deep.equal({ type: "stopped" });
    });

  it("tells the others three times that it will be back, and nothing else", () => {
    const { clock, wire, sent, place } = make();
    const subnets = [{ network: address("192.0.2.0"), length: 24 }];
    const other = { name: "eth0", mac: mac("02:00:00:00:00:77"), addresses: [address("192.0.2.7")], subnets };
    wire.take({ type: "keys", keys: { signing: key(7), accepted: [key(7)] } });
    wire.take({ type: "nodes", nodes: [{ name: "worker-2", interfaces: [other] }] });
    wire.setInterfaces([LAN]);
    place(["192.0.2.100", { nodes: ["worker-1", "worker-2"] }]);
    clock.advance(20_000);
    sent.splice(0);
    wire.take({ type: "stop", manner: "Restart" });
    clock.advance(1000);
    expect(sent.map(({ to }) => to)).to.deep.equal(["192.0.2.7", "192.0.2.7", "192.0.2.7"]);
  });

  it("leaves at once where it announces nothing", () => {
    const { wire, posted, ended } = make();
    wire.setInterfaces([LAN]);
    wire.take({ type: "stop", manner: "Leave" });
    expect(posted.at(-1)).to.deep.equal({ type: "stopped" });
    expect(ended()).to.equal(1);
  });
});
