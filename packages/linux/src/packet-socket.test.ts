import { type Mac, macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import {
  accept,
  assemble,
  type BpfInstruction,
  drop,
  Fact,
  jumpIf,
  jumpUnless,
  label,
  loadFact,
  loadU16,
} from "./bpf.ts";
import { ENETDOWN, ENODEV } from "./errno.ts";
import { ETH_P_ALL, PacketType } from "./sockaddr.ts";
import { Agent } from "./testing/agent.ts";
import { ip, NAMESPACES_UNAVAILABLE, NamespacePair } from "./testing/namespace.ts";

/** EtherTypes for local experiments (IEEE 802): nothing else on the link speaks them. */
const WANTED = 0x88b5;
const UNWANTED = 0x88b6;
const BROADCAST = "ff:ff:ff:ff:ff:ff" as Mac;
const GROUP = "33:33:ff:00:00:01" as Mac;

describe("PacketSocket", function () {
  this.timeout(30_000);
  if (NAMESPACES_UNAVAILABLE !== undefined) {
    it.skip(NAMESPACES_UNAVAILABLE);
    return;
  }
  let pair: NamespacePair;
  let left: Agent;
  let right: Agent;
  let leftIndex = 0;
  let rightIndex = 0;

  beforeEach(async () => {
    pair = new NamespacePair("ps");
    leftIndex = pair.indexOf(pair.left, "left0");
    rightIndex = pair.indexOf(pair.right, "right0");
    [left, right] = await Promise.all([Agent.start(pair.left), Agent.start(pair.right)]);
    expect(await right.ask(opening(rightIndex, WANTED))).to.equal(0);
  });

  afterEach(async () => {
    expect(await Promise.all([left.stop(), right.stop()])).to.deep.equal([0, 0]);
    pair.remove();
  });

  it("receives the frames of its EtherType, byte for byte, with whom they were sent to", async () => {
    expect(await left.ask(opening(leftIndex, WANTED))).to.equal(0);
    const sent = [
      frameTo(BROADCAST, WANTED, 46),
      frameTo(GROUP, WANTED, 100),
      frameTo(macOf(pair.left, "left0"), WANTED, 1486),
    ];
    for (const frame of sent) expect(await right.ask({ do: "send", frame, times: 1 })).to.equal(0);
    await left.until("three frames", () => left.frames.length === 3);
    expect(left.frames.map(({ frame }) => frame)).to.deep.equal(sent);
    expect(left.frames.map(({ packetType }) => packetType)).to.deep.equal([
      PacketType.broadcast,
      PacketType.multicast,
      PacketType.host,
    ]);
    expect(await left.ask({ do: "frames" })).to.equal(3);
  });

  it("hears neither another EtherType nor what it sent itself", async () => {
    expect(await left.ask(opening(leftIndex, WANTED))).to.equal(0);
    await left.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 3 });
    await right.until("the other end hears them", () => right.frames.length === 3);
    await right.ask({ do: "send", frame: frameTo(BROADCAST, UNWANTED), times: 3 });
    await right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED, 99), times: 1 });
    await left.until("the marked frame", () => left.frames.length > 0);
    expect(left.frames.map(({ frame }) => frame.length)).to.deep.equal([14 + 99]);
  });

  it("hears nothing that it sent on a socket for all EtherTypes either", async () => {
    expect(await left.ask(opening(leftIndex, ETH_P_ALL, only(WANTED)))).to.equal(0);
    await left.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 3 });
    await right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED, 99), times: 1 });
    await left.until("the marked frame", () => left.frames.length > 0);
    expect(left.frames.map(({ frame }) => frame.length)).to.deep.equal([14 + 99]);
  });

  describe("hears a frame of a VLAN that no interface here takes without its tag, and its filter can tell", () => {
    const plain = frameTo(BROADCAST, WANTED);
    // IEEE 802.1Q: a tag of 0x8100 and the VLAN's number stands before the EtherType.
    const tagged = Uint8Array.of(...plain.subarray(0, 12), 0x81, 0x00, 0x00, 0x64, ...plain.subarray(12));

    async function heard(protocol: number, filter: readonly BpfInstruction[]): Promise<readonly number[]> {
      expect(await left.ask(opening(leftIndex, protocol, filter))).to.equal(0);
      await right.ask({ do: "send", frame: tagged, times: 1 });
      await right.ask({ do: "send", frame: plain, times: 1 });
      await left.until("the plain frame", () =>
        left.frames.some(({ packetType }) => packetType === PacketType.broadcast),
      );
      for (const { frame } of left.frames) expect(frame).to.deep.equal(plain);
      return left.frames.map(({ packetType }) => packetType);
    }

    it("by the packet type on a socket for one EtherType", async () => {
      expect(await heard(WANTED, assemble([accept()]))).to.deep.equal([
        PacketType.otherHost,
        PacketType.broadcast,
      ]);
      left.frames.length = 0;
      await left.ask({ do: "close" });
      const filter = assemble([
        loadFact(Fact.packetType),
        jumpIf("==", PacketType.otherHost, "drop"),
        accept(),
        label("drop"),
        drop(),
      ]);
      expect(await heard(WANTED, filter)).to.deep.equal([PacketType.broadcast]);
    });

    it("by the tag kept beside it on a socket for all EtherTypes", async () => {
      const filter = assemble([
        loadU16(12),
        jumpUnless("==", WANTED, "drop"),
        loadFact(Fact.vlanTagPresent),
        jumpIf("==", 1, "drop"),
        accept(),
        label("drop"),
        drop(),
      ]);
      expect(await heard(ETH_P_ALL, filter)).to.deep.equal([PacketType.broadcast]);
    });
  });

  it("lets nothing past its filter, not even while it is being opened", async () => {
    const flood = right.ask({ do: "send", frame: frameTo(BROADCAST, UNWANTED), times: 200_000 });
    let flooding = true;
    void flood.then(() => {
      flooding = false;
    });
    let opened = 0;
    while (flooding) {
      expect(await left.ask(opening(leftIndex, ETH_P_ALL, only(WANTED)))).to.equal(0);
      await left.ask({ do: "close" });
      opened++;
    }
    await flood;
    expect(opened).to.be.greaterThan(5);
    expect(left.frames).to.deep.equal([]);
  });

  it("replaces its filter while it runs", async () => {
    await left.ask(opening(leftIndex, ETH_P_ALL, only(UNWANTED)));
    expect(await left.ask({ do: "setFilter", filter: only(WANTED) })).to.equal(0);
    await right.ask({ do: "send", frame: frameTo(BROADCAST, UNWANTED), times: 1 });
    await right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 1 });
    await left.until("a frame", () => left.frames.length > 0);
    expect(left.frames.map(({ frame }) => frame)).to.deep.equal([frameTo(BROADCAST, WANTED)]);
  });

  it("puts a multicast MAC into the interface's receive list, counting joins", async () => {
    await left.ask(opening(leftIndex, WANTED));
    const listed = (): boolean => ip("-n", pair.left, "maddress", "show", "dev", "left0").includes(GROUP);
    for (const step of ["join", "join", "leave"] as const) {
      expect(await left.ask({ do: step, mac: GROUP })).to.equal(0);
      expect(listed(), step).to.equal(true);
    }
    expect(await left.ask({ do: "leave", mac: GROUP })).to.equal(0);
    expect(listed(), "after the last leave").to.equal(false);
  });

  it("says that its interface went down and receives again once it is up", async () => {
    await left.ask(opening(leftIndex, WANTED));
    ip("-n", pair.left, "link", "set", "left0", "down");
    await left.until("the error", () => left.errors.length > 0);
    expect(left.errors).to.deep.equal([ENETDOWN]);
    expect(await left.ask({ do: "lastError" })).to.equal(ENETDOWN);
    expect(await left.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 1 })).to.equal(ENETDOWN);
    ip("-n", pair.left, "link", "set", "left0", "up");
    // The other end notices the link a moment later, and what it sends before that is lost.
    const send = setInterval(() => {
      void right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 1 });
    }, 50);
    await left.until("a frame", () => left.frames.length > 0).finally(() => clearInterval(send));
  });

  it("opens on an interface that is down, and says so", async () => {
    ip("-n", pair.left, "link", "set", "left0", "down");
    expect(await left.ask(opening(leftIndex, WANTED))).to.equal(0);
    await left.until("the error", () => left.errors.length > 0);
    expect(left.errors).to.deep.equal([ENETDOWN]);
    ip("-n", pair.left, "link", "set", "left0", "up");
    await right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED), times: 1 });
    await left.until("a frame", () => left.frames.length > 0);
  });

  it("says so when its interface is removed, and closes all the same", async () => {
    await left.ask(opening(leftIndex, WANTED));
    ip("-n", pair.left, "link", "delete", "left0");
    await left.until("the error", () => left.errors.length > 0);
    expect(left.errors[0]).to.equal(ENETDOWN);
    expect(await left.ask({ do: "close" })).to.equal(0);
  });

  it("names the reason when the interface does not exist", async () => {
    expect(await left.ask(opening(4242, WANTED))).to.equal(ENODEV);
  });

  it("counts the frames that the kernel dropped while the thread was busy", async () => {
    await left.ask(opening(leftIndex, WANTED));
    await left.frozen(() => right.ask({ do: "send", frame: frameTo(BROADCAST, WANTED, 1400), times: 3000 }));
    const drops = await left.ask({ do: "drops" });
    expect(drops).to.be.greaterThan(0);
    await left.until("the rest", () => left.frames.length + drops === 3000);
    expect(await left.ask({ do: "drops" })).to.equal(drops);
  });
});

function opening(interfaceIndex: number, protocol: number, filter = assemble([accept()])) {
  return { do: "open", interfaceIndex, protocol, filter } as const;
}

function only(etherType: number): readonly BpfInstruction[] {
  return assemble([loadU16(12), jumpUnless("==", etherType, "drop"), accept(), label("drop"), drop()]);
}

/** Destination, a source of no importance, EtherType, payload. */
function frameTo(to: Mac, etherType: number, payload = 46): Uint8Array {
  const frame = new Uint8Array(14 + payload);
  frame.set(macToBytes(to));
  frame.set([0x02, 0, 0, 0, 0, 0x99, etherType >> 8, etherType & 0xff], 6);
  for (let i = 14; i < frame.length; i++) frame[i] = i & 0xff;
  return frame;
}

function macOf(namespace: string, name: string): Mac {
  return /link\/ether (\S+)/.exec(ip("-n", namespace, "link", "show", name))?.[1] as Mac;
}
