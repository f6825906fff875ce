import { API_VERSION } from "@fairlead/api/group.ts";
import type { Speaker, SpeakerInterface } from "@fairlead/api/speaker.ts";
import { formatPrefix } from "@fairlead/net/prefix.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { NeighborNode } from "../failover/neighbors.ts";
import { NodeFeed, neighborNode } from "./node-feed.ts";

function speaker(name: string, ...interfaces: readonly Partial<SpeakerInterface>[]): Speaker {
  const one = { name: "eth0", mac: "02:00:00:00:00:07", carrier: true, addresses: ["192.0.2.7/24"] };
  return {
    apiVersion: API_VERSION,
    kind: "Speaker",
    metadata: { name },
    status: { version: "1", interfaces: interfaces.map((other) => ({ ...one, ...other })) },
  };
}

function words({ name, interfaces }: NeighborNode): string {
  const parts = interfaces.map(
    ({ mac, addresses, subnets }) =>
      `${mac} ${addresses.map(({ text }) => text).join()} ${subnets.map(formatPrefix).join()}`,
  );
  return [name, ...parts].join(": ");
}

describe("what a Speaker object says of its node", () => {
  it("its interfaces with their MACs, addresses and subnets", () => {
    const one = speaker("a", {}, { mac: "02-00-00-00-00-08", addresses: ["2001:db8::8/64", "fe80::8/64"] });
    expect(words(neighborNode(one))).to.equal(
      "a: 02:00:00:00:00:07 192.0.2.7 192.0.2.0/24: 02:00:00:00:00:08 2001:db8::8,fe80::8 2001:db8::/64,fe80::/64",
    );
  });

  it("the node's own address, if it can be read", () => {
    const told = (nodeAddress: string) => {
      const one = speaker("a", {});
      return neighborNode({ ...one, status: { version: "1", interfaces: [], nodeAddress } }).address?.text;
    };
    expect(["198.51.100.7", "2001:db8::7", "198.51.100.700", ""].map(told)).to.deep.equal([
      "198.51.100.7",
      "2001:db8::7",
      undefined,
      undefined,
    ]);
  });

  it("without what cannot be read", () => {
    const one = speaker("a", { mac: "none" }, { addresses: ["192.0.2.7", "192.0.2.300/24", "192.0.2.9/24"] });
    expect(words(neighborNode(one))).to.equal("a: 02:00:00:00:00:07 192.0.2.9 192.0.2.0/24");
  });

  it("nothing before its speaker wrote it", () => {
    expect(neighborNode({ apiVersion: API_VERSION, kind: "Speaker", metadata: { name: "a" } })).to.deep.equal(
      {
        name: "a",
        address: undefined,
        interfaces: [],
      },
    );
  });
});

describe("NodeFeed", () => {
  function make() {
    const clock = new FakeClock();
    const speakers = new Map<string, Speaker>();
    const sent: (readonly NeighborNode[])[] = [];
    const feed = new NodeFeed({
      clock,
      speakers: () => speakers.values(),
      known: [],
      send: (nodes) => sent.push(nodes),
    });
    const put = (one: Speaker): void => {
      speakers.set(one.metadata.name, one);
      feed.changed();
    };
    const told = (): readonly (readonly string[])[] => {
      clock.advance(0);
      return sent.splice(0).map((nodes) => nodes.map(words));
    };
    return { feed, speakers, put, told };
  }
  const A = "a: 02:00:00:00:00:07 192.0.2.7 192.0.2.0/24";
  const B = "b: 02:00:00:00:00:07 192.0.2.7 192.0.2.0/24";

  it("says nothing before everything was read, then all at once, sorted", () => {
    const { feed, put, told } = make();
    put(speaker("b", {}));
    put(speaker("a", {}));
    expect(told()).to.deep.equal([]);
    expect(feed.nodes).to.deep.equal([]);
    feed.open();
    expect(told()).to.deep.equal([[A, B]]);
    expect(feed.nodes.map(words)).to.deep.equal([A, B]);
  });

  it("says all again when one changes, once for all that come in one go", () => {
    const { feed, speakers, put, told } = make();
    put(speaker("a", {}));
    feed.open();
    told();
    put(speaker("b"));
    put(speaker("b", {}));
    expect(told()).to.deep.equal([[A, B]]);
    speakers.delete("a");
    feed.changed();
    expect(told()).to.deep.equal([[B]]);
  });

  it("says nothing of what does not concern the others", () => {
    const { feed, put, told } = make();
    put(speaker("a", {}));
    feed.open();
    told();
    put(speaker("a", { carrier: false }));
    expect(told()).to.deep.equal([]);
    for (const other of [
      { name: "lan0" },
      { mac: "02:00:00:00:00:09" },
      { addresses: ["192.0.2.9/24"] },
      { addresses: ["192.0.2.9/28"] },
      { addresses: [] },
    ]) {
      put(speaker("a", other));
      expect(told(), JSON.stringify(other)).to.have.length(1);
    }
  });

  it("says nothing after its end", () => {
    const { feed, put, told } = make();
    feed.open();
    told();
    put(speaker("a", {}));
    feed.stop();
    put(speaker("b", {}));
    expect(told()).to.deep.equal([]);
  });
});
