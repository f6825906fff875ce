import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import { MemorySegment } from "../testing/memory-segment.ts";
import { SegmentNode, type SegmentNodeOptions } from "../testing/segment-node.ts";
import { address, eth, mac, placed } from "../testing/values.ts";

const VIP = "192.0.2.100";
const GATEWAY = address("192.0.2.254");
const MACS = { one: "02:00:00:00:00:11", two: "02:00:00:00:00:12" };
const PLACED = placed(VIP, { nodes: ["worker-1", "worker-2"], first: false });

/** Two nodes, the first of which owns the address, and a gateway. */
class Pair {
  readonly clock = new FakeClock();
  readonly lan = new MemorySegment(this.clock);
  readonly one: SegmentNode;
  readonly two: SegmentNode;
  /** The fewest and most who answered for the address at once since the last look. */
  #least = Number.POSITIVE_INFINITY;
  #most = 0;

  constructor(options: Partial<SegmentNodeOptions> = {}) {
    this.lan.host("gateway", GATEWAY, mac("02:00:00:00:00:fe"));
    this.one = this.start("worker-1", options);
    this.two = this.start("worker-2", options);
    this.meet(this.one, this.two);
  }

  start(name: "worker-1" | "worker-2", options: Partial<SegmentNodeOptions> = {}): SegmentNode {
    const [own, text] = name === "worker-1" ? [MACS.one, "192.0.2.1/24"] : [MACS.two, "192.0.2.2/24"];
    const present = [eth("eth0", 2, [text], { mac: mac(own), gateways: [GATEWAY] })];
    return new SegmentNode({ name, clock: this.clock, lan: this.lan, present, ...options });
  }

  meet(...nodes: readonly SegmentNode[]): void {
    for (const node of nodes) node.segments.setNodes([this.one.neighbor, this.two.neighbor]);
  }

  place(one: PlacedAddress = PLACED): void {
    this.one.place(one);
    this.two.place(one);
  }

  /** The owner announces, and the other stands in. */
  static settled(options: Partial<SegmentNodeOptions> = {}): Pair {
    const pair = new Pair(options);
    pair.place();
    pair.pass(3000);
    expect(pair.one.right(VIP)).to.deep.equal({ kind: "Own" });
    expect(pair.two.right(VIP)).to.equal(undefined);
    return pair;
  }

  pass(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.clock.advance(1);
      const { length } = this.lan.answerers(address(VIP));
      this.#least = Math.min(this.#least, length);
      this.#most = Math.max(this.#most, length);
    }
  }

  answerersSince(): { readonly least: number; readonly most: number } {
    const since = { least: this.#least, most: this.#most };
    this.#least = Number.POSITIVE_INFINITY;
    this.#most = 0;
    return since;
  }

  /** How long it takes until this holds, in ms. */
  until(holds: () => boolean, mostMs = 5000): number {
    for (let ms = 0; ms <= mostMs; ms++) {
      if (holds()) return ms;
      this.pass(1);
    }
    throw new Error(`not within ${mostMs} ms`);
  }
}

