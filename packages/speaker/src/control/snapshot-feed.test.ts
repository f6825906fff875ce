import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { PlacedAddress, SnapshotUpdate } from "../announcements/snapshot.ts";
import { placed } from "../testing/values.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import { SnapshotFeed } from "./snapshot-feed.ts";

function make(known: readonly PlacedAddress[] = []) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const sent: SnapshotUpdate[] = [];
  const announced = new Set<string>();
  const feed = new SnapshotFeed({
    node: "worker-1",
    clock,
    log,
    send: (update) => sent.push(update),
    isAnnounced: (key) => announced.has(key),
    known,
  });
  const told = (): unknown => {
    clock.advance(0);
    return sent.splice(0).map(({ set, removed }) => ({
      set: set.map((one) => `${one.address.text} ${one.epoch}`),
      removed: removed.map(({ text }) => text),
    }));
  };
  return { log, feed, announced, told };
}

describe("SnapshotFeed", () => {
  it("says nothing before everything was read, then all of it in one message", () => {
    const { feed, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.set("192.0.2.8", virtualIP("192.0.2.8"));
    feed.set("192.0.2.9", virtualIP("192.0.2.9", { nodes: ["worker-2"] }));
    expect(told()).to.deep.equal([]);
    feed.open();
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 1", "192.0.2.8 1"], removed: [] }]);
  });

  it("then says what changed for this node, and nothing else", () => {
    const { feed, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.open();
    told();
    feed.set("192.0.2.7", { ...virtualIP("192.0.2.7"), status: { state: "Bound" } });
    feed.set("192.0.2.8", virtualIP("192.0.2.8", { nodes: ["worker-2"] }));
    expect(told()).to.deep.equal([]);
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { epoch: 2 }));
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 2"], removed: [] }]);
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { epoch: 3, nodes: ["worker-2"] }));
    expect(told()).to.deep.equal([{ set: [], removed: ["192.0.2.7"] }]);
  });

  it("lets go of what is deleted, and of nothing that was there and back in one go", () => {
    const { feed, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.open();
    told();
    feed.set("192.0.2.7", undefined);
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    expect(told()).to.deep.equal([]);
    feed.set("192.0.2.7", undefined);
    expect(told()).to.deep.equal([{ set: [], removed: ["192.0.2.7"] }]);
  });

  it("lets go first of what was made again in one go, for its epochs begin anew", () => {
    const { feed, told } = make();
    const first = virtualIP("192.0.2.7", { epoch: 5 });
    feed.set("192.0.2.7", first);
    feed.open();
    told();
    feed.set("192.0.2.7", undefined);
    const again = virtualIP("192.0.2.7");
    feed.set("192.0.2.7", { ...again, metadata: { ...again.metadata, uid: "another" } });
    expect(told()).to.deep.equal([
      { set: [], removed: ["192.0.2.7"] },
      { set: ["192.0.2.7 1"], removed: [] },
    ]);
    feed.set("192.0.2.7", undefined);
    expect(told()).to.deep.equal([{ set: [], removed: ["192.0.2.7"] }]);
  });

  it("leaves out what it cannot understand, once and with the reason, and goes on", () => {
    const { feed, log, told } = make();
    feed.open();
    const wrong = virtualIP("192.0.2.7");
    for (let i = 0; i < 2; i++)
      feed.set("192.0.2.7", { ...wrong, spec: { ...wrong.spec, address: "192.0.2.8" } });
    feed.set("192.0.2.9", virtualIP("192.0.2.9"));
    expect(told()).to.deep.equal([{ set: ["192.0.2.9 1"], removed: [] }]);
    expect(log.complaints).to.deep.equal(["virtual ip left out"]);
    expect(feed.problemOf("192.0.2.7")).to.match(/does not belong/);
    expect(feed.leftOut).to.equal(1);
    feed.set("192.0.2.7", wrong);
    expect(feed.leftOut).to.equal(0);
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 1"], removed: [] }]);
  });

  it("tells of what this node stands in for", () => {
    const { feed, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { nodes: ["worker-2", "worker-1"] }));
    feed.open();
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 1"], removed: [] }]);
  });

  it("goes on telling of an address that is placed elsewhere until the wire answers for it no more", () => {
    const { feed, announced, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.open();
    told();
    announced.add("192.0.2.7");
    feed.answeredOrNot("192.0.2.7");
    expect(told()).to.deep.equal([]);
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { epoch: 2, nodes: ["worker-2"] }));
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 2"], removed: [] }]);
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { epoch: 3, nodes: ["worker-3"] }));
    expect(told()).to.deep.equal([{ set: ["192.0.2.7 3"], removed: [] }]);
    announced.delete("192.0.2.7");
    feed.answeredOrNot("192.0.2.7");
    expect(told()).to.deep.equal([{ set: [], removed: ["192.0.2.7"] }]);
    feed.answeredOrNot("192.0.2.7");
    expect(told()).to.deep.equal([]);
  });

  it("lets go of an address that is placed nowhere, answered for or not", () => {
    const { feed, announced, told } = make();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.open();
    told();
    announced.add("192.0.2.7");
    feed.set("192.0.2.7", virtualIP("192.0.2.7", { epoch: 2, nodes: [] }));
    expect(told()).to.deep.equal([{ set: [], removed: ["192.0.2.7"] }]);
  });

  it("takes what the last process knew as told, and says at the first reading what of it is not true any more", () => {
    const known = ["192.0.2.7", "192.0.2.8", "192.0.2.9"].map((text) => placed(text, { first: false }));
    const { feed, told } = make(known);
    const texts = (): readonly string[] => [...feed.sent].map(({ address }) => address.text);
    expect(texts()).to.deep.equal(["192.0.2.7", "192.0.2.8", "192.0.2.9"]);
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.set("192.0.2.8", virtualIP("192.0.2.8", { epoch: 5 }));
    expect(told()).to.deep.equal([]);
    feed.open();
    expect(told()).to.deep.equal([{ set: ["192.0.2.8 5"], removed: ["192.0.2.9"] }]);
    expect(texts()).to.deep.equal(["192.0.2.7", "192.0.2.8"]);
  });

  it("says nothing after its end", () => {
    const { feed, told } = make();
    feed.open();
    feed.set("192.0.2.7", virtualIP("192.0.2.7"));
    feed.stop();
    feed.set("192.0.2.8", virtualIP("192.0.2.8"));
    expect(told()).to.deep.equal([]);
  });
});
