import type { Placement, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder } from "@fairlead/kube/events.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { AnnouncementTable } from "../announcements/table.ts";
import { SmallApi } from "../testing/small-api.ts";
import { address, eth } from "../testing/values.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { ToWire } from "../wire/messages.ts";
import { Wire } from "../wire/wire.ts";
import { Control } from "./control.ts";

const VIPS = "/apis/fairlead.dev/v1beta1/virtualips";
const SPEAKERS = "/apis/fairlead.dev/v1beta1/speakers";
const NODES = "/api/v1/nodes";
const LAN = eth("eth0", 2, ["192.0.2.1/24"]);

/** A control thread with a real wire thread's middle, without threads, sockets and network. */
class Bench {
  readonly clock = new FakeClock();
  readonly api = new SmallApi();
  readonly log = new RecordingLog();
  readonly wire: Wire;
  readonly control: Control;
  readonly table = new AnnouncementTable({ node: "worker-1", excluded: [] });
  stopped = false;

  constructor(api?: SmallApi) {
    if (api !== undefined) this.api = api;
    const { clock, log } = this;
    this.api.put(NODES, { apiVersion: "v1", kind: "Node", metadata: { name: "worker-1", uid: "node-uid" } });
    this.api.get(VIPS, "");
    this.api.get(SPEAKERS, "");
    this.wire = new Wire({
      table: this.table,
      carrier: { apply: () => {}, failureOn: () => undefined, stop: () => {} },
      clock,
      post: (message) => {
        if (message.type === "interfaces" || message.type === "states") this.control.take(message);
      },
      onStop: () => {
        this.stopped = true;
      },
    });
    const client = new ApiClient({ transport: this.api, fieldManager: "fairlead-speaker-worker-1" });
    this.control = new Control({
      node: "worker-1",
      excludedInterfaces: [],
      drainMs: 2000,
      transport: this.api,
      client,
      events: new EventRecorder({
        client,
        clock,
        log,
        component: "fairlead.dev/speaker",
        instance: "speaker-x",
      }),
      wire: {
        start: () => this.wire.setInterfaces([LAN]),
        post: (message: ToWire) => this.wire.take(message),
        stop: async () => this.wire.take({ type: "stop" }),
      },
      clock,
      random: seededRandom(1),
      log,
    });
  }

  async start(): Promise<void> {
    this.control.start();
    await this.pass(1000);
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < 10; i++) await this.clock.advanceAsync(ms / 10);
  }

  place(text: string, placement: Partial<Placement> = {}): void {
    const { status: _, ...rest } = virtualIP(text, placement);
    const before = this.api.get(VIPS, rest.metadata.name);
    this.api.put(VIPS, { ...rest, ...(before?.status === undefined ? {} : { status: before.status }) });
  }

  status(text: string): VirtualIPStatus {
    return (this.api.get(VIPS, text)?.status ?? {}) as VirtualIPStatus;
  }

  get answered(): readonly string[] {
    return this.stopped
      ? []
      : [...this.table.outcomes]
          .filter(([, { resolution }]) => resolution.kind === "Announce")
          .map(([address]) => address);
  }

  get notReady(): readonly string[] {
    return Object.entries(this.control.readiness)
      .flatMap(([, check]) => check() ?? [])
      .map(String);
  }

  eventReasons(): readonly string[] {
    return this.api.events.map((event) => String((event as { reason?: string }).reason));
  }
}

/** What a speaker leaves behind that says nothing any more: what the spec stands for. */
const NOBODY = {
  state: "Bound",
  announcers: [],
  conditions: [
    {
      type: "Bound",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "Bound",
      message: "The Services in spec.services hold the address.",
    },
  ],
};

describe("Control", () => {
  it("carries a placement to the wire, and what came of it to status and Events", async () => {
    const bench = new Bench();
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
    const bench = new Bench();
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

  it("applies the whole status with force, as the one manager of all who write it, over the version it knows", async () => {
    const bench = new Bench();
    bench.place("192.0.2.7");
    await bench.start();
    const write = bench.api.applied.find(({ collection }) => collection === VIPS);
    expect(write).to.include({ name: "192.0.2.7", status: true });
    expect(write?.query).to.equal("?fieldManager=fairlead-virtualip-status&force=true");
    expect(write?.body).to.have.all.keys("apiVersion", "kind", "metadata", "status");
    expect(write?.body.metadata).to.have.all.keys("name", "resourceVersion");
  });

  it("lets go when the address is placed elsewhere, and clears what it wrote", async () => {
    const bench = new Bench();
    bench.place("192.0.2.7");
    await bench.start();
    bench.place("192.0.2.7", { epoch: 2, nodes: ["worker-2"] });
    await bench.pass(1000);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7")).to.deep.equal(NOBODY);
  });

  it("takes back what it said of an address that was let go, in one write that says so", async () => {
    const bench = new Bench();
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

  it("after a restart writes nothing that is there and clears what is not true any more", async () => {
    const first = new Bench();
    first.place("192.0.2.7");
    first.place("192.0.2.8");
    await first.start();
    const { api } = first;
    api.away = true;
    await first.pass(1000);
    api.away = false;
    const eventsBefore = api.events.length;
    const second = new Bench(api);
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

  it("withdraws nothing and stays ready while the API server is away", async () => {
    const bench = new Bench();
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
    const bench = new Bench();
    bench.place("192.0.2.7");
    bench.api.away = true;
    await bench.start();
    expect(bench.answered).to.deep.equal([]);
    expect(bench.notReady.map((text) => text.split(" ")[0])).to.deep.equal([
      "virtualips.fairlead.dev",
      "speakers.fairlead.dev",
    ]);
    bench.api.away = false;
    await bench.pass(120_000);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    expect(bench.notReady).to.deep.equal([]);
  });

  it("says on the object what is wrong with it, and goes on with the others", async () => {
    const bench = new Bench();
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

  it("at the end goes on answering until the address is placed elsewhere, then clears and ends", async () => {
    const bench = new Bench();
    bench.place("192.0.2.7");
    await bench.start();
    let ended = false;
    const stopping = bench.control.stop().then(() => {
      ended = true;
    });
    await bench.pass(500);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    bench.place("192.0.2.7", { epoch: 2, nodes: ["worker-2"] });
    await bench.pass(500);
    await stopping;
    expect(ended).to.equal(true);
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7")).to.deep.equal(NOBODY);
  });

  it("at the end waits 2 s at most, clears what it can, and ends without an API server too", async () => {
    const bench = new Bench();
    bench.place("192.0.2.7");
    await bench.start();
    const stopping = bench.control.stop();
    await bench.pass(1900);
    expect(bench.answered).to.deep.equal(["192.0.2.7"]);
    await bench.pass(1000);
    await stopping;
    expect(bench.answered).to.deep.equal([]);
    expect(bench.status("192.0.2.7")).to.deep.equal(NOBODY);

    const lonely = new Bench();
    lonely.place("192.0.2.7");
    await lonely.start();
    lonely.api.away = true;
    const end = lonely.control.stop();
    await lonely.pass(10_000);
    await end;
    expect(lonely.answered).to.deep.equal([]);
  });
});
