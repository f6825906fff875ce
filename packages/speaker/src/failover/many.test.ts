import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { MemorySegment } from "../testing/memory-segment.ts";
import { SegmentNode } from "../testing/segment-node.ts";
import { address, eth, mac, placed } from "../testing/values.ts";

const MANY = 310;
/** In one message. */
const MOST = 31;
const VIPS = Array.from({ length: MANY }, (_, i) => `10.0.${1 + (i >> 8)}.${i & 255}`);

/** Three nodes, the first of which announces many addresses. */
function make() {
  const clock = new FakeClock();
  const lan = new MemorySegment(clock);
  const gateway = address("10.0.255.254");
  lan.host("gateway", gateway, mac("02:00:00:00:00:fe"));
  const node = (name: string, last: number): SegmentNode =>
    new SegmentNode({
      name,
      clock,
      lan,
      present: [eth("eth0", last, [`10.0.0.${last}/16`], { gateways: [gateway] })],
    });
  const [a, b, c] = [node("a", 2), node("b", 3), node("c", 4)];
  const all = [a, b, c];
  for (const { segments } of all) segments.setNodes(all.map(({ neighbor }) => neighbor));
  const place = (epoch: number, nodes: readonly string[], on: readonly SegmentNode[], vips = VIPS): void => {
    for (const one of on) one.place(...vips.map((vip) => placed(vip, { epoch, nodes, first: false })));
  };
  place(1, ["a", "b", "c"], all);
  clock.advance(1000);
  expect(owned(a)).to.equal(MANY);
  const sent = (run: () => void): number => {
    const before = lan.datagrams;
    run();
    return lan.datagrams - before;
  };
  return { clock, lan, a, b, c, place, sent };
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
});
