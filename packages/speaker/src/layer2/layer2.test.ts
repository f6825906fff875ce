import { constants } from "node:os";
import { ENETDOWN } from "@fairlead/linux/errno.ts";
import { addressToBytes } from "@fairlead/net/address.ts";
import { macFromBytes, macToBytes } from "@fairlead/net/mac.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { silentLog } from "@fairlead/runtime/log.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import type { Announcement } from "../announcements/announcement.ts";
import type { PresentInterface } from "../announcements/present-interface.ts";
import { AnnouncementTable, type TableChange } from "../announcements/table.ts";
import { type FakeSocket, FakeSockets } from "../testing/fake-sockets.ts";
import { address, announcement, eth, hex, mac, placed } from "../testing/values.ts";
import { WireCounts } from "../wire/counts.ts";
import { ARP_FRAME_BYTES, readArp, writeArp } from "./arp/packet.ts";
import { DEAF } from "./echo/filter.ts";
import { writeChecksums } from "./echo/packet4.ts";
import type { InterfaceSelf, Watched } from "./interface-self.ts";
import { Layer2 } from "./layer2.ts";

const EPERM = constants.errno.EPERM;

const INTERFACES = [2, 3, 4, 17];
const LAN = eth("eth0", 2, ["192.0.2.1/24", "2001:db8::1/64"]);

function make({ answerPing = false } = {}) {
  const clock = new FakeClock();
  const sockets = new FakeSockets();
  const counts = new WireCounts(WireCounts.memory());
  const table = new AnnouncementTable({ excluded: [] });
  const groups: string[] = [];
  const failures: number[] = [];
  const seen: string[] = [];
  const before = { frame: (_index: number): void => {} };
  const layer2 = new Layer2({
    counts: { arp: counts.arp(), ndp: counts.ndp(), icmp: counts.icmp(), icmp6: counts.icmp6() },
    answerPing,
    openSocket: sockets.open,
    memberships: () => ({
      join: ({ text }) => {
        groups.push(text);
        return undefined;
      },
      leave: ({ text }) => {
        groups.splice(groups.indexOf(text), 1);
      },
      close: () => groups.splice(0),
    }),
    clock,
    random: seededRandom(1),
    log: silentLog,
    refreshMs: 0,
    onFailureChange: (index) => failures.push(index),
    onSeen: (index, { text }, from, gratuitous) =>
      seen.push(`${text} is at ${from} on ${index}${gratuitous ? ", gratuitous" : ""}`),
    beforeFrame: (index) => before.frame(index),
  });
  /** Places addresses, with the right to answer for them wherever they can be. */
  const place = (...some: Parameters<typeof placed>[]): void => {
    const set = some.map((one) => placed(...one));
    for (const one of set)
      for (const index of INTERFACES)
        layer2.apply(table.setRights(index, [{ address: one.address, right: { kind: "Own" } }]));
    layer2.apply(table.update({ set, removed: [] }));
  };
  const remove = (...texts: readonly string[]): void =>
    layer2.apply(table.update({ set: [], removed: texts.map(address) }));
  const present = (...some: readonly PresentInterface[]): void => layer2.apply(table.setInterfaces(some));
  const count = (protocol: string, name: string): number =>
    [...counts.frames()].find((one) => one.protocol === protocol && one.name === name)?.count ?? 0;
  return { clock, sockets, layer2, groups, failures, seen, before, place, remove, present, count };
}

function request(target: string): Uint8Array {
  const frame = new Uint8Array(ARP_FRAME_BYTES);
  const asker = hex("02 00 00 00 00 0a");
  writeArp(frame, {
    destination: hex("ff ff ff ff ff ff"),
    source: asker,
    operation: 1,
    senderMac: asker,
    senderAddress: hex("c0 00 02 02"),
    targetMac: new Uint8Array(6),
    targetAddress: Uint8Array.from(target.split("."), Number),
  });
  return frame;
}

