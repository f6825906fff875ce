import { parseAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { EAGAIN, ECONNREFUSED, ENOBUFS } from "./errno.ts";
import { type Arrival, ScriptedUdp } from "./testing/scripted-udp.ts";
import { type UdpDropReason, UdpSocket } from "./udp-socket.ts";

/** IP_TTL, as the kernel tells it. */
const TTL_255 = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0];
const TTL_254 = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0];
const MSG_TRUNC = 0x20;
const MSG_CTRUNC = 0x08;

describe("UdpSocket", () => {
  let kernel: ScriptedUdp;
  let heard: number[][];
  let drops: UdpDropReason[];
  let errors: number[];
  let buffers: Set<Uint8Array>;
  /** What is done in each callback. */
  let onHeard: (() => void) | undefined;

  beforeEach(() => {
    kernel = new ScriptedUdp();
    heard = [];
    drops = [];
    errors = [];
    buffers = new Set();
    onHeard = undefined;
  });

  it("sets the interface and every option before it takes the port", () => {
    open();
    expect(kernel.calls).to.deep.equal([
      "socket 2 2", // AF_INET, SOCK_DGRAM
      "setsockopt 1 25 = 101,116,104,48", // SOL_SOCKET SO_BINDTODEVICE "eth0"
      "setsockopt 0 2 = 255,0,0,0", // IPPROTO_IP IP_TTL
      "setsockopt 0 12 = 1,0,0,0", // IP_RECVTTL
      "setsockopt 0 10 = 3,0,0,0", // IP_MTU_DISCOVER: IP_PMTUDISC_PROBE
      "setsockopt 0 11 = 0,0,0,0", // IP_RECVERR
      "bind 2,0,31,14,0,0,0,0,0,0,0,0,0,0,0,0", // 0.0.0.0, port 7950
      "poll",
    ]);
  });

  it("sets as much for IPv6", () => {
    open("IPv6");
    expect(kernel.calls).to.deep.equal([
      "socket 10 2", // AF_INET6, SOCK_DGRAM
      "setsockopt 1 25 = 101,116,104,48", // SOL_SOCKET SO_BINDTODEVICE "eth0"
      "setsockopt 41 16 = 255,0,0,0", // IPPROTO_IPV6 IPV6_UNICAST_HOPS
      "setsockopt 41 51 = 1,0,0,0", // IPV6_RECVHOPLIMIT
      "setsockopt 41 26 = 1,0,0,0", // IPV6_V6ONLY
      "setsockopt 41 23 = 3,0,0,0", // IPV6_MTU_DISCOVER: IPV6_PMTUDISC_PROBE
      "setsockopt 41 25 = 0,0,0,0", // IPV6_RECVERR
      "bind 10,0,31,14,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", // ::, port 7950
      "poll",
    ]);
  });

  it("on an address of the machine is bound to no interface, and takes what was routed", () => {
    const { family: _, interfaceName, interfaceIndex, ...rest } = options();
    const opened = UdpSocket.open({ ...rest, address: address("192.0.2.1") });
    expect(kernel.calls).to.deep.equal([
      "socket 2 2",
      "setsockopt 0 10 = 3,0,0,0", // IP_MTU_DISCOVER: IP_PMTUDISC_PROBE
      "setsockopt 0 11 = 0,0,0,0", // IP_RECVERR
      "bind 2,0,31,14,192,0,2,1,0,0,0,0,0,0,0,0",
      "poll",
    ]);
    kernel.arrive([{ data: [7], control: [], flags: 0 }]);
    expect([heard, drops]).to.deep.equal([[[7]], []]);
    kernel.calls.length = 0;
    expect(opened.ok && opened.value.send(address("198.51.100.2"), Uint8Array.of(1))).to.equal(0);
    expect(kernel.calls).to.deep.equal(["send 1 to 2,0,31,14,198,51,100,2,0,0,0,0,0,0,0,0"]);
  });

  for (const [call, operation] of [
    ["socket", "socket"],
    ["setsockopt 1 25", "SO_BINDTODEVICE"],
    ["setsockopt 0 2", "IP_TTL"],
    ["setsockopt 0 12", "IP_RECVTTL"],
    ["setsockopt 0 10", "IP_MTU_DISCOVER"],
    ["setsockopt 0 11", "IP_RECVERR"],
    ["bind", "bind"],
    ["poll", "poll"],
  ] as const) {
    it(`says that ${operation} failed, and leaves nothing open`, () => {
      kernel.failing = call;
      const opened = UdpSocket.open(options());
      expect(opened.ok ? undefined : [opened.error.operation, opened.error.errno]).to.deep.equal([
        operation,
        ENOBUFS,
      ]);
      expect(kernel.closed).to.equal(operation === "socket" ? 0 : 1);
    });
  }

  const arrivals: readonly (readonly [string, Arrival, number[] | UdpDropReason])[] = [
    ["hands over what a neighbor sent", { data: [7, 8], control: TTL_255, flags: 0 }, [7, 8]],
    ["hands over an empty datagram", { data: [], control: TTL_255, flags: 0 }, []],
    ["drops what came through a router", { data: [7], control: TTL_254, flags: 0 }, "OffLink"],
    ["drops what has no TTL told", { data: [7], control: [], flags: 0 }, "OffLink"],
    [
      "drops what has its TTL cut off",
      { data: [7], control: TTL_255.slice(0, 18), flags: MSG_CTRUNC },
      "OffLink",
    ],
    ["drops what is cut off", { data: [7], control: TTL_255, flags: MSG_TRUNC }, "Truncated"],
    ["calls cut off from elsewhere off-link", { data: [7], control: TTL_254, flags: MSG_TRUNC }, "OffLink"],
  ];
  for (const [title, arrival, outcome] of arrivals) {
    it(title, () => {
      open();
      kernel.arrive([{ data: [1, 1, 1], control: TTL_255, flags: 0 }, arrival]);
      expect(typeof outcome === "string" ? drops : heard.slice(1)).to.deep.equal([outcome]);
      expect(heard.length + drops.length).to.equal(2);
    });
  }

  it("hands in the same buffer each time", () => {
    open();
    kernel.arrive([near(1), near(2), near(3)]);
    expect(heard).to.deep.equal([[1], [2], [3]]);
    expect(buffers.size).to.equal(1);
  });

  it("leaves what is more than 64 datagrams to the next wake-up", () => {
    open();
    const many = Array.from({ length: 100 }, (_, i) => near(i));
    kernel.arrive(many);
    expect(heard).to.have.length(64);
    kernel.arrive([]);
    expect(heard).to.have.length(100);
  });

  it("takes drops into that account, too", () => {
    open();
    kernel.arrive(Array.from({ length: 100 }, () => ({ data: [7], control: TTL_254, flags: 0 })));
    expect(drops).to.have.length(64);
  });

  it("reads on past a refused connection, without a word, and not for ever", () => {
    open();
    kernel.arrive([near(1), { errno: ECONNREFUSED }, near(2)]);
    expect(heard).to.deep.equal([[1], [2]]);
    kernel.wakeUp(-ECONNREFUSED);
    kernel.arrive(Array.from({ length: 1000 }, () => ({ errno: ECONNREFUSED })));
    expect(kernel.waiting).to.equal(1000 - 64);
    expect(errors).to.deep.equal([]);
  });

  it("reads what waits behind a refused connection that the poll tells", () => {
    open();
    kernel.queue([near(1)]);
    kernel.wakeUp(-ECONNREFUSED);
    expect(heard).to.deep.equal([[1]]);
  });

  it("tells any other failure, once a wake-up, and reads on at the next", () => {
    open();
    kernel.arrive([{ errno: ENOBUFS }, near(1)]);
    expect(errors).to.deep.equal([ENOBUFS]);
    expect(heard).to.deep.equal([]);
    kernel.wakeUp(-ENOBUFS);
    expect(errors).to.deep.equal([ENOBUFS, ENOBUFS]);
    kernel.arrive([]);
    expect(heard).to.deep.equal([[1]]);
  });

  it("is silent as soon as a callback has closed it", () => {
    const socket = open();
    onHeard = () => socket.close();
    kernel.arrive([near(1), near(2)]);
    expect(heard).to.deep.equal([[1]]);
    expect(kernel.closed).to.equal(1);
  });

  it("closes its descriptor once, however often it is asked to", () => {
    const socket = open();
    socket.close();
    socket.close();
    expect(kernel.closed).to.equal(1);
  });

  it("sends to its own port, a link-local destination on its interface", () => {
    const socket = open("IPv6");
    kernel.calls.length = 0;
    expect(socket.send(address("fe80::2"), Uint8Array.of(1, 2, 3))).to.equal(0);
    expect(kernel.calls).to.deep.equal([
      "send 1,2,3 to 10,0,31,14,0,0,0,0,254,128,0,0,0,0,0,0,0,0,0,0,0,0,0,2,9,0,0,0",
    ]);
  });

  for (const errno of [EAGAIN, ENOBUFS]) {
    it(`returns errno ${errno} when there is no room to send, and tells nothing`, () => {
      const socket = open();
      kernel.failing = "send";
      kernel.failure = errno;
      expect(socket.send(address("192.0.2.2"), Uint8Array.of(1))).to.equal(errno);
      expect(errors).to.deep.equal([]);
    });
  }

  it("knows what the kernel lost, also when it is closed", () => {
    const socket = open();
    kernel.drops = 5;
    expect(socket.kernelDrops).to.equal(5);
    kernel.drops = 7;
    socket.close();
    kernel.drops = 0;
    expect(socket.kernelDrops).to.equal(7);
  });

  function options(family: "IPv4" | "IPv6" = "IPv4") {
    return {
      family,
      interfaceName: "eth0",
      interfaceIndex: 9,
      port: 7950,
      addon: kernel,
      onDatagram: (buffer: Uint8Array, length: number) => {
        buffers.add(buffer);
        heard.push([...buffer.subarray(0, length)]);
        onHeard?.();
      },
      onDrop: (reason: UdpDropReason) => drops.push(reason),
      onError: (errno: number) => errors.push(errno),
    };
  }

  function open(family: "IPv4" | "IPv6" = "IPv4"): UdpSocket {
    const opened = UdpSocket.open(options(family));
    if (!opened.ok) throw opened.error;
    return opened.value;
  }
});

function near(byte: number): Arrival {
  return { data: [byte], control: TTL_255, flags: 0 };
}

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
