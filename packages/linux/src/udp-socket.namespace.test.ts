import { type Family, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { errnoName } from "./errno.ts";
import { Agent } from "./testing/agent.ts";
import { ip, NAMESPACES_UNAVAILABLE, NamespacePair } from "./testing/namespace.ts";

const PORT = 7950;
const LEFT = { IPv4: address("192.0.2.1"), IPv6: address("fe80::1") } as const;
const RIGHT = { IPv4: address("192.0.2.2"), IPv6: address("fe80::2") } as const;
const FAMILIES = ["IPv4", "IPv6"] as const;

describe("UdpSocket, in a network namespace", function () {
  this.timeout(30_000);
  if (NAMESPACES_UNAVAILABLE !== undefined) {
    it.skip(NAMESPACES_UNAVAILABLE);
    return;
  }
  let pair: NamespacePair;
  let left: Agent;
  let right: Agent;

  beforeEach(async () => {
    pair = new NamespacePair("us");
    for (const [namespace, name, addresses] of [
      [pair.left, "left0", LEFT],
      [pair.right, "right0", RIGHT],
    ] as const) {
      ip("-n", namespace, "address", "add", `${addresses.IPv4.text}/24`, "dev", name);
      ip("-n", namespace, "address", "add", `${addresses.IPv6.text}/64`, "dev", name, "nodad");
    }
    [left, right] = await Promise.all([Agent.start(pair.left), Agent.start(pair.right)]);
  });

  afterEach(async () => {
    const errors = [...left.errors, ...right.errors];
    expect(await Promise.all([left.stop(), right.stop()])).to.deep.equal([0, 0]);
    pair.remove();
    expect(errors).to.deep.equal([]);
  });

  for (const family of FAMILIES) {
    describe(`of ${family}`, () => {
      it("carries datagrams both ways, byte for byte, empty and full ones", async () => {
        await bothOpen(family);
        const sent = [bytes(1), bytes(0), bytes(1400)];
        for (const data of sent) {
          expect(await left.ask({ do: "sendUdp", to: RIGHT[family], data, times: 1 })).to.equal(0);
          expect(await right.ask({ do: "sendUdp", to: LEFT[family], data, times: 1 })).to.equal(0);
        }
        await right.until("three datagrams", () => right.datagrams.length === 3);
        await left.until("three datagrams", () => left.datagrams.length === 3);
        expect(right.datagrams).to.deep.equal(sent);
        expect(left.datagrams).to.deep.equal(sent);
        expect([...left.udpDrops, ...right.udpDrops]).to.deep.equal([]);
      });

      it("drops what may have come through a router", async () => {
        await bothOpen(family);
        for (const hops of [64, 254, 255]) {
          const data = Uint8Array.of(hops);
          const interfaceIndex = pair.indexOf(pair.right, "right0");
          const command = {
            do: "sendWithHops",
            to: LEFT[family],
            port: PORT,
            interfaceIndex,
            hops,
            data,
          } as const;
          expect(await right.ask(command)).to.equal(0);
        }
        await left.until("a datagram", () => left.datagrams.length > 0);
        expect(left.datagrams).to.deep.equal([Uint8Array.of(255)]);
        expect(left.udpDrops).to.deep.equal(["OffLink", "OffLink"]);
      });

      it("drops what is longer than its buffer", async () => {
        await bothOpen(family);
        const interfaceIndex = pair.indexOf(pair.right, "right0");
        const long = { do: "sendWithHops", to: LEFT[family], port: PORT, interfaceIndex, hops: 255 } as const;
        expect(await right.ask({ ...long, data: bytes(2049) })).to.equal(0);
        expect(await right.ask({ ...long, data: bytes(2048) })).to.equal(0);
        await left.until("a datagram", () => left.datagrams.length > 0);
        expect(left.datagrams).to.deep.equal([bytes(2048)]);
        expect(left.udpDrops).to.deep.equal(["Truncated"]);
      });

      it("sends no fragments, and what a path is said to let through does not matter", async () => {
        await bothOpen(family);
        const to = RIGHT[family];
        const tooLong = await left.ask({ do: "sendUdp", to, data: bytes(1500), times: 1 });
        expect(errnoName(tooLong)).to.equal("EMSGSIZE");
        ip("-n", pair.left, "route", "add", to.text, "dev", "left0", "mtu", "1300");
        expect(await left.ask({ do: "sendUdp", to, data: bytes(1400), times: 1 })).to.equal(0);
        await right.until("the datagram", () => right.datagrams.length > 0);
        expect(right.datagrams).to.deep.equal([bytes(1400)]);
      });

      it("shares its port on its interface with nobody, and another has it at once when it is closed", async () => {
        expect(await open(left, pair.left, "left0", family)).to.equal(0);
        const other = await Agent.start(pair.left);
        try {
          expect(errnoName(await open(other, pair.left, "left0", family))).to.equal("EADDRINUSE");
          expect(await left.ask({ do: "closeUdp" })).to.equal(0);
          expect(await open(other, pair.left, "left0", family)).to.equal(0);
        } finally {
          expect(await other.stop()).to.equal(0);
        }
      });

      it("does not hear what arrives on another interface", async () => {
        secondLink();
        await bothOpen(family);
        const other = await Agent.start(pair.left);
        try {
          expect(await open(other, pair.left, "left1", family)).to.equal(0);
          // The same address on both links: Linux takes an IPv4 datagram to any of its addresses on any interface.
          const send = { do: "sendWithHops", to: LEFT[family], port: PORT, hops: 255 } as const;
          const [first, second] = ["right0", "right1"].map((name) => pair.indexOf(pair.right, name));
          await right.ask({ ...send, interfaceIndex: first ?? 0, data: Uint8Array.of(0) });
          await left.until("the first", () => left.datagrams.length > 0);
          if (family === "IPv4") ip("-n", pair.right, "route", "add", LEFT.IPv4.text, "dev", "right1");
          await right.ask({ ...send, interfaceIndex: second ?? 0, data: Uint8Array.of(1) });
          await other.until("the second", () => other.datagrams.length > 0);
          expect(left.datagrams).to.deep.equal([Uint8Array.of(0)]);
          expect(other.datagrams).to.deep.equal([Uint8Array.of(1)]);
        } finally {
          expect(await other.stop()).to.equal(0);
        }
      });

      it("sends on its interface, whatever the routes say", async () => {
        secondLink();
        await bothOpen(family);
        ip("-n", pair.left, "route", "add", RIGHT[family].text, "dev", "left1");
        await left.ask({ do: "sendUdp", to: RIGHT[family], data: bytes(7), times: 1 });
        await right.until("the datagram", () => right.datagrams.length > 0);
      });

      it("goes on when the peer's port is closed", async () => {
        expect(await open(left, pair.left, "left0", family)).to.equal(0);
        for (let i = 0; i < 3; i++)
          expect(await left.ask({ do: "sendUdp", to: RIGHT[family], data: bytes(7), times: 1 })).to.equal(0);
        expect(await open(right, pair.right, "right0", family)).to.equal(0);
        await right.ask({ do: "sendUdp", to: LEFT[family], data: bytes(9), times: 1 });
        await left.until("a datagram", () => left.datagrams.length > 0);
        expect(left.datagrams).to.deep.equal([bytes(9)]);
      });

      it("stays open while its interface is down", async () => {
        await bothOpen(family);
        ip("-n", pair.left, "link", "set", "left0", "down");
        const refused = await left.ask({ do: "sendUdp", to: RIGHT[family], data: bytes(7), times: 1 });
        expect(errnoName(refused)).to.be.oneOf(["ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL"]);
        ip("-n", pair.left, "link", "set", "left0", "up");
        if (family === "IPv6") ip("-n", pair.left, "address", "add", "fe80::1/64", "dev", "left0", "nodad");
        // The other end notices the link a moment later, and what it sends before that is lost.
        const send = setInterval(() => {
          void right.ask({ do: "sendUdp", to: LEFT[family], data: bytes(9), times: 1 });
        }, 50);
        await left.until("a datagram", () => left.datagrams.length > 0).finally(() => clearInterval(send));
      });

      it("hears nothing more once it is closed, and closing again is no error", async () => {
        await bothOpen(family);
        expect(await left.ask({ do: "closeUdp" })).to.equal(0);
        expect(await left.ask({ do: "closeUdp" })).to.equal(0);
        await right.ask({ do: "sendUdp", to: LEFT[family], data: bytes(7), times: 3 });
        const refused = await left.ask({ do: "sendUdp", to: RIGHT[family], data: bytes(7), times: 1 });
        expect(errnoName(refused)).to.equal("EBADF");
        expect(left.datagrams).to.deep.equal([]);
      });

      it("counts what the kernel lost while the thread was busy, and still knows when it is closed", async () => {
        await bothOpen(family);
        await left.frozen(() =>
          right.ask({ do: "sendUdp", to: LEFT[family], data: bytes(1400), times: 1000 }),
        );
        const drops = await left.ask({ do: "udpDrops" });
        expect(drops).to.be.greaterThan(0);
        await left.until("the rest", () => left.datagrams.length + drops === 1000);
        await left.ask({ do: "closeUdp" });
        expect(await left.ask({ do: "udpDrops" })).to.equal(drops);
      });
    });
  }

  it("leaves the port to a socket of the other family", async () => {
    expect(await open(left, pair.left, "left0", "IPv6")).to.equal(0);
    const other = await Agent.start(pair.left);
    try {
      expect(await open(other, pair.left, "left0", "IPv4")).to.equal(0);
    } finally {
      expect(await other.stop()).to.equal(0);
    }
  });

  for (const name of ["absent0", "", "left0-but-a-name-too-long"]) {
    it(`does not open on the interface ${JSON.stringify(name)}`, async () => {
      const command = {
        do: "openUdp",
        family: "IPv4",
        interfaceName: name,
        interfaceIndex: 1,
        port: PORT,
      } as const;
      expect(errnoName(await left.ask(command))).to.equal("ENODEV");
    });
  }

  function open(agent: Agent, namespace: string, interfaceName: string, family: Family): Promise<number> {
    const interfaceIndex = pair.indexOf(namespace, interfaceName);
    return agent.ask({ do: "openUdp", family, interfaceName, interfaceIndex, port: PORT });
  }

  async function bothOpen(family: Family): Promise<void> {
    expect(await open(left, pair.left, "left0", family)).to.equal(0);
    expect(await open(right, pair.right, "right0", family)).to.equal(0);
  }

  /** A second link between the same namespaces, `left1` and `right1`, with the IPv6 addresses of the first. */
  function secondLink(): void {
    const peer = ["peer", "name", "right1", "netns", pair.right];
    ip("-n", pair.left, "link", "add", "left1", "type", "veth", ...peer);
    ip("-n", pair.left, "address", "add", `${LEFT.IPv6.text}/64`, "dev", "left1", "nodad");
    ip("-n", pair.right, "address", "add", `${RIGHT.IPv6.text}/64`, "dev", "right1", "nodad");
    ip("-n", pair.left, "link", "set", "left1", "up");
    ip("-n", pair.right, "link", "set", "right1", "up");
  }
});

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i & 0xff);
}

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
