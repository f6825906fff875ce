import type { SpeakerStatus } from "@fairlead/api/speaker.ts";
import { TAKEOVER_SECRET } from "@fairlead/api/takeover-keys.ts";
import { expect } from "chai";
import { ControlBench, LAN, NOBODY, SECRETS, SPEAKERS, VIPS } from "../testing/control-bench.ts";
import { address, key, mac } from "../testing/values.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { ProxyFault } from "./ask-proxy.ts";

describe("Control", () => {
  it("carries a placement to the wire, and what came of it to status and Events", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    bench.place("203.0.113.7");
    await bench.start();
    await bench.pass(1000);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.status("192.0.2.7")).to.deep.include({ state: "Bound" });
    expect(bench.status("192.0.2.7").announcers?.[0]).to.include({
      node: "worker-1",
      interface: "eth0",
      epoch: 1,
    });
    expect(bench.status("203.0.113.7").conditions?.[0]).to.include({
      status: "False",
      reason: "NoInterface",
    });
    expect(bench.eventReasons()).to.deep.equal(["NoInterface"]);
    expect(bench.notReady).to.deep.equal([]);
    expect(bench.control.states.get("192.0.2.7")?.kind).to.equal("Announcing");
  });

  it("writes the Speaker object with its Node as owner, and again only on a change or when it is gone", async () => {
    const bench = new ControlBench();
    await bench.start();
    const speaker = bench.api.get(SPEAKERS, "worker-1");
    expect(speaker?.metadata.ownerReferences).to.deep.equal([
      { apiVersion: "v1", kind: "Node", name: "worker-1", uid: "node-uid" },
    ]);
    expect(speaker?.status).to.deep.include({
      interfaces: [{ name: "eth0", mac: "02:00:00:00:00:02", carrier: true, addresses: ["192.0.2.1/24"] }],
    });
    const before = bench.api.applied.length;
    bench.wire.setInterfaces([LAN]);
    await bench.pass(60_000);
    expect(bench.api.applied).to.have.length(before);
    bench.wire.setInterfaces([{ ...LAN, carrier: false }]);
    await bench.pass(1000);
    expect(bench.api.applied).to.have.length(before + 1);
    const gateways = [address("192.0.2.254")];
    bench.wire.setInterfaces([{ ...LAN, carrier: false, gateways }]);
    await bench.pass(1000);
    expect(bench.api.applied).to.have.length(before + 2);
    expect(bench.api.applied.at(-1)?.body.status).to.deep.include({
      interfaces: [
        {
          name: "eth0",
          mac: "02:00:00:00:00:02",
          carrier: false,
          addresses: ["192.0.2.1/24"],
          gateways: ["192.0.2.254"],
        },
      ],
    });
    bench.wire.setInterfaces([{ ...LAN, carrier: false, gateways: [...gateways] }]);
    await bench.pass(60_000);
    expect(bench.api.applied).to.have.length(before + 2);
    bench.api.remove(SPEAKERS, "worker-1");
    await bench.pass(1000);
    expect(bench.api.get(SPEAKERS, "worker-1")?.status).to.be.an("object");
  });

  it("writes what lasts on the Speaker object, once, and takes it off when it is over", async () => {
    const bench = new ControlBench();
    await bench.start();
    const before = bench.api.applied.length;
    const conditions = (): unknown =>
      (bench.api.get(SPEAKERS, "worker-1")?.status as SpeakerStatus | undefined)?.conditions;
    const since = "2026-03-01T12:00:00Z";
    const trouble = { kind: "HeartbeatBlocked", interface: "eth0", peer: "worker-2", since } as const;
    for (let i = 0; i < 3; i++) bench.control.take({ type: "troubles", troubles: [trouble] });
    await bench.pass(1000);
    expect(conditions()).to.have.length(1);
    expect(conditions()).to.have.nested.property("[0].type", "HeartbeatBlocked");
    expect(conditions()).to.have.nested.property("[0].message").that.contains("UDP port 7950");
    expect(bench.api.applied).to.have.length(before + 1);
    bench.wire.setInterfaces([LAN]);
    await bench.pass(1000);
    expect(bench.api.applied).to.have.length(before + 1);
    bench.control.take({ type: "troubles", troubles: [] });
    await bench.pass(1000);
    expect(conditions()).to.equal(undefined);
    expect(bench.api.applied).to.have.length(before + 2);
  });

  it("tells on the Speaker object that another node announced the same addresses, and shows what it missed", async () => {
    const bench = new ControlBench();
    await bench.start();
    const split = { interface: "eth0", peer: "worker-2", address: "192.0.2.7", addresses: 2, lastedMs: 9000 };
    bench.control.take({ type: "split", split });
    const missed = [{ interface: "eth0", peer: "worker-2", path: "Segment", count: 3 }] as const;
    bench.control.take({ type: "missed", missed });
    await bench.pass(100);
    expect(bench.eventReasons()).to.deep.equal(["SplitBrain"]);
    expect(bench.api.events[0]).to.deep.nested.include({ "regarding.kind": "Speaker", type: "Warning" });
    expect(bench.control.missed).to.deep.equal(missed);
  });

  it("applies the whole status with force, as the one manager of all who write it, over the version it knows", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    const write = bench.api.applied.find(({ collection }) => collection === VIPS);
    expect(write).to.include({ name: "192.0.2.7", status: true });
    expect(write?.query).to.equal("?fieldManager=fairlead-virtualip-status&force=true");
    expect(write?.body).to.have.all.keys("apiVersion", "kind", "metadata", "status");
    expect(write?.body.metadata).to.have.all.keys("name", "resourceVersion");
  });

  it("goes on when the address is placed elsewhere until that node takes it, and then clears what it wrote", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    const metadata = { name: "worker-2" };
    const other = { name: "eth0", mac: "02:00:00:00:00:22", carrier: true, addresses: ["192.0.2.2/24"] };
    const status = { version: "1", interfaces: [other] };
    bench.api.put(SPEAKERS, {
      apiVersion: "fairlead.dev/v1beta1",
      kind: "Speaker",
      metadata,
      status,
    } as never);
    await bench.start();
    bench.place("192.0.2.7", { epoch: 2, nodes: ["worker-2"] });
    await bench.pass(60_000);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.status("192.0.2.7").announcers).to.have.length(1);
    // Another speaker answers, of which nothing signed is heard.
    bench.carrier.hosts.set("192.0.2.7", mac(other.mac));
    bench.wire.onSeen(2, address("192.0.2.7"), mac(other.mac), true);
    await bench.pass(3000);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7")).to.deep.equal(NOBODY);
    expect(bench.control.states.has("192.0.2.7"), "the wire was told to forget it").to.equal(false);
  });

  it("takes back what it said of an address that was let go, in one write that says so", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    const before = bench.api.get(VIPS, "192.0.2.7");
    const writes = bench.api.applied.length;
    const { spec } = virtualIP("192.0.2.7", { epoch: 2, nodes: [] });
    const claim = { namespace: "default", name: "web" };
    const released = { ...spec, services: [], claim, releasedAt: "2026-01-01T00:00:05Z" };
    if (before !== undefined) bench.api.put(VIPS, { ...before, spec: released } as never);
    await bench.pass(60_000);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.api.applied).to.have.length(writes + 1);
    const { state, announcers, conditions = [] } = bench.status("192.0.2.7");
    expect([state, announcers]).to.deep.equal(["Released", []]);
    expect(conditions.map(({ type, status }) => `${type} ${status}`)).to.deep.equal(["Bound False"]);
  });

  it("asks for what is in quarantine when it is named for it, and says once when nobody answers any more", async () => {
    const bench = new ControlBench();
    bench.carrier.hosts.set("192.0.2.7", mac("02:00:00:00:00:66"));
    bench.place("192.0.2.7");
    await bench.start();
    const { foreign } = bench.status("192.0.2.7");
    expect(foreign).to.include({ node: "worker-1", interface: "eth0", mac: "02:00:00:00:00:66" });
    const before = bench.api.get(VIPS, "192.0.2.7");
    const { spec } = virtualIP("192.0.2.7", { epoch: 2, nodes: [] });
    const quarantined = { ...spec, services: [], quarantine: foreign };
    bench.api.put(VIPS, { ...before, spec: quarantined } as never);
    await bench.pass(120_000);
    expect(bench.status("192.0.2.7"))
      .to.include({ state: "Quarantined" })
      .and.to.not.have.property("quietSince");
    const writes = bench.api.applied.length;
    bench.carrier.hosts.clear();
    await bench.pass(300_000);
    expect(bench.status("192.0.2.7").quietSince).to.be.a("string");
    expect(bench.status("192.0.2.7").quietOf).to.equal(foreign?.since);
    expect(bench.api.applied).to.have.length(writes + 1);
    expect(bench.answered).to.deep.equal([]);
  });

  it("after a restart writes nothing that is there and clears what is not true any more", async () => {
    const first = new ControlBench();
    first.place("192.0.2.7");
    first.place("192.0.2.8");
    await first.start();
    const { api } = first;
    api.away = true;
    await first.pass(1000);
    api.away = false;
    const eventsBefore = api.events.length;
    const second = new ControlBench({ api });
    second.place("192.0.2.8", { epoch: 2, nodes: ["worker-2"] });
    const before = api.applied.length;
    await second.start();
    await second.pass(1000);
    const writes = api.applied.slice(before).map(({ name, body }) => [name, body.status]);
    expect(writes.filter(([name]) => name === "192.0.2.7")).to.deep.equal([]);
    expect(writes).to.deep.include(["192.0.2.8", NOBODY]);
    expect(api.events).to.have.length(eventsBefore);
    expect(second.answered).to.deep.equal(["192.0.2.7"]);
  });

  it("reports when its kube-proxy is unhealthy and when it is not any more, and goes on with that after a restart", async () => {
    let fault: ProxyFault | undefined;
    const proxy = { url: "http://127.0.0.1:10256/healthz", ask: async () => fault };
    const bench = new ControlBench({ proxy });
    await bench.start();
    const { api } = bench;
    const reported = () => api.get(SPEAKERS, "worker-1")?.status as SpeakerStatus | undefined;
    expect(reported()).to.deep.include({ proxy: "Healthy" });
    const before = api.applied.length;
    await bench.pass(60_000);
    expect(api.applied).to.have.length(before);
    fault = { kind: "Status", text: "answered 503" };
    await bench.pass(60_000);
    expect(reported()).to.deep.include({ proxy: "Unhealthy" });
    expect(reported()?.interfaces).to.have.length(1);
    expect(api.applied).to.have.length(before + 1);
    expect(bench.eventReasons()).to.deep.equal(["ProxyUnhealthy"]);
    await bench.stop();

    const second = new ControlBench({ api, proxy });
    await second.start();
    await second.pass(60_000);
    expect(reported()).to.deep.include({ proxy: "Unhealthy" });
    expect(api.applied).to.have.length(before + 1);
    fault = undefined;
    await second.pass(60_000);
    expect(reported()).to.deep.include({ proxy: "Healthy" });
    expect(api.applied).to.have.length(before + 2);
    expect(bench.eventReasons()).to.deep.equal(["ProxyUnhealthy", "ProxyHealthy"]);
    await second.stop();

    const third = new ControlBench({ api });
    await third.start();
    expect(reported(), "not asked any more").not.to.have.property("proxy");
  });

  it("withdraws nothing and stays ready while the API server is away", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    bench.api.away = true;
    await bench.pass(600_000);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.notReady).to.deep.equal([]);
    bench.wire.setInterfaces([{ ...LAN, carrier: false }]);
    await bench.pass(1000);
    bench.api.away = false;
    await bench.pass(120_000);
    expect(bench.status("192.0.2.7").conditions?.[0]).to.include({ status: "False", reason: "NoCarrier" });
  });

  it("is not ready before everything was read once, and tells the wire nothing", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    bench.api.away = true;
    await bench.start();
    expect(bench.answered).to.deep.equal([]);
    expect(bench.notReady.map((text) => text.split(" ")[2])).to.deep.equal([
      "virtualips.fairlead.dev:",
      "speakers.fairlead.dev:",
      "secrets:",
    ]);
    bench.api.away = false;
    await bench.pass(120_000);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.notReady).to.deep.equal([]);
  });

  it("says on the object what is wrong with it, and goes on with the others", async () => {
    const bench = new ControlBench();
    const { status: _, ...wrong } = virtualIP("192.0.2.7");
    bench.api.put(VIPS, { ...wrong, spec: { ...wrong.spec, address: "192.0.2.9" } } as never);
    bench.place("192.0.2.8");
    await bench.start();
    expect(bench.answered).to.deep.equal(["192.0.2.8"]);
    expect(bench.control.leftOut).to.equal(1);
    expect(bench.status("192.0.2.7").conditions?.[0]).to.include({
      status: "False",
      reason: "InvalidAddress",
    });
  });

  it("hands over the keys of the Secret, and keeps them when it is gone", async () => {
    const bench = new ControlBench();
    bench.secret(key(3));
    await bench.start();
    expect(bench.keys.signing).to.equal(3);
    bench.secret(key(4));
    await bench.pass(100);
    expect(bench.keys.signing).to.equal(4);
    bench.api.remove(SECRETS, TAKEOVER_SECRET);
    await bench.pass(100);
    expect(bench.keys.signing).to.equal(4);
    expect(bench.log.complaints).to.deep.equal(["takeover keys not usable"]);
  });

  it("goes without keys, and is ready", async () => {
    const bench = new ControlBench();
    bench.place("192.0.2.7");
    await bench.start();
    expect(bench.keys.signing).to.equal(undefined);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.notReady).to.deep.equal([]);
  });

  it("says who the others are before what is placed on them", async () => {
    const bench = new ControlBench({ kinds: [VIPS, SECRETS] });
    bench.place("192.0.2.7");
    await bench.start();
    expect(bench.told).to.not.include("update");
    bench.api.get(SPEAKERS, "");
    await bench.pass(60_000);
    expect(bench.told.slice(0, 3)).to.deep.equal(["nodes", "nodes", "update"]);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
  });
});
