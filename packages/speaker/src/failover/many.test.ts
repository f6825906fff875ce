import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { MemorySegment } from "../testing/memory-segment.ts";
import { SegmentNode, type SegmentNodeOptions } from "../testing/segment-node.ts";
import { address, eth, mac, placed } from "../testing/values.ts";

const MANY = 310;
/** In one message. */
const MOST = 31;
const VIPS = vips(MANY);
/** More than are claimed, or asked about, at once. */
const MORE = 700;

function vips(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `10.0.${1 + (i >> 8)}.${i & 255}`);
}

/** Three nodes, the first of which announces many addresses. */
function make(count = MANY) {
  const clock = new FakeClock();
  const lan = new MemorySegment(clock);
  const gateway = address("10.0.255.254");
  lan.host("gateway", gateway, mac("02:00:00:00:00:fe"));
  const node = (name: string, last: number, memories?: SegmentNodeOptions["memories"]): SegmentNode =>
    new SegmentNode({
      name,
      clock,
      lan,
      ...(memories !== undefined && { memories }),
      present: [eth("eth0", last, [`10.0.0.${last}/16`], { gateways: [gateway] })],
    });
  const [a, b, c] = [node("a", 2), node("b", 3), node("c", 4)];
  const all = [a, b, c];
  for (const { segments } of all) segments.setNodes(all.map(({ neighbor }) => neighbor));
  const place = (epoch: number, nodes: readonly string[], on: readonly SegmentNode[], some = VIPS): void => {
    for (const one of on) one.place(...some.map((vip) => placed(vip, { epoch, nodes, first: false })));
  };
  place(1, ["a", "b", "c"], all, vips(count));
  clock.advance(1500);
  expect(owned(a)).to.equal(count);
  const sent = (run: () => void): number => {
    const before = lan.datagrams;
    run();
    return lan.datagrams - before;
  };
  /** The process of the first ends, and its kernel lives; `start` begins another with what it kept. */
  const restart = () => {
    const memories = new Map([...a.memories].map(([on, kept]) => [on, [...kept.values()]]));
    a.segments.stop();
    return (): SegmentNode => {
      const again = node("a", 2, memories);
      again.segments.setNodes(all.map(({ neighbor }) => neighbor));
      place(1, ["a", "b", "c"], [again], vips(count));
      return again;
    };
  };
  return { clock, lan, a, b, c, place, sent, restart };
}

function owned({ rights }: SegmentNode): number {
  return [...rights.values()].filter(({ kind }) => kind === "Own").length;
}

describe("many addresses on one segment", () => {
  it("cost a few messages when the controller decides anew about all of them at once", () => {
    const { clock, a, place, sent } = make();
    const datagrams = sent(() => {
      place(2, ["a", "c", "b"], [a]);
      clock.advance(5);
    });
    // CLAIM and its acknowledgment of two nodes, by pages, and a few heartbeats.
    expect(datagrams).to.be.within(2, (4 * MANY) / MOST + 20);
  });

  it("are not all said again to a dead node with each that is decided anew", () => {
    const { clock, a, b, c, place, sent } = make();
    a.die();
    clock.advance(2000);
    expect(owned(b)).to.equal(MANY);
    const adopted = VIPS.slice(0, 100);
    const datagrams = sent(() => {
      for (const vip of adopted) {
        place(2, ["b", "c", "a"], [b, c], [vip]);
        clock.advance(5);
      }
    });
    expect(datagrams).to.be.below(adopted.length * 12);
    clock.advance(1000);
    expect([owned(b), owned(c)]).to.deep.equal([MANY, 0]);
  });

  it("are yielded and let go of in few messages", () => {
    const { clock, a, b, c, place, sent } = make();
    place(2, ["c", "a", "b"], [a, b, c]);
    const yielded = sent(() => clock.advance(300));
    expect([owned(a), owned(c)]).to.deep.equal([0, MANY]);
    // Questions, claims and yields by pages; with messages for each address it would be twice that.
    expect(yielded).to.be.below((90 * MANY) / MOST);
    const removed = sent(() => {
      c.remove(...VIPS.map(address));
      clock.advance(5);
    });
    expect([owned(c), removed]).to.deep.equal([0, 4]);
  });

  it("of a dead node are taken over some hundred at a time, by one node", () => {
    const { clock, a, b, c } = make(MORE);
    b.changed.splice(0);
    a.die();
    clock.advance(1000);
    expect(b.changed).to.deep.equal([MOST * 10, MOST * 10, MORE - MOST * 20]);
    expect([owned(b), c.done.filter((what) => what.startsWith("own "))]).to.deep.equal([MORE, []]);
  });

  it("of several lists are taken over one lot after the other, with a turn for sockets and timers in between", () => {
    const { clock, a, b, c, place } = make(MORE);
    // Another list with the same stand-in in front.
    place(2, ["a", "b"], [a, b, c], vips(MORE).slice(0, MORE / 2));
    clock.advance(2000);
    b.changed.splice(0);
    const lots: number[] = [];
    let before = 0;
    const turn = (left: number): void => {
      lots.push(b.changed.length - before);
      before = b.changed.length;
      if (left > 0) clock.after(0, () => turn(left - 1));
    };
    a.die();
    for (let ms = 0; ms < 1000; ms++) {
      clock.after(1, () => turn(20));
      clock.advance(1);
    }
    expect(owned(b)).to.equal(MORE);
    expect(b.changed.length).to.equal(4);
    expect(Math.max(...lots)).to.equal(1);
  });

  it("of a speaker that does not come back are taken over some hundred at a time, by one node", () => {
    const { clock, b, c, restart } = make(MORE);
    restart();
    clock.advance(29_000);
    b.changed.splice(0);
    clock.advance(3000);
    expect(b.changed).to.deep.equal([MOST * 10, MOST * 10, MORE - MOST * 20]);
    expect([owned(b), owned(c)]).to.deep.equal([MORE, 0]);
  });

  it("are answered for in the place of a speaker that restarts until it has asked about all of them, not at once", () => {
    const { clock, b, c, sent, restart } = make(MORE);
    const start = restart();
    clock.advance(1000);
    const caretaken = (): number =>
      [...b.rights.keys()].filter((key) =>
        [b, c].some(({ rights }) => rights.get(key)?.kind === "Caretaking"),
      ).length;
    expect(caretaken()).to.equal(MORE);
    // Two who answer tell the two others 300 addresses a second each.
    expect(sent(() => clock.advance(4000))).to.be.within(4 * 4 * 20, 4 * 4 * 21);
    const a = start();
    const asked: number[] = [];
    const known = sent(() => {
      for (let at = 0; owned(a) < MORE && at < 5000; at++) {
        const before = a.done.length;
        clock.advance(1);
        asked.push(a.done.slice(before).filter((what) => what.startsWith("Probe ")).length);
        expect(owned(a) === MORE || caretaken() === MORE, `${at} ms after the start`).to.equal(true);
      }
    });
    expect(owned(a)).to.equal(MORE);
    const inTenth = asked.map((_, at) => asked.slice(at, at + 100).reduce((sum, one) => sum + one, 0));
    // Each three times.
    expect(Math.max(...inTenth)).to.be.at.most(3 * 8 * MOST);
    expect(asked.length, "ms until all are resumed").to.be.below(1000);
    expect(known).to.be.below(600);
    clock.advance(300);
    expect([caretaken(), b.claims.length + c.claims.length]).to.deep.equal([0, 0]);
  });
});
