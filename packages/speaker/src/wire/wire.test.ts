import type { Family } from "@fairlead/net/address.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { AnnouncementTable, type TableChange } from "../announcements/table.ts";
import { address, eth, mac, placed } from "../testing/values.ts";
import type { AddressState, FromWire } from "./messages.ts";
import { Wire } from "./wire.ts";

const LAN = eth("eth0", 2, ["192.0.2.1/24"]);

function make() {
  const clock = new FakeClock(new Date("2026-03-01T12:00:00.750Z"));
  const posted: FromWire[] = [];
  const applied: TableChange[] = [];
  const carrier = {
    failure: undefined as string | undefined,
    stopped: false,
    apply: (change: TableChange) => applied.push(change),
    failureOn: (_index: number, _family: Family) => carrier.failure,
    stop: () => {
      carrier.stopped = true;
    },
  };
  let ended = 0;
  const wire = new Wire({
    table: new AnnouncementTable({ node: "worker-1", excluded: [] }),
    carrier,
    clock,
    post: (message) => posted.push(message),
    onStop: () => ended++,
  });
  const place = (...some: Parameters<typeof placed>[]): void =>
    wire.take({ type: "update", update: { set: some.map((one) => placed(...one)), removed: [] } });
  /** The states told since the last look. */
  const told = (): readonly (readonly [string, AddressState | undefined])[] =>
    posted.splice(0).flatMap((message) => (message.type === "states" ? [...message.states] : []));
  return { clock, wire, carrier, applied, posted, place, told, ended: () => ended };
}

const ANNOUNCING = {
  kind: "Announcing",
  epoch: 1,
  on: [{ interface: "eth0", mac: "02:00:00:00:00:02", since: "2026-03-01T12:00:00Z" }],
};

describe("Wire", () => {
  it("decides nothing before the interfaces are known", () => {
    const { wire, place, told, posted } = make();
    place(["192.0.2.100"]);
    expect(posted).to.deep.equal([]);
    wire.setInterfaces([LAN]);
    expect(posted[0]).to.deep.equal({ type: "interfaces", interfaces: [LAN] });
    expect(told()).to.deep.equal([["192.0.2.100", ANNOUNCING]]);
  });

  it("tells what changed and nothing else", () => {
    const { wire, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"], ["203.0.113.1"]);
    const [first, second] = told();
    expect(first).to.deep.equal(["192.0.2.100", ANNOUNCING]);
    expect(second?.[1]).to.include({ kind: "Refused", epoch: 1, reason: "NoInterface" });
    place(["192.0.2.100"], ["203.0.113.1"]);
    wire.setInterfaces([LAN]);
    expect(told()).to.deep.equal([]);
    wire.take({ type: "update", update: { set: [], removed: [address("192.0.2.100")] } });
    expect(told()).to.deep.equal([["192.0.2.100", undefined]]);
  });

  it("keeps since when an address is answered over epochs, not over interruptions", () => {
    const { clock, wire, place, told } = make();
    const since = (): string | undefined => {
      const state = told()[0]?.[1];
      return state?.kind === "Announcing" ? state.on[0]?.since : undefined;
    };
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    expect(since()).to.equal("2026-03-01T12:00:00Z");
    clock.advance(60_000);
    place(["192.0.2.100", { epoch: 2 }]);
    expect(since()).to.equal("2026-03-01T12:00:00Z");
    wire.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(since()).to.equal("2026-03-01T12:01:00Z");
  });

  it("tells a socket that failed, and that it is well again", () => {
    const { wire, carrier, place, told } = make();
    wire.setInterfaces([LAN]);
    place(["192.0.2.100"]);
    told();
    carrier.failure = "socket failed: EPERM";
    wire.failureChanged(2);
    const [[, state] = []] = told();
    expect(state).to.include({ kind: "Refused", reason: "SocketFailed" });
    expect(state?.kind === "Refused" && state.message).to.contain("on eth0, socket failed: EPERM");
    wire.failureChanged(9);
    expect(told()).to.deep.equal([]);
    carrier.failure = undefined;
    wire.failureChanged(2);
    expect(told()).to.deep.equal([["192.0.2.100", ANNOUNCING]]);
  });

  it("answers a ping", () => {
    const { wire, posted } = make();
    wire.take({ type: "ping", id: 7 });
    expect(posted).to.deep.equal([{ type: "pong", id: 7 }]);
  });

  it("stops answering when told to, says so, and does nothing afterwards", () => {
    const { wire, carrier, applied, posted, place, ended } = make();
    wire.setInterfaces([LAN]);
    wire.take({ type: "stop" });
    expect(carrier.stopped).to.equal(true);
    expect(posted.at(-1)).to.deep.equal({ type: "stopped" });
    const before = applied.length;
    place(["192.0.2.100"]);
    wire.setInterfaces([]);
    wire.take({ type: "stop" });
    expect(applied).to.have.length(before);
    expect(ended()).to.equal(1);
  });
});