/** A ping to 192.0.2.100 under a number of its own. */
function echoRequest(sequence: number): Uint8Array {
  const frame = hex(`
    02 00 00 00 00 02  02 00 00 00 00 0a  08 00
    45 00 00 1c  00 00 40 00  40 01 00 00  c0 00 02 02  c0 00 02 64
    08 00 00 00  be ef 00 00
  `);
  frame.set([sequence >>> 8, sequence & 0xff], 40);
  writeChecksums(frame, frame.length);
  return frame;
}

describe("Layer2", () => {
  it("has a socket on an interface only while it has something to answer for there", () => {
    const { sockets, present, place, remove } = make();
    present(LAN, eth("eth1", 3, ["198.51.100.1/24"]));
    expect(sockets.all).to.have.length(0);
    place(["192.0.2.100"]);
    place(["192.0.2.101"]);
    expect(sockets.open4().map(({ options }) => options.interfaceIndex)).to.deep.equal([2]);
    expect(sockets.open6()).to.have.length(0);
    remove("192.0.2.100");
    expect(sockets.open4()).to.have.length(1);
    remove("192.0.2.101");
    expect(sockets.open4()).to.have.length(0);
  });

  it("answers, and counts answers, drops and what could not be sent", () => {
    const { sockets, present, place, count } = make();
    present(LAN);
    place(["192.0.2.100"]);
    const [socket] = sockets.open4();
    const ask = (target: string): void => socket?.options.onFrame(request(target), ARP_FRAME_BYTES, 1);
    ask("192.0.2.100");
    ask("192.0.2.101");
    expect(socket?.sent).to.have.length(1);
    if (socket !== undefined) socket.errno = ENETDOWN;
    ask("192.0.2.100");
    expect(["Answer", "NotAnnounced", "SendFailed"].map((name) => count("arp", name))).to.deep.equal([
      2, 1, 1,
    ]);
  });

  it("tells the segment on taking over, in both families", () => {
    const { clock, sockets, present, place, count } = make();
    present(LAN);
    place(["192.0.2.100"], ["2001:db8::100"]);
    clock.advance(10_000);
    expect(sockets.open4()[0]?.sent).to.have.length(10);
    expect(sockets.open6()[0]?.sent).to.have.length(6);
    expect(count("arp", "Gratuitous") + count("ndp", "Gratuitous")).to.equal(16);
  });

  it("changes the filter when an address comes that it does not cover, and only then", () => {
    const { sockets, present, place } = make();
    present(LAN);
    place(["192.0.2.100"]);
    place(["192.0.2.100", { epoch: 2 }]);
    expect(sockets.open4()[0]?.filters).to.equal(1);
    place(["192.0.2.101"]);
    expect(sockets.open4()[0]?.filters).to.equal(2);
  });

  describe("asked to answer pings", () => {
    const HELD = "192.0.2.100";
    const echoes = (sockets: FakeSockets): readonly FakeSocket[] =>
      sockets.all.filter(({ closed, options }) => !closed && options.protocol === 0x0800);
    const ping = (socket: FakeSocket | undefined, sequence: number): void => {
      const frame = echoRequest(sequence);
      socket?.options.onFrame(frame, frame.length, 0);
    };

    it("does so as long as there is something to answer for, and not for what is only watched", () => {
      const { sockets, layer2, present, place, remove, count } = make({ answerPing: true });
      present(LAN);
      layer2.watch(selfOf(), { addresses: [address("192.0.2.1")], speakers: [] });
      expect(echoes(sockets)).to.have.length(0);
      place([HELD]);
      expect(echoes(sockets).map(({ options }) => options.interfaceIndex)).to.deep.equal([2]);
      const [socket] = echoes(sockets);
      ping(socket, 1);
      expect(socket?.sent.map((frame) => frame[34])).to.deep.equal([0]);
      place(["192.0.2.101"]);
      expect(socket?.filters, "it covers that one too").to.equal(2);
      remove(HELD, "192.0.2.101");
      expect(echoes(sockets)).to.have.length(0);
      expect([count("icmp", "Answer"), count("icmp6", "Answer")]).to.deep.equal([1, 0]);
    });

    it("does not when told not to", () => {
      const { sockets, present, place } = make({ answerPing: false });
      present(LAN);
      place([HELD]);
      expect(echoes(sockets)).to.have.length(0);
    });

    it("leaves to the kernel what the kernel has", () => {
      const { sockets, layer2, present, place, count } = make({ answerPing: true });
      present(LAN);
      place([HELD]);
      layer2.kernelHas([address("192.0.2.1"), address(HELD), address("2001:db8::1")]);
      const [socket] = echoes(sockets);
      ping(socket, 1);
      layer2.kernelHas([address("192.0.2.1")]);
      ping(socket, 2);
      expect([count("icmp", "KernelAnswers"), count("icmp", "Answer")]).to.deep.equal([1, 1]);
    });

    it("listens to nothing for a while when there are too many", () => {
      const { sockets, clock, present, place, count } = make({ answerPing: true });
      present(LAN);
      place([HELD]);
      const [socket] = echoes(sockets);
      for (let sequence = 0; sequence < 1_003; sequence++) ping(socket, sequence);
      expect([count("icmp", "Answer"), count("icmp", "RateLimited")]).to.deep.equal([1_000, 3]);
      expect(socket?.filter).to.equal(DEAF);
      place(["192.0.2.101"]);
      expect(socket?.filter, "with another address too").to.equal(DEAF);
      clock.advance(250);
      expect(socket?.filter).not.to.equal(DEAF);
      ping(socket, 2_000);
      expect(count("icmp", "Answer")).to.equal(1_001);
    });

    it("announces all the same when it cannot, and tries again", () => {
      const { sockets, layer2, clock, present, place } = make({ answerPing: true });
      present(LAN);
      sockets.failingFor = 0x0800;
      place([HELD]);
      expect(sockets.open4()).to.have.length(1);
      expect(layer2.failureOn(2, "IPv4")).to.equal(undefined);
      expect(echoes(sockets)).to.have.length(0);
      sockets.failingFor = undefined;
      clock.advance(1_000);
      expect(echoes(sockets)).to.have.length(1);
    });

    it("is heard of no more when it stops", () => {
      const { sockets, layer2, clock, present, place } = make({ answerPing: true });
      present(LAN);
      place([HELD], ["2001:db8::100"]);
      for (let sequence = 0; sequence < 1_001; sequence++) ping(echoes(sockets)[0], sequence);
      layer2.stop();
      clock.advance(10_000);
      expect(sockets.all.filter(({ closed }) => !closed)).to.have.length(0);
    });
  });

  it("joins solicited-node groups on both sockets and leaves them", () => {
    const { sockets, groups, present, place, remove } = make();
    present(LAN);
    place(["2001:db8::100"], ["2001:db8::1:0:100"], ["2001:db8::200"]);
    expect(groups).to.have.members(["ff02::1:ff00:100", "ff02::1:ff00:200"]);
    expect(sockets.open6()[0]?.groups).to.have.members(["33:33:ff:00:01:00", "33:33:ff:00:02:00"]);
    remove("2001:db8::100");
    expect(groups).to.have.length(2);
    remove("2001:db8::1:0:100");
    expect(groups).to.deep.equal(["ff02::1:ff00:200"]);
    expect(sockets.open6()[0]?.groups).to.deep.equal(["33:33:ff:00:02:00"]);
  });

  it("opens anew and tells everything again when the MAC changes or the link returns", () => {
    const { clock, sockets, groups, present, place } = make();
    present(LAN);
    place(["192.0.2.100"], ["2001:db8::100"]);
    clock.advance(10_000);
    present({ ...LAN, mac: mac("02:00:00:00:00:99") });
    clock.advance(10_000);
    expect(sockets.all.map(({ closed }) => closed)).to.deep.equal([true, true, false, false]);
    expect(sockets.open4()[0]?.sent).to.have.length(10);
    expect(sockets.open4()[0]?.sent[0]?.subarray(6, 12)).to.deep.equal(hex("02 00 00 00 00 99"));
    expect(groups).to.deep.equal(["ff02::1:ff00:100"]);
    present({ ...LAN, carrier: false });
    expect(sockets.open4()).to.have.length(0);
    present(LAN);
    clock.advance(10_000);
    expect(sockets.open4()[0]?.sent).to.have.length(10);
    expect(groups).to.deep.equal(["ff02::1:ff00:100"]);
  });

  it("tries a socket that cannot be opened again, says so meanwhile, and tells the segment at last", () => {
    const { clock, sockets, layer2, failures, present, place } = make();
    present(LAN);
    sockets.failing = EPERM;
    place(["192.0.2.100"]);
    expect(layer2.failureOn(2, "IPv4")).to.match(/EPERM/);
    expect(layer2.failureOn(2, "IPv6")).to.equal(undefined);
    expect(failures).to.deep.equal([2]);
    clock.advance(5_000);
    expect(failures).to.deep.equal([2]);
    sockets.failing = 0;
    clock.advance(30_000);
    expect(layer2.failureOn(2, "IPv4")).to.equal(undefined);
    expect(failures).to.deep.equal([2, 2]);
    clock.advance(10_000);
    expect(sockets.open4()[0]?.sent).to.have.length(10);
  });

  it("says that nothing fails any more when the socket that failed is not needed any more", () => {
    const { clock, sockets, layer2, failures, present, place, remove } = make();
    present(LAN);
    place(["192.0.2.101"]);
    sockets.failing = EPERM;
    place(["2001:db8::100"]);
    expect(failures).to.deep.equal([2]);
    remove("2001:db8::100");
    expect(layer2.failureOn(2, "IPv6")).to.equal(undefined);
    expect(failures).to.deep.equal([2, 2]);
    clock.advance(30_000);
    expect(failures).to.deep.equal([2, 2]);
  });

  it("opens a socket that fails anew, but not for an interface that went down", () => {
    const { clock, sockets, layer2, present, place } = make();
    present(LAN);
    place(["192.0.2.100"]);
    sockets.open4()[0]?.options.onError(ENETDOWN);
    expect(sockets.open4()).to.have.length(1);
    sockets.open4()[0]?.options.onError(EPERM);
    expect(sockets.open4()).to.have.length(0);
    expect(layer2.failureOn(2, "IPv4")).to.match(/EPERM/);
    clock.advance(1_000);
    expect(sockets.open4()).to.have.length(1);
  });

  it("sums what the kernel had no room for over all sockets, closed ones included", () => {
    const { sockets, layer2, present, place, remove } = make();
    present(LAN);
    place(["192.0.2.100"], ["2001:db8::100"]);
    for (const socket of sockets.all) socket.kernelDrops = 3;
    remove("192.0.2.100");
    expect(layer2.kernelDrops).to.equal(6);
  });

  it("leaves nothing behind when stopped", () => {
    const { clock, sockets, layer2, groups, present, place } = make();
    present(LAN);
    place(["192.0.2.100"], ["2001:db8::100"]);
    layer2.stop();
    clock.advance(100_000);
    expect(sockets.all.every(({ closed }) => closed)).to.equal(true);
    expect(sockets.all.every(({ sent }) => sent.length === 0)).to.equal(true);
    expect(groups).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });
});

