import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { virtualIP } from "../testing/virtual-ip.ts";
import { QuarantineFeed } from "./quarantine-feed.ts";

function make() {
  const clock = new FakeClock();
  const sent: (readonly string[])[] = [];
  const send = (
    all: readonly { readonly address: { readonly text: string }; readonly interface: string }[],
  ) => sent.push(all.map((one) => `${one.address.text} ${one.interface}`));
  return { clock, sent, feed: new QuarantineFeed({ node: "worker-1", clock, send }) };
}

function quarantined(text: string, node = "worker-1", parts: { readonly services?: readonly string[] } = {}) {
  const quarantine = { mac: "02:00:00:00:00:66", node, interface: "eth0", since: "2026-01-01T00:00:00Z" };
  const one = virtualIP(text, { nodes: [] });
  return { ...one, spec: { ...one.spec, services: [], ...parts, quarantine } };
}

describe("what a node is told to ask for", () => {
  it("is what is in quarantine and this node is named for, once all was read, in one message", () => {
    const { clock, sent, feed } = make();
    feed.set("192.0.2.7", quarantined("192.0.2.7"));
    feed.set("192.0.2.8", quarantined("192.0.2.8"));
    feed.set("192.0.2.9", quarantined("192.0.2.9", "worker-2"));
    feed.set("192.0.2.10", virtualIP("192.0.2.10"));
    feed.set("192.0.2.11", quarantined("192.0.2.11", "worker-1", { services: ["web/shop"] }));
    clock.advance(1000);
    expect(sent).to.deep.equal([]);
    feed.open();
    clock.advance(0);
    expect(sent).to.deep.equal([["192.0.2.7 eth0", "192.0.2.8 eth0"]]);
  });

  it("is told again on a change only, and when it ends", () => {
    const { clock, sent, feed } = make();
    feed.open();
    clock.advance(0);
    feed.set("192.0.2.7", quarantined("192.0.2.7"));
    clock.advance(0);
    feed.set("192.0.2.7", quarantined("192.0.2.7"));
    clock.advance(0);
    feed.set("192.0.2.7", undefined);
    clock.advance(0);
    expect(sent).to.deep.equal([["192.0.2.7 eth0"], []]);
  });
});
