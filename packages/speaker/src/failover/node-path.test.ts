import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { encode } from "@fairlead/takeover/messages/codec.ts";
import type { Header } from "@fairlead/takeover/messages/message.ts";
import { testKeys } from "@fairlead/takeover/testing/keys.ts";
import { expect } from "chai";
import { MemorySegment } from "../testing/memory-segment.ts";
import { SegmentNode } from "../testing/segment-node.ts";
import { address, eth, mac, placed } from "../testing/values.ts";
import { NodePath, type NodePathUser } from "./node-path.ts";

const VIP = "192.0.2.100";
const GATEWAY = address("192.0.2.254");
const OWN = address("198.51.100.1");
const HEADER: Header = {
  ...{ path: "Node", sender: 7n, incarnation: 1n, receiverIncarnation: 0n, sequence: 1, interfaceId: 5 },
};

function datagram(changes: Partial<Header> = {}): Uint8Array {
  return encode({ ...HEADER, ...changes }, { type: "Ack", ready: true }, testKeys(1, [1])).slice();
}

function make() {
  const sent: string[] = [];
  const drops: string[] = [];
  let open = 0;
  let deliver: (bytes: Uint8Array) => void = () => {};
  const path = new NodePath({
    address: OWN,
    openPost: (onDatagram) => {
      open++;
      deliver = onDatagram;
      return { send: ({ text }) => sent.push(text), close: () => open-- };
    },
    onDrop: (reason) => drops.push(reason),
  });
  const user = (sender: bigint, interfaceId: number) => {
    const taken: Uint8Array[] = [];
    const one: NodePathUser = {
      isFrom: (from, id) => from === sender && id === interfaceId,
      take: (bytes) => taken.push(bytes),
    };
    return { one, taken };
  };
  return { path, sent, drops, user, isOpen: () => open, arrive: (bytes: Uint8Array) => deliver(bytes) };
}

describe("the node path", () => {
  it("is open while a segment uses it", () => {
    const { path, sent, user, isOpen } = make();
    const [first, second] = [user(7n, 5), user(7n, 6)];
    path.send(OWN, datagram());
    expect([isOpen(), sent]).to.deep.equal([0, []]);
    path.join(first.one);
    path.join(second.one);
    path.leave(first.one);
    expect(isOpen()).to.equal(1);
    path.send(address("198.51.100.2"), datagram());
    path.leave(second.one);
    expect([isOpen(), sent]).to.deep.equal([0, ["198.51.100.2"]]);
  });

  it("brings each message to the segment on which its sender's interface is, and to no other", () => {
    const { path, drops, user, arrive } = make();
    const [first, second] = [user(7n, 5), user(7n, 6)];
    path.join(first.one);
    path.join(second.one);
    arrive(datagram());
    arrive(datagram({ interfaceId: 6 }));
    arrive(datagram({ interfaceId: 8 }));
    arrive(datagram({ sender: 9n }));
    expect([first.taken.length, second.taken.length, drops]).to.deep.equal([
      1,
      1,
      ["OtherSegment", "OtherSegment"],
    ]);
  });

  it("counts what is no message", () => {
    const { path, drops, user, arrive } = make();
    path.join(user(7n, 5).one);
    arrive(Uint8Array.of(1, 2, 3));
    arrive(new Uint8Array(1500));
    expect(drops).to.deep.equal(["TooShort", "TooLong"]);
  });
});

/** Two nodes on a segment that does not carry their own addresses; the first has the address. */
class Pair {
  readonly clock = new FakeClock();
  readonly lan = new MemorySegment(this.clock);
  readonly network = new MemorySegment(this.clock);
  readonly nodes = [1, 2].map((number) => {
    const name = `worker-${number}`;
    const present = [this.present(number)];
    const apart = { network: this.network, address: address(`198.51.100.${number}`) };
    return new SegmentNode({ name, clock: this.clock, lan: this.lan, present, apart });
  });

  constructor() {
    this.lan.host("gateway", GATEWAY, mac("02:00:00:00:00:fe"));
    for (const { segments } of this.nodes) segments.setNodes(this.nodes.map(({ neighbor }) => neighbor));
    const one = placed(VIP, { nodes: ["worker-1", "worker-2"], first: false });
    for (const node of this.nodes) node.place(one);
    this.clock.advance(3000);
    expect(this.holders).to.deep.equal(["worker-1"]);
  }

  present(number: number, changes: object = {}) {
    const of = { mac: mac(`02:00:00:00:00:1${number}`), gateways: [GATEWAY], ...changes };
    return eth("eth1", 3, [`192.0.2.${number}/24`], of);
  }

  get holders(): readonly string[] {
    return this.nodes.filter((node) => node.right(VIP)?.kind === "Own").map(({ name }) => name);
  }

  /** How long it takes until the other node alone has it, in ms. */
  untilMoved(): number {
    for (let ms = 0; ms < 5000; ms++) {
      if (this.holders.join() === "worker-2") return ms;
      this.clock.advance(1);
    }
    throw new Error(`still held by ${this.holders}`);
  }
}

describe("a segment with a node path", () => {
  it("hands over at once what its node holds when the link is lost", () => {
    const pair = new Pair();
    pair.nodes[0]?.setPresent([pair.present(1, { carrier: false })]);
    expect(pair.untilMoved()).to.be.at.most(10);
  });

  it("is given up to a node that sees more of it, though the link is there", () => {
    const pair = new Pair();
    pair.lan.leave("worker-1%3");
    expect(pair.untilMoved()).to.be.within(300, 550);
    expect(pair.nodes[1]?.claims.at(-1)).to.contain("HolderConceded");
  });

  it("says everything by both ways: what is lost on one moves nothing", () => {
    const pair = new Pair();
    for (const { name } of pair.nodes) pair.network.deafen(name, true);
    pair.clock.advance(5000);
    expect(pair.holders).to.deep.equal(["worker-1"]);
    for (const { name } of pair.nodes) pair.network.deafen(name, false);
    for (const { name } of pair.nodes) pair.lan.deafen(`${name}%3`, true);
    pair.clock.advance(5000);
    expect(pair.holders).to.deep.equal(["worker-1"]);
  });

  it("is not there where the interface itself carries the node's own address", () => {
    const clock = new FakeClock();
    const [lan, network] = [new MemorySegment(clock), new MemorySegment(clock)];
    const apart = { network, address: address("192.0.2.1") };
    const node = new SegmentNode({
      ...{ name: "worker-1", clock, lan, apart },
      present: [eth("eth0", 2, ["192.0.2.1/24"])],
    });
    node.place(placed(VIP));
    expect(node.sockets).to.equal(1);
    // It goes elsewhere.
    node.setPresent([eth("eth0", 2, ["192.0.2.9/24"]), eth("eth1", 3, ["192.0.2.1/32"])]);
    expect(node.sockets).to.equal(2);
  });
});