describe("two speakers on one segment", () => {
  it("the owner announces after it has learned and asked, and the stand-in keeps silent", () => {
    const pair = new Pair();
    pair.place();
    const tookMs = pair.until(() => pair.one.right(VIP)?.kind === "Own");
    expect(tookMs).to.be.within(400, 420);
    expect(pair.one.claims).to.deep.equal([`${VIP} on eth0: 1.0 firm #0, Placed`]);
    pair.pass(10_000);
    expect(pair.two.done.filter((what) => what.startsWith("own"))).to.deep.equal([]);
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([MACS.one]);
  });

  it("the owner learns before it announces though it knows of a node that is on no segment of its own", () => {
    const pair = new Pair();
    const present = [eth("eth0", 2, ["198.51.100.3/24"], { mac: mac("02:00:00:00:00:13") })];
    const lan = new MemorySegment(pair.clock);
    const elsewhere = new SegmentNode({ name: "worker-3", clock: pair.clock, lan, present }).neighbor;
    pair.one.segments.setNodes([pair.one.neighbor, pair.two.neighbor, elsewhere]);
    pair.pass(10);
    pair.place();
    expect(pair.until(() => pair.one.right(VIP)?.kind === "Own")).to.be.within(400, 420);
  });

  it("asks longer before the very first announcement", () => {
    const pair = new Pair();
    pair.place({ ...PLACED, first: true });
    const tookMs = pair.until(() => pair.one.right(VIP)?.kind === "Own");
    expect(tookMs).to.be.within(900, 920);
  });

  it("does not announce for the first time what a stranger answers for, and says so", () => {
    const pair = new Pair();
    pair.lan.host("printer", address(VIP), mac("02:00:00:00:00:66"));
    pair.place({ ...PLACED, first: true });
    pair.pass(5000);
    expect(pair.one.right(VIP)).to.equal(undefined);
    expect(pair.one.reports.map(({ type }) => type)).to.include("Conflict");
    pair.lan.leave("printer");
    pair.until(() => pair.one.right(VIP)?.kind === "Own");
  });

  it("the stand-in claims within half a second when the owner's node dies", () => {
    const pair = Pair.settled();
    pair.one.die();
    const tookMs = pair.until(() => pair.two.right(VIP)?.kind === "Own");
    expect(tookMs).to.be.within(350, 550);
    expect(pair.two.claims).to.deep.equal([`${VIP} on eth0: 1.1 firm #1, HolderDead`]);
  });

  it("the old owner that comes back does not take it back: nobody decided that", () => {
    const pair = Pair.settled();
    pair.one.die();
    pair.pass(2000);
    const back = pair.start("worker-1", { memories: listsOf(pair.one) });
    pair.meet(back);
    back.place(PLACED);
    pair.pass(10_000);
    expect(back.right(VIP)).to.equal(undefined);
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([MACS.two]);
    // Until the controller does.
    back.place({ ...PLACED, epoch: 2 });
    pair.two.place({ ...PLACED, epoch: 2 });
    pair.pass(2000);
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([MACS.one]);
    expect(pair.two.claims.at(-1)).to.equal(`${VIP} on eth0: none, HigherClaim`);
  });

  it("a process that is restarted is stood in for with its MAC, and goes on under the same claim", () => {
    const pair = Pair.settled();
    pair.one.segments.restarting();
    pair.pass(45);
    pair.one.segments.stop();
    const tookMs = pair.until(() => pair.two.right(VIP)?.kind === "Caretaking");
    expect(tookMs).to.be.lessThan(350);
    expect(pair.two.right(VIP)).to.deep.equal({ kind: "Caretaking", mac: MACS.one });
    pair.pass(5000);
    const back = pair.start("worker-1", { memories: listsOf(pair.one) });
    pair.meet(back);
    back.place(PLACED);
    pair.until(() => back.right(VIP)?.kind === "Own");
    pair.until(() => pair.two.right(VIP) === undefined);
    pair.pass(5000);
    expect(back.claims).to.deep.equal([`${VIP} on eth0: 1.0 firm #0, Resumed`]);
    expect(pair.two.claims, "nothing moved").to.deep.equal([]);
  });

  it("a stand-in that ends ceases to answer in the place of a dead speaker", () => {
    const pair = Pair.settled();
    pair.one.segments.stop();
    pair.until(() => pair.two.right(VIP)?.kind === "Caretaking");
    pair.two.segments.stop();
    expect(pair.two.right(VIP)).to.equal(undefined);
  });

  it("a speaker that stays dead is covered for half a minute, then its address moves, without a gap", () => {
    const pair = Pair.settled();
    pair.one.segments.stop();
    pair.until(() => pair.two.right(VIP)?.kind === "Caretaking");
    let gaps = 0;
    const tookMs = pair.until(() => {
      if (pair.two.right(VIP) === undefined) gaps++;
      return pair.two.right(VIP)?.kind === "Own";
    }, 40_000);
    expect(tookMs).to.be.within(29_000, 32_000);
    pair.pass(5000);
    expect(pair.two.claims).to.deep.equal([`${VIP} on eth0: 1.1 firm #1, SpeakerDead`]);
    expect(gaps).to.equal(0);
    expect(pair.two.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("a dead node whose own address another node has taken is dead, not only its speaker", () => {
    const pair = Pair.settled();
    pair.one.die();
    const own = address("192.0.2.1");
    const third = mac("02:00:00:00:00:13");
    const other = { ...pair.one.neighbor, name: "worker-3" };
    const [port] = other.interfaces;
    if (port === undefined) throw new Error("no interface");
    const worker3 = { name: "worker-3", interfaces: [{ ...port, mac: third }] };
    pair.two.segments.setNodes([pair.one.neighbor, pair.two.neighbor, worker3]);
    pair.lan.host("worker-3", own, third);
    pair.until(() => pair.two.right(VIP) !== undefined, 600);
    expect(pair.two.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("a dead speaker is not stood in for with its MAC where that is switched off", () => {
    const pair = Pair.settled({ caretake: false });
    pair.one.segments.stop();
    pair.until(() => pair.two.right(VIP)?.kind === "Own");
    expect(pair.two.done.filter((what) => what.startsWith("as "))).to.deep.equal([]);
  });

  it("a node that leaves hands over, and at no time does nobody answer", () => {
    const pair = Pair.settled();
    pair.answerersSince();
    let done = false;
    pair.one.segments.drain(() => {
      done = true;
    });
    const tookMs = pair.until(() => done);
    expect(tookMs).to.be.lessThan(300);
    pair.one.segments.stop();
    pair.pass(2000);
    expect(pair.answerersSince()).to.deep.equal({ least: 1, most: 2 });
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([MACS.two]);
    expect(pair.one.claims.at(-1)).to.equal(`${VIP} on eth0: none, HigherClaim`);
  });

  it("an interface on which no frames can be read any more is left to others, and nothing taken over on it", () => {
    const pair = Pair.settled();
    pair.one.segments.setReadable(2, false);
    pair.until(() => pair.two.right(VIP)?.kind === "Own", 200);
    pair.until(() => pair.one.right(VIP) === undefined, 200);
    pair.two.die();
    pair.pass(10_000);
    expect(pair.one.right(VIP)).to.equal(undefined);
    pair.one.segments.setReadable(2, true);
    pair.until(() => pair.one.right(VIP)?.kind === "Own");
  });

  it("a node that nobody can relieve leaves after 2 s", () => {
    const pair = new Pair();
    pair.two.die();
    pair.one.place(PLACED);
    pair.until(() => pair.one.right(VIP)?.kind === "Own");
    let done = false;
    pair.one.segments.drain(() => {
      done = true;
    });
    expect(pair.until(() => done)).to.be.within(1990, 2100);
  });

  it("moves to where the controller decides, the new owner first", () => {
    const pair = Pair.settled();
    pair.answerersSince();
    pair.place({ ...PLACED, epoch: 2, nodes: ["worker-2", "worker-1"] });
    pair.until(() => pair.two.right(VIP)?.kind === "Own" && pair.one.right(VIP) === undefined);
    pair.pass(2000);
    expect(pair.answerersSince().least).to.equal(1);
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([MACS.two]);
  });

  it("lets go of what is placed nowhere any more", () => {
    const pair = Pair.settled();
    pair.one.remove(address(VIP));
    pair.two.remove(address(VIP));
    pair.pass(5000);
    expect(pair.lan.answerers(address(VIP))).to.deep.equal([]);
    expect(pair.one.claims.at(-1)).to.equal(`${VIP} on eth0: none, Removed`);
  });

  it("nobody claims what the controller does not name any more, whoever hears of that first", () => {
    const pair = Pair.settled();
    pair.two.remove(address(VIP));
    pair.pass(1000);
    pair.one.remove(address(VIP));
    pair.pass(10_000);
    expect(pair.two.claims).to.deep.equal([]);
    // The address is given out again, by a new object whose epochs begin anew.
    pair.one.place({ ...PLACED, nodes: ["worker-1"] });
    pair.pass(1000);
    expect(pair.one.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("without keys sends nothing, and the owner announces all the same", () => {
    const pair = new Pair({ keys: undefined });
    pair.place();
    pair.pass(10_000);
    expect(pair.one.right(VIP)).to.deep.equal({ kind: "Own" });
    expect(pair.two.right(VIP), "the owner is seen to answer").to.equal(undefined);
    expect(pair.lan.datagrams).to.equal(0);
    expect(pair.one.drops).to.include("NoKey");
  });

  it("believes nobody who signs with another key", () => {
    const pair = new Pair();
    const { keys } = pair.two;
    keys.set({
      signing: { id: 1, bytes: new Uint8Array(32) },
      accepted: [{ id: 1, bytes: new Uint8Array(32) }],
    });
    pair.place();
    pair.pass(2000);
    expect(new Set(pair.one.drops)).to.deep.equal(new Set(["WrongTag"]));
    expect(pair.one.right(VIP)).to.deep.equal({ kind: "Own" });
  });

  it("reports an owner that answers on the wire and whose heartbeats do not arrive, and leaves it the address", () => {
    const pair = Pair.settled();
    pair.lan.deafen("worker-2%2", true);
    pair.pass(5000);
    expect(pair.two.reports.map(({ type }) => type)).to.include("HeartbeatPath");
    expect([...pair.two.reported]).to.deep.equal(["worker-1"]);
    expect(pair.two.right(VIP)).to.equal(undefined);
  });
});

function listsOf({ memories }: SegmentNode): SegmentNodeOptions["memories"] & object {
  return new Map([...memories].map(([name, known]) => [name, [...known.values()]]));
}