const GATEWAY = address("192.0.2.254");
const OTHER = "02:00:00:00:00:0b";

function selfOf(other: Partial<InterfaceSelf> = {}): InterfaceSelf {
  const own = other.mac ?? mac("02:00:00:00:00:02");
  return {
    index: 2,
    name: "eth0",
    mac: own,
    macBytes: macToBytes(own),
    v4: address("192.0.2.1"),
    linkLocal: address("fe80::2"),
    ...other,
  };
}

function watched(...texts: readonly string[]): Watched {
  return { addresses: texts.map(address), speakers: [mac(OTHER)] };
}

/** Another's reply to us that it has an address. */
function reply(of: string, from = OTHER): Uint8Array {
  const frame = new Uint8Array(ARP_FRAME_BYTES);
  const source = macToBytes(mac(from));
  const us = hex("02 00 00 00 00 02");
  const senderAddress = addressToBytes(address(of));
  writeArp(frame, {
    destination: us,
    source,
    operation: 2,
    senderMac: source,
    senderAddress,
    targetMac: us,
    targetAddress: hex("c0 00 02 01"),
  });
  return frame;
}

const caretaken = (text: string): Announcement =>
  announcement(text, { mac: "02:00:00:00:00:0d", caretaking: true });
const change = (started: readonly Announcement[], stopped: readonly Announcement[] = []): TableChange => ({
  started,
  stopped,
  outcomes: new Map(),
});

