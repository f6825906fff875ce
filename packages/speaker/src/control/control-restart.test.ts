import { expect } from "chai";
import { ControlBench, NOBODY, VIPS } from "../testing/control-bench.ts";
import { key } from "../testing/values.ts";
import { type Known, NOTHING_KNOWN } from "./cache.ts";

describe("Control from one process to the next", () => {
  it("remembers all that the next process needs, and forgets what is gone", async () => {
    const bench = new ControlBench();
    bench.secret(key(3));
    bench.place("192.0.2.7");
    bench.place("192.0.2.8");
    await bench.start();
    const known = bench.cached?.() ?? NOTHING_KNOWN;
    expect(known.placed.map((one) => one.address.text)).to.have.members(["192.0.2.7", "192.0.2.8"]);
    expect(known.nodes.map(({ name }) => name)).to.deep.equal(["worker-1"]);
    expect(known.keys?.signing.id).to.equal(3);
    expect(known.memories.map(({ memory }) => [memory.address.text, memory.top?.epoch])).to.have.deep.members(
      [
        ["192.0.2.7", 1],
        ["192.0.2.8", 1],
      ],
    );
    bench.cached = undefined;
    bench.api.remove(VIPS, "192.0.2.8");
    await bench.pass(100);
    const later = (bench.cached as (() => Known) | undefined)?.() ?? NOTHING_KNOWN;
    expect(later.placed.map((one) => one.address.text)).to.deep.equal(["192.0.2.7"]);
    expect(later.memories.map(({ memory }) => memory.address.text)).to.deep.equal(["192.0.2.7"]);
  });

  it("with the API server away goes on from what the last process knew, under the same claim", async () => {
    const first = new ControlBench();
    first.secret(key(3));
    first.place("192.0.2.7");
    first.place("192.0.2.8");
    await first.start();
    const known = first.cached?.() ?? NOTHING_KNOWN;
    const { api } = first;
    const applied = api.applied.length;
    api.away = true;
    const second = new ControlBench({ api, known });
    await second.start();
    expect(second.answered).to.deep.equal(["192.0.2.7", "192.0.2.8"]);
    expect(second.keys.signing).to.equal(3);
    expect(second.told.slice(0, 3)).to.deep.equal(["keys", "nodes", "update"]);
    api.remove(VIPS, "192.0.2.8");
    api.away = false;
    await second.pass(120_000);
    expect(second.answered).to.deep.equal(["192.0.2.7"]);
    expect(
      api.applied.slice(applied).map(({ name }) => name),
      "nothing moved",
    ).to.deep.equal([]);
  });

  it("with the API server away leaves the next but one process as much as it knew itself", async () => {
    const first = new ControlBench();
    first.secret(key(3));
    first.place("192.0.2.7");
    await first.start();
    const known = first.cached?.() ?? NOTHING_KNOWN;
    first.api.away = true;
    const second = new ControlBench({ api: first.api, known });
    await second.start();
    const [memory] = known.memories;
    expect(memory).to.not.equal(undefined);
    second.control.take({ type: "memories", memories: known.memories });
    expect(second.cached?.()).to.deep.equal(known);
  });

  it("at the end lets others stand in for it, and leaves what it wrote, for it will be back", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    const before = bench.api.applied.length;
    const tookMs = await bench.stop();
    expect(tookMs).to.be.within(40, 200);
    expect(bench.carrier.stopped).to.equal(true);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7").announcers?.map(({ node }) => node)).to.deep.equal(["worker-1"]);
    expect(bench.api.applied).to.have.length(before);
    expect(bench.cacheStopped).to.equal(true);
  });

  it("at the end of a node that leaves hands over, for 2 s at most, and clears what it wrote", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    bench.node({ spec: { unschedulable: true } });
    const stopping = bench.stop();
    await bench.pass(1900);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    const tookMs = await stopping;
    expect(tookMs).to.be.within(2000, 2600);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7")).to.deep.equal(NOBODY);
    const said = bench.log.lines.find(({ event }) => event === "stopped answering");
    expect(said?.fields).to.deep.equal({ announced: 1, leaving: "the node is cordoned" });
  });

  it("ends before it has read anything", async () => {
    const bench = new ControlBench({ kinds: [] });
    bench.control.start();
    await bench.stop();
    expect(bench.carrier.stopped).to.equal(true);
    expect(bench.log.complaints).to.not.include("status not cleared");
  });

  it("ends without an API server too, and takes it that it will be back", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    bench.api.away = true;
    const tookMs = await bench.stop();
    expect(tookMs).to.be.lessThan(1000);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.log.complaints).to.include("own node not read; taken to come back");
  });
});
