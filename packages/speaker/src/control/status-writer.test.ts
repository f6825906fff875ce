import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { Store } from "@fairlead/kube/store.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { ApiError } from "@fairlead/kube/transport.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { virtualIP } from "../testing/virtual-ip.ts";
import type { AddressState } from "../wire/messages.ts";
import { StatusWriter } from "./status-writer.ts";

const ANNOUNCING = announcing();

function announcing(epoch = 1): AddressState {
  const since = "2026-01-01T00:00:00Z";
  const claim = { epoch, step: 0, provisional: false, reason: "Placed" } as const;
  return { kind: "Announcing", on: [{ interface: "eth0", mac: "02:00:00:00:00:02", since, ...claim }] };
}

/** A writer whose store learns nothing of what is written. */
function make() {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const store = new Store<VirtualIP>();
  const applied: { readonly name: string; readonly status: unknown; readonly over: string | undefined }[] =
    [];
  const told: string[] = [];
  const reasons: string[] = [];
  const notes: string[] = [];
  let failures: Error[] = [];
  const client: Pick<ApiClient, "apply"> = {
    apply: async <T extends KubeObject>(_resource: unknown, object: object): Promise<T> => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const { metadata, status } = object as VirtualIP;
      applied.push({ name: metadata.name, status, over: metadata.resourceVersion });
      return object as T;
    },
  };
  const writer = new StatusWriter({
    node: "worker-1",
    client,
    store,
    onState: (key) => told.push(key),
    problemOf: () => undefined,
    events: {
      record: ({ reason, note }) => {
        reasons.push(reason);
        notes.push(note);
      },
    },
    clock,
    random: seededRandom(1),
    log,
  });
  return {
    clock,
    log,
    store,
    applied,
    told,
    reasons,
    notes,
    writer,
    /** Lets writes fail so, one after the other. @returns what tells those that have not yet */
    fail: (...errors: readonly Error[]): (() => readonly Error[]) => {
      failures = [...errors];
      return () => failures;
    },
    tell: (state: AddressState | undefined) => writer.setStates(new Map([["192.0.2.7", state]])),
  };
}

