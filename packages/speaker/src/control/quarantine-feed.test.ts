import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import type { Quarantined } from "../quarantine/rounds.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import { QuarantineFeed } from "./quarantine-feed.ts";

function make() {
  const clock = new FakeClock();
  const sent: (readonly string[])[] = [];
  const send = (all: readonly Quarantined[]) =>
    sent.push(all.map(({ address, interface: name, since }) => `${address.text} ${name} ${since}`));
  return { clock, sent, feed: new QuarantineFeed({ node: "worker-1", clock, send }) };
}

const SINCE = "2026-01-01T00:00:00Z";

function quarantined(
  text: string,
  node = "worker-1",
  parts: { readonly services?: readonly string[] } = {},
  since = SINCE,
) {
  const quarantine = { mac: "02:00:00:00:00:66", node, interface: "eth0", since };
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
    expect(sent).to.deep.equal([[`192.0.2.7 eth0 ${SINCE}`, `192.0.2.8 eth0 ${SINCE}`]]);
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
    expect(sent).to.deep.equal([[`192.0.2.7 eth0 ${SINCE}`], []]);
  });

  it("is told again when one quarantine of an address follows another, though nothing was seen between them", () => {
    const { clock, sent, feed } = make();
    feed.open();
    const next = "2026-01-01T00:05:00Z";
    for (const since of [SINCE, next]) {
      feed.set("192.0.2.7", quarantined("192.0.2.7", "worker-1", {}, since));
      clock.advance(0);
    }
    expect(sent).to.deep.equal([[`192.0.2.7 eth0 ${SINCE}`], [`192.0.2.7 eth0 ${next}`]]);
  });
});
