import { constants } from "node:os";
import { ENETDOWN } from "@fairlead/linux/errno.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { silentLog } from "@fairlead/runtime/log.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import type { PresentInterface } from "../announcements/present-interface.ts";
import { AnnouncementTable } from "../announcements/table.ts";
import { FakeSockets } from "../testing/fake-sockets.ts";
import { address, eth, hex, mac, placed } from "../testing/values.ts";
import { WireCounts } from "../wire/counts.ts";
import { ARP_FRAME_BYTES, writeArp } from "./arp/packet.ts";
import { Layer2 } from "./layer2.ts";

const EPERM = constants.errno.EPERM;

const LAN = eth("eth0", 2, ["192.0.2.1/24", "2001:db8::1/64"]);

function make() {
  const clock = new FakeClock();
  const sockets = new FakeSockets();
  const counts = new WireCounts(WireCounts.memory());
  const table = new AnnouncementTable({ node: "worker-1", excluded: [] });
  const groups: string[] = [];
  const failures: number[] = [];
  const layer2 = new Layer2(table, {
    counts: { arp: counts.arp(), ndp: counts.ndp() },
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
  });
  const place = (...some: Parameters<typeof placed>[]): void =>
    layer2.apply(table.update({ set: some.map((one) => placed(...one)), removed: [] }));
  const remove = (...texts: readonly string[]): void =>
    layer2.apply(table.update({ set: [], removed: texts.map(address) }));
  const present = (...some: readonly PresentInterface[]): void => layer2.apply(table.setInterfaces(some));
  const count = (protocol: string, name: string): number =>
    [...counts.frames()].find((one) => one.protocol === protocol && one.name === name)?.count ?? 0;
  return { clock, sockets, layer2, groups, failures, place, remove, present, count };
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