describe("StatusWriter", () => {
  it("writes once though the store has not learnt of it yet", async () => {
    const { clock, store, applied, reasons, writer, tell } = make();
    store.put(virtualIP("192.0.2.7"));
    writer.start();
    tell(ANNOUNCING);
    await clock.advanceAsync(100);
    tell(ANNOUNCING);
    await clock.advanceAsync(100);
    expect(applied).to.have.length(1);
    expect(reasons).to.deep.equal([]);
    tell({ kind: "Refused", epoch: 1, reason: "NoCarrier", message: "no link" });
    await clock.advanceAsync(100);
    tell(ANNOUNCING);
    await clock.advanceAsync(100);
    expect(applied).to.have.length(3);
  });

  it("tries again when the API server refuses, and tells what happened only once it is written", async () => {
    const { clock, store, applied, reasons, log, writer, fail, tell } = make();
    store.put(virtualIP("192.0.2.7"));
    fail(new ApiError({ status: 500 }), new ApiError({ status: 503 }));
    writer.start();
    tell({ kind: "Refused", epoch: 1, reason: "NoCarrier", message: "no link" });
    await clock.advanceAsync(4);
    expect(reasons).to.deep.equal([]);
    await clock.advanceAsync(1000);
    expect(applied).to.have.length(1);
    expect(reasons).to.deep.equal(["NoCarrier"]);
    expect(log.complaints.length).to.be.greaterThan(0);
  });

  it("records an Event when an address has come here from another node, once, and not when it was nowhere before", async () => {
    const { clock, store, notes, writer, tell } = make();
    const change = async (nodes: readonly string[], epoch: number) => {
      const change = store.put(virtualIP("192.0.2.7", { nodes, epoch }, {}, `${epoch}`));
      if (change !== undefined) writer.changed(change);
      tell(nodes[0] === "worker-1" ? announcing(epoch) : undefined);
      await clock.advanceAsync(100);
    };
    writer.start();
    await change(["worker-1"], 1);
    await change([], 2);
    await change(["worker-1"], 3);
    expect(notes).to.deep.equal([]);
    await change(["worker-2"], 4);
    await change(["worker-1"], 5);
    const moved =
      "Node worker-1 answers for 192.0.2.7 on interface eth0 with MAC 02:00:00:00:00:02; before it was on node worker-2 (Placed)";
    expect(notes).to.deep.equal([moved]);
    await change([], 6);
    await change(["worker-1"], 7);
    expect(notes).to.deep.equal([moved]);
  });

  it("knows from the status too that another node answered before", async () => {
    const { clock, store, notes, writer, tell } = make();
    const dead = { node: "worker-9", interface: "eth0", mac: "02:00:00:00:00:09", epoch: 1, since: "x" };
    store.put(virtualIP("192.0.2.7", { epoch: 2 }, { announcers: [dead] }));
    writer.start();
    tell(announcing(2));
    await clock.advanceAsync(100);
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/before it was on node worker-9 \(Placed\)$/);
  });

  it("takes an object that was deleted meanwhile as done", async () => {
    const { clock, store, applied, log, writer, fail, tell } = make();
    store.put(virtualIP("192.0.2.7"));
    fail(new ApiError({ status: 404 }));
    writer.start();
    tell(ANNOUNCING);
    await clock.advanceAsync(1000);
    expect(applied).to.deep.equal([]);
    expect(log.complaints).to.deep.equal([]);
  });

  it("takes back everything at the end, of what it wrote in an earlier life too, and of nothing else", async () => {
    const { clock, store, applied, writer, tell } = make();
    const announcers = [
      {
        node: "worker-1",
        interface: "eth0",
        mac: "02:00:00:00:00:02",
        epoch: 1,
        since: "2026-01-01T00:00:00Z",
      },
    ];
    store.put(virtualIP("192.0.2.7"));
    store.put(virtualIP("192.0.2.8", {}, { announcers }));
    store.put(virtualIP("192.0.2.9", { nodes: ["worker-2"] }));
    writer.start();
    tell(ANNOUNCING);
    await clock.advanceAsync(100);
    await writer.stop();
    await writer.clearAll(new AbortController().signal);
    const cleared = applied.slice(1).map(({ name, status }) => ({
      name,
      announcers: (status as VirtualIPStatus).announcers,
    }));
    expect(cleared).to.have.deep.members([
      { name: "192.0.2.7", announcers: [] },
      { name: "192.0.2.8", announcers: [] },
    ]);
  });

  it("computes the status anew when somebody else wrote it meanwhile", async () => {
    const { clock, store, applied, log, writer, fail, tell } = make();
    store.put(virtualIP("192.0.2.7"));
    fail(new ApiError({ status: 409 }));
    writer.start();
    tell(ANNOUNCING);
    await clock.advanceAsync(10);
    expect(applied).to.deep.equal([]);
    const rival = { node: "worker-9", interface: "eth1", mac: "02:00:00:00:00:09", epoch: 1, since: "x" };
    store.put(virtualIP("192.0.2.7", { interfaces: ["eth0", "eth1"] }, { announcers: [rival] }, "2"));
    await clock.advanceAsync(1000);
    expect(applied.map(({ over }) => over)).to.deep.equal(["2"]);
    const { announcers = [] } = (applied[0]?.status ?? {}) as VirtualIPStatus;
    expect(announcers.map(({ node }) => node)).to.deep.equal(["worker-9", "worker-1"]);
    expect(log.complaints).to.deep.equal([]);
  });

  it("does not ask again and again over a version that is refused, and at once over one that is new", async () => {
    const { clock, store, applied, writer, fail, tell } = make();
    store.put(virtualIP("192.0.2.7"));
    const conflict = new ApiError({ status: 409 });
    const left = fail(...Array.from({ length: 100 }, () => conflict));
    writer.start();
    tell(ANNOUNCING);
    await clock.advanceAsync(30_000);
    expect(100 - left().length).to.be.within(8, 16);
    const asked = left().length;
    const change = store.put(virtualIP("192.0.2.7", {}, {}, "2"));
    if (change !== undefined) writer.changed(change);
    await clock.advanceAsync(1);
    expect(left().length).to.equal(asked - 1);
    fail();
    await clock.advanceAsync(100);
    expect(applied.map(({ over }) => over)).to.deep.equal(["2"]);
  });

  it("begins nothing more once there is no time left", async () => {
    const { applied, store, writer } = make();
    const announcers = [
      {
        node: "worker-1",
        interface: "eth0",
        mac: "02:00:00:00:00:02",
        epoch: 1,
        since: "2026-01-01T00:00:00Z",
      },
    ];
    store.put(virtualIP("192.0.2.8", {}, { announcers }));
    await writer.clearAll(AbortSignal.abort());
    expect(applied).to.deep.equal([]);
  });

  it("tells each state that it takes, by the VirtualIP's name, once it can be looked up", () => {
    const { writer, told } = make();
    const key = "2001-0db8-0000-0000-0000-0000-0000-0007";
    writer.setStates(new Map([["2001:db8::7", ANNOUNCING]]));
    writer.setStates(new Map([["2001:db8::7", undefined]]));
    expect(told).to.deep.equal([key, key]);
    writer.setStates(new Map([["2001:db8::7", ANNOUNCING]]));
    expect(writer.states.get(key)).to.deep.equal(ANNOUNCING);
  });

  it("tells that a stand-in has taken an address over, once, though the placement follows only later", async () => {
    const { clock, store, applied, reasons, notes, writer, tell } = make();
    const owner = { node: "worker-2", interface: "eth0", mac: "02:00:00:00:00:03", epoch: 1, since: "x" };
    store.put(virtualIP("192.0.2.7", { nodes: ["worker-2", "worker-1"] }, { announcers: [owner] }));
    writer.start();
    const where = { interface: "eth0", mac: "02:00:00:00:00:02", since: "y" };
    const on = { ...where, epoch: 1, step: 1, reason: "HolderDead" } as const;
    tell({ kind: "Announcing", on: [{ ...on, provisional: false }] });
    await clock.advanceAsync(100);
    const { announcers = [] } = (applied[0]?.status ?? {}) as VirtualIPStatus;
    expect(announcers.map(({ node, step }) => [node, step])).to.deep.equal([["worker-1", 1]]);
    expect(reasons).to.deep.equal(["Announcing"]);
    expect(notes[0])
      .to.contain("Node worker-1 answers for 192.0.2.7")
      .and.to.contain("on node worker-2 (HolderDead)");
    const put = (one: VirtualIP): void => {
      const change = store.put(one);
      if (change !== undefined) writer.changed(change);
    };
    const status = (applied[0]?.status ?? {}) as VirtualIPStatus;
    put(virtualIP("192.0.2.7", { nodes: ["worker-2", "worker-1"] }, status, "2"));
    put(virtualIP("192.0.2.7", { epoch: 2, nodes: ["worker-1", "worker-2"] }, status, "3"));
    tell({ kind: "Announcing", on: [{ ...on, epoch: 2, step: 0, provisional: false }] });
    await clock.advanceAsync(100);
    expect(applied).to.have.length(2);
    tell({
      kind: "Announcing",
      on: [{ ...on, mac: "02:00:00:00:00:99", epoch: 2, step: 0, provisional: false }],
    });
    await clock.advanceAsync(100);
    expect(reasons).to.deep.equal(["Announcing"]);
  });

  it("tells of a move on several segments once: when who had the address answers on none of them any more", async () => {
    const { clock, store, applied, notes, writer, tell } = make();
    const interfaces = ["eth0", "eth1"];
    const put = (nodes: readonly string[], epoch: number, status: VirtualIPStatus): void => {
      const version = String(applied.length * 10 + epoch);
      const change = store.put(virtualIP("192.0.2.7", { nodes, epoch, interfaces }, status, version));
      if (change !== undefined) writer.changed(change);
    };
    const written = (): VirtualIPStatus => (applied.at(-1)?.status ?? {}) as VirtualIPStatus;
    const answersOn = (...names: readonly string[]): AddressState => {
      const claim = { epoch: 2, step: 0, provisional: false, reason: "Placed" } as const;
      const since = "2026-01-02T00:00:00Z";
      return {
        kind: "Announcing",
        on: names.map((name) => ({ interface: name, mac: `mac-${name}`, since, ...claim })),
      };
    };
    const owner = {
      node: "worker-2",
      interface: "eth0",
      mac: "other",
      epoch: 1,
      since: "2026-01-01T00:00:00Z",
    };
    writer.start();
    put(["worker-2"], 1, { announcers: [owner] });
    put(["worker-1", "worker-2"], 2, { announcers: [owner] });
    tell(answersOn("eth1"));
    await clock.advanceAsync(100);
    expect(written().announcers?.map(({ node }) => node)).to.have.members(["worker-1", "worker-2"]);
    expect(written().moves).to.equal(undefined);
    expect(notes).to.deep.equal([]);

    put(["worker-1", "worker-2"], 2, {
      announcers: written().announcers?.filter((one) => one.node !== "worker-2") ?? [],
    });
    await clock.advanceAsync(100);
    expect(written().moves?.map(({ from, to }) => [from, to])).to.deep.equal([["worker-2", "worker-1"]]);
    expect(notes).to.have.length(1);
    put(["worker-1", "worker-2"], 2, written());
    tell(answersOn("eth0", "eth1"));
    await clock.advanceAsync(100);
    expect(written().announcers).to.have.length(2);
    expect(written().moves).to.have.length(1);
    expect(notes).to.have.length(1);
  });
});