describe("Layer2 where addresses are watched", () => {
  const receive = (socket: FakeSocket | undefined, frame: Uint8Array): void =>
    socket?.options.onFrame(frame, frame.length, 0);

  it("has a socket while addresses of its family are watched, though nothing is announced", () => {
    const { sockets, layer2, groups } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    expect([sockets.open4().length, sockets.open6().length]).to.deep.equal([1, 0]);
    layer2.watchMore(2, [address("2001:db8::fe")]);
    expect([sockets.open4().length, sockets.open6().length]).to.deep.equal([1, 1]);
    expect(groups, "who answers us needs no group").to.deep.equal([]);
    layer2.watchLess(2, [GATEWAY]);
    expect([sockets.open4().length, sockets.open6().length]).to.deep.equal([0, 1]);
    layer2.watch(selfOf(), undefined);
    expect(sockets.open6()).to.have.length(0);
    layer2.watchMore(2, [GATEWAY]);
    expect(sockets.open4(), "on an interface that is not watched").to.have.length(0);
  });

  it("keeps the socket of what is announced when nothing is watched any more, and the other way round", () => {
    const { sockets, layer2, present, place, remove } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    present(LAN);
    place(["192.0.2.100"]);
    layer2.watch(selfOf(), undefined);
    expect(sockets.open4()).to.have.length(1);
    layer2.watch(selfOf(), watched("192.0.2.254"));
    remove("192.0.2.100");
    expect(sockets.open4()).to.have.length(1);
    layer2.watch(selfOf(), undefined);
    expect(sockets.open4()).to.have.length(0);
    expect(sockets.all, "one and the same all the time").to.have.length(1);
  });

  it("tells who has what is watched at that time", () => {
    const { sockets, layer2, seen, count } = make();
    layer2.watch(selfOf(), watched("192.0.2.254", "192.0.2.100"));
    const [socket] = sockets.open4();
    receive(socket, reply("192.0.2.254"));
    layer2.watch(selfOf(), watched("192.0.2.100"));
    receive(socket, reply("192.0.2.254"));
    receive(socket, reply("192.0.2.100"));
    expect(seen).to.deep.equal([`192.0.2.254 is at ${OTHER} on 2`, `192.0.2.100 is at ${OTHER} on 2`]);
    expect(count("arp", "Seen")).to.equal(2);
  });

  it("tells the gateway by unicast too what is announced, once its MAC was seen", () => {
    const { clock, sockets, layer2, present, place } = make();
    const routed = { ...watched("192.0.2.254"), gateway: GATEWAY };
    layer2.watch(selfOf(), routed);
    present(LAN);
    place(["192.0.2.100"], ["2001:db8::100"]);
    clock.advance(500);
    receive(sockets.open4()[0], reply("192.0.2.254"));
    layer2.watch(selfOf(), routed);
    clock.advance(10_000);
    const toGateway = [...sockets.open4(), ...sockets.open6()].map(({ sent }) =>
      sent.filter((frame) => macFromBytes(frame, 0) === OTHER),
    );
    expect(toGateway.map(({ length }) => length)).to.deep.equal([1, 1]);
    const [arp = new Uint8Array(ARP_FRAME_BYTES)] = toGateway[0] ?? [];
    const own = macToBytes(mac("02:00:00:00:00:02"));
    expect(readArp(arp)).to.deep.equal({
      destination: macToBytes(mac(OTHER)),
      source: own,
      operation: 2,
      senderMac: own,
      senderAddress: addressToBytes(address("192.0.2.100")),
      targetMac: macToBytes(mac(OTHER)),
      targetAddress: addressToBytes(GATEWAY),
    });

    layer2.watch(selfOf(), { ...routed, gateway: address("192.0.2.253") });
    const before = sockets.open4()[0]?.sent.length ?? 0;
    layer2.again(announcement("192.0.2.100"));
    clock.advance(10_000);
    expect(sockets.open4()[0]?.sent.slice(before), "another gateway, not seen yet").to.have.length(10);
  });

  it("changes the filter only for a watched address that it does not cover", () => {
    const { sockets, layer2 } = make();
    const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i + 1}`);
    layer2.watch(selfOf(), watched(...many));
    layer2.watchMore(2, [address("192.0.2.120")]);
    layer2.watchMore(2, [address("192.0.2.120")]);
    expect(sockets.open4()[0]?.filters).to.equal(2);
    layer2.watchMore(2, [address("198.51.100.1")]);
    expect(sockets.open4()[0]?.filters).to.equal(3);
  });

  it("has a smaller filter where the kernel has no room for the one it wants, when it opens and later", () => {
    const { sockets, layer2, seen, failures } = make();
    const apart = (third: number): readonly string[] =>
      Array.from({ length: 200 }, (_, i) => `10.${i}.${third}.1`);
    sockets.mostInstructions = 600;
    layer2.watch(selfOf(), watched(...apart(0)));
    const [socket] = sockets.open4();
    expect(socket?.filter).to.have.length.within(1, 600);
    sockets.mostInstructions = 250;
    layer2.watchMore(2, apart(1).map(address));
    expect(socket?.filter).to.have.length.within(1, 250);
    receive(socket, reply("10.199.1.1"));
    expect(seen).to.deep.equal([`10.199.1.1 is at ${OTHER} on 2`]);
    expect(failures).to.deep.equal([]);
  });

  it("answers for what is caretaken without telling it, and joins its group", () => {
    const { clock, sockets, layer2, groups, count } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    layer2.apply(change([caretaken("192.0.2.100"), caretaken("2001:db8::100")]));
    clock.advance(10_000);
    const [socket] = sockets.open4();
    expect(socket?.sent).to.deep.equal([]);
    expect(groups).to.deep.equal(["ff02::1:ff00:100"]);
    socket?.options.onFrame(request("192.0.2.100"), ARP_FRAME_BYTES, 1);
    expect(socket?.sent[0]?.subarray(22, 28)).to.deep.equal(hex("02 00 00 00 00 0d"));
    expect(socket?.sent[0]?.subarray(6, 12)).to.deep.equal(hex("02 00 00 00 00 02"));
    const asked = request("192.0.2.100");
    asked.set(macToBytes(mac(OTHER)), 22);
    receive(socket, asked);
    expect(count("arp", "FromSpeaker")).to.equal(1);
  });

  it("tells an address from when it is announced after caretaking, and not any more the other way round", () => {
    const { clock, sockets, layer2, groups } = make();
    const [theirs, ours] = [caretaken("2001:db8::100"), announcement("2001:db8::100")];
    layer2.watch(selfOf(), watched("2001:db8::fe"));
    layer2.apply(change([theirs]));
    layer2.apply(change([ours], [theirs]));
    clock.advance(200);
    expect(sockets.open6()[0]?.sent).to.have.length(2);
    layer2.apply(change([theirs], [ours]));
    clock.advance(10_000);
    expect(sockets.open6()[0]?.sent).to.have.length(2);
    expect(sockets.all).to.have.length(1);
    expect(groups, "was never left").to.deep.equal(["ff02::1:ff00:100"]);
  });

  it("refuses to caretake where it does not know its own MAC", () => {
    const { layer2 } = make();
    expect(() => layer2.apply(change([caretaken("192.0.2.100")]))).to.throw(/not watched/);
  });

  it("tells what is announced again from the first round, and nothing else", () => {
    const { clock, sockets, layer2 } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    layer2.apply(change([announcement("192.0.2.100"), caretaken("192.0.2.104")]));
    clock.advance(10_000);
    const before = sockets.open4()[0]?.sent.length ?? 0;
    for (const text of ["192.0.2.100", "192.0.2.104", "192.0.2.105"]) layer2.again(announcement(text));
    clock.advance(10_000);
    const sent = sockets.open4()[0]?.sent.slice(before) ?? [];
    expect(sent).to.have.length(10);
    expect(sent.every((frame) => frame[31] === 100)).to.equal(true);
  });

  it("takes everything over when the MAC changes", () => {
    const { clock, sockets, layer2, seen, count } = make();
    const other = mac("02:00:00:00:00:99");
    layer2.watch(selfOf(), watched("192.0.2.254"));
    layer2.apply(change([announcement("192.0.2.100"), caretaken("192.0.2.104")]));
    layer2.silence(2, true);
    layer2.watch(selfOf({ mac: other, macBytes: macToBytes(other) }), watched("192.0.2.254"));
    layer2.apply(change([announcement("192.0.2.100", { mac: other })], [announcement("192.0.2.100")]));
    expect(sockets.all.map(({ closed }) => closed)).to.deep.equal([true, false]);
    const [socket] = sockets.open4();
    receive(socket, reply("192.0.2.254"));
    expect(seen).to.have.length(1);
    const ask = (target: string): void => socket?.options.onFrame(request(target), ARP_FRAME_BYTES, 1);
    ask("192.0.2.104");
    expect(count("arp", "Silent")).to.equal(1);
    layer2.silence(2, false);
    ask("192.0.2.104");
    ask("192.0.2.100");
    const told = socket?.sent.map((frame) => [frame[11], frame[27]]);
    expect(told).to.deep.equal([
      [0x99, 0x0d],
      [0x99, 0x99],
    ]);
    clock.advance(10_000);
    expect(socket?.sent).to.have.length(12);
  });

  it("takes over what is announced under another MAC before it is told of that", () => {
    const { sockets, layer2, seen } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    layer2.apply(change([announcement("192.0.2.100")]));
    layer2.apply(
      change([announcement("192.0.2.100", { mac: "02:00:00:00:00:99" })], [announcement("192.0.2.100")]),
    );
    expect(sockets.all.map(({ closed }) => closed)).to.deep.equal([true, false]);
    receive(sockets.open4()[0], reply("192.0.2.254"));
    expect(seen).to.have.length(1);
  });

  it("neither answers nor announces while it is silent, also if it notices only then that it should be", () => {
    const { clock, sockets, layer2, before, count } = make();
    layer2.watch(selfOf(), watched("192.0.2.254"));
    before.frame = (index) => layer2.silence(index, true);
    layer2.apply(change([announcement("192.0.2.100")]));
    const [socket] = sockets.open4();
    const ask = (): void => socket?.options.onFrame(request("192.0.2.100"), ARP_FRAME_BYTES, 1);
    ask();
    clock.advance(10_000);
    expect(socket?.sent).to.deep.equal([]);
    expect(count("arp", "Silent")).to.equal(1);
    before.frame = () => {};
    layer2.silence(2, false);
    ask();
    expect(socket?.sent).to.have.length(1);
    expect(count("arp", "Answer")).to.equal(1);
  });

  it("stays silent where it was told so before there was anything to answer", () => {
    const { sockets, layer2, present, place, count } = make();
    layer2.silence(2, true);
    present(LAN);
    place(["192.0.2.100"]);
    receive(sockets.open4()[0], request("192.0.2.100"));
    expect(count("arp", "Silent")).to.equal(1);
  });

  const NOBODY = "00 00 00 00";
  const probes: readonly (readonly [string, Partial<InterfaceSelf>, "Probe" | "Request", string])[] = [
    ["probes under no address", {}, "Probe", NOBODY],
    ["requests under its own address", {}, "Request", "c0 00 02 01"],
    ["requests under no address if it has none", { v4: undefined }, "Request", NOBODY],
  ];
  for (const [what, other, form, sender] of probes)
    it(`asks by ARP: ${what}`, () => {
      const { sockets, layer2, count } = make();
      layer2.watch(selfOf(other), watched("192.0.2.254"));
      layer2.probe(2, GATEWAY, form);
      const [frame] = sockets.open4()[0]?.sent ?? [];
      expect(frame?.subarray(28, 32)).to.deep.equal(hex(sender));
      expect(frame?.subarray(38, 42)).to.deep.equal(hex("c0 00 02 fe"));
      expect(count("arp", "Probe")).to.equal(1);
    });

  const solicitations: readonly (readonly [string, Partial<InterfaceSelf>, "Probe" | "Request", number[]])[] =
    [
      ["probes under its link-local address", {}, "Probe", [86]],
      ["requests under its link-local address", {}, "Request", [86]],
      ["probes as duplicate address detection without one", { linkLocal: undefined }, "Probe", [78]],
      ["requests nothing without one", { linkLocal: undefined }, "Request", []],
    ];
  for (const [what, other, form, lengths] of solicitations)
    it(`asks by NDP: ${what}`, () => {
      const { sockets, layer2, count } = make();
      layer2.watch(selfOf(other), watched("2001:db8::fe"));
      layer2.probe(2, address("2001:db8::fe"), form);
      expect(sockets.open6()[0]?.sent.map((frame) => frame.length)).to.deep.equal(lengths);
      expect(count("ndp", "Probe")).to.equal(lengths.length);
    });

  it("asks nothing where no port is open", () => {
    const { sockets, layer2 } = make();
    layer2.probe(2, GATEWAY, "Probe");
    expect(sockets.all).to.deep.equal([]);
  });

  it("opens a socket that is only for watching again, without hurry for more to watch, at once for an address", () => {
    const { clock, sockets, layer2, failures } = make();
    sockets.failing = EPERM;
    layer2.watch(selfOf(), watched("192.0.2.254"));
    expect(layer2.failureOn(2, "IPv4")).to.match(/EPERM/);
    expect(failures).to.deep.equal([2]);
    sockets.failing = 0;
    layer2.watchMore(2, [address("192.0.2.253")]);
    expect(sockets.open4()).to.have.length(0);
    clock.advance(5_000);
    expect(sockets.open4()).to.have.length(1);
    expect(layer2.failureOn(2, "IPv4")).to.equal(undefined);
    sockets.open4()[0]?.options.onError(EPERM);
    expect(sockets.open4()).to.have.length(0);
    layer2.apply(change([announcement("192.0.2.100")]));
    expect(sockets.open4()).to.have.length(1);
    layer2.watch(selfOf(), undefined);
    layer2.apply(change([], [announcement("192.0.2.100")]));
    clock.advance(100_000);
    expect(sockets.open4()).to.have.length(0);
    expect(clock.pending).to.equal(0);
  });

  it("may be told to let an address go by the frame that is about to be answered", () => {
    const { clock, sockets, layer2, before, count } = make();
    layer2.apply(change([announcement("192.0.2.100")]));
    const [socket] = sockets.open4();
    before.frame = () => layer2.apply(change([], [announcement("192.0.2.100")]));
    receive(socket, request("192.0.2.100"));
    clock.advance(10_000);
    expect(socket?.sent).to.deep.equal([]);
    expect(socket?.closed).to.equal(true);
    expect(count("arp", "NotAnnounced")).to.equal(1);
  });
});
