import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { EBADF, ENETDOWN, SystemError } from "@fairlead/linux/errno.ts";
import type { NeighborUdpOptions } from "@fairlead/linux/udp-socket.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { err, ok } from "@fairlead/net/result.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { address, mac } from "../testing/values.ts";
import { UdpPost } from "./udp-post.ts";

const MAC = mac("02:00:00:00:00:02");

/** A socket that was opened, and what was done with it. */
interface FakeSocket {
  readonly options: NeighborUdpOptions;
  readonly sent: { readonly to: string; readonly bytes: readonly number[] }[];
  closed: boolean;
}

function make({ v4 = "192.0.2.1", linkLocal = "fe80::1" } = {}) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const sockets: FakeSocket[] = [];
  const arrived: Uint8Array[] = [];
  const drops: string[] = [];
  const net = { refused: undefined as number | undefined, errno: 0 };
  const self = {
    index: 2,
    name: "eth0",
    mac: MAC,
    macBytes: macToBytes(MAC),
    v4: v4 === "" ? undefined : address(v4),
    linkLocal: linkLocal === "" ? undefined : address(linkLocal),
  };
  const post = new UdpPost({
    self,
    port: 7950,
    open: (options) => {
      if (net.refused !== undefined) return err(new SystemError("bind", net.refused));
      if ("address" in options) throw new Error("not on an interface");
      const socket: FakeSocket = { options, sent: [], closed: false };
      sockets.push(socket);
      return ok({
        send: ({ text: to }, bytes) => {
          socket.sent.push({ to, bytes: [...bytes] });
          return net.errno;
        },
        close: () => {
          socket.closed = true;
        },
      });
    },
    onDatagram: (bytes) => arrived.push(bytes),
    onDrop: (reason) => drops.push(reason),
    clock,
    random: seededRandom(1),
    log,
  });
  return { clock, log, sockets, arrived, drops, net, post };
}

describe("UdpPost", () => {
  it("opens a socket for each family in which the interface has an address, and sends by it", () => {
    const { sockets, drops, post } = make();
    expect(sockets.map(({ options }) => options.family)).to.deep.equal(["IPv4", "IPv6"]);
    expect(sockets[0]?.options).to.include({ interfaceName: "eth0", interfaceIndex: 2, port: 7950 });
    post.send(address("192.0.2.2"), Uint8Array.of(1, 2));
    post.send(address("fe80::2"), Uint8Array.of(3));
    expect(sockets.map(({ sent }) => sent)).to.deep.equal([
      [{ to: "192.0.2.2", bytes: [1, 2] }],
      [{ to: "fe80::2", bytes: [3] }],
    ]);
    expect(drops).to.deep.equal([]);
  });

  it("opens none in a family without an address", () => {
    expect(make({ linkLocal: "" }).sockets.map(({ options }) => options.family)).to.deep.equal(["IPv4"]);
    expect(make({ v4: "" }).sockets.map(({ options }) => options.family)).to.deep.equal(["IPv6"]);
    const { clock, post, drops } = make({ v4: "", linkLocal: "" });
    post.send(address("192.0.2.2"), Uint8Array.of(1));
    expect([drops, clock.pending]).to.deep.equal([["SendFailed"], 0]);
  });

  it("hands over a copy of what arrives: the buffer is used again", () => {
    const { sockets, arrived } = make();
    const buffer = Uint8Array.of(1, 2, 3, 4);
    sockets[0]?.options.onDatagram(buffer, 2);
    buffer.fill(9);
    expect(arrived.map((bytes) => [...bytes])).to.deep.equal([[1, 2]]);
  });

  it("counts what the socket dropped and what could not be sent", () => {
    const { sockets, drops, net, post } = make();
    sockets[0]?.options.onDrop("OffLink");
    net.errno = ENETDOWN;
    post.send(address("192.0.2.2"), Uint8Array.of(1));
    expect(drops).to.deep.equal(["OffLink", "SendFailed"]);
  });

  it("tries again with back-off to open a socket, says so once, and that it is well again", () => {
    const { clock, log, sockets, drops, net, post } = make({ linkLocal: "" });
    net.refused = EBADF;
    sockets[0]?.options.onError(EBADF);
    expect(sockets[0]?.closed).to.equal(true);
    post.send(address("192.0.2.2"), Uint8Array.of(1));
    expect(drops).to.deep.equal(["SendFailed"]);
    clock.advance(60_000);
    expect(sockets).to.have.length(1);
    expect(log.complaints).to.have.length(1);
    expect(log.lines[0]?.fields).to.include({ interface: "eth0", family: "IPv4", port: 7950 });
    expect(clock.pending).to.equal(1);
    net.refused = undefined;
    clock.advance(5_000);
    expect(sockets).to.have.length(2);
    expect(log.lines.map(({ event }) => event)).to.include("takeover socket opened again");
    post.send(address("192.0.2.2"), Uint8Array.of(2));
    expect(sockets[1]?.sent).to.have.length(1);
  });

  it("says which attempt failed at the start, and waits between attempts at least 50 ms, at most 5 s", () => {
    const clock = new FakeClock();
    const log = new RecordingLog();
    const attempts: number[] = [];
    const self = {
      index: 2,
      name: "eth0",
      mac: MAC,
      macBytes: macToBytes(MAC),
      v4: address("192.0.2.1"),
      linkLocal: undefined,
    };
    new UdpPost({
      self,
      port: 7950,
      open: () => {
        attempts.push(clock.nowMs());
        return err(new SystemError("bind", EBADF));
      },
      onDatagram: () => {},
      onDrop: () => {},
      clock,
      random: seededRandom(1),
      log,
    });
    clock.advance(60_000);
    const waits = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    expect(Math.min(...waits)).to.be.within(50, 100);
    expect(Math.max(...waits)).to.be.within(2500, 5000);
    expect(log.lines[0]?.fields.error).to.match(/^bind failed: EBADF/);
  });

  it("keeps a socket whose interface went down: it works again when that comes up", () => {
    const { clock, log, sockets, post } = make();
    sockets[0]?.options.onError(ENETDOWN);
    clock.advance(60_000);
    expect(sockets[0]?.closed).to.equal(false);
    expect(sockets).to.have.length(2);
    expect(log.lines).to.deep.equal([]);
    post.send(address("192.0.2.2"), Uint8Array.of(1));
    expect(sockets[0]?.sent).to.have.length(1);
  });

  it("leaves one family alone when the other fails", () => {
    const { sockets, net } = make();
    net.refused = EBADF;
    sockets[1]?.options.onError(EBADF);
    expect(sockets.map(({ closed }) => closed)).to.deep.equal([false, true]);
  });

  it("at the end closes all, and tries nothing more", () => {
    const { clock, sockets, net, post } = make();
    net.refused = EBADF;
    sockets[1]?.options.onError(EBADF);
    post.close();
    net.refused = undefined;
    clock.advance(60_000);
    expect(sockets.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(clock.pending).to.equal(0);
  });
});
