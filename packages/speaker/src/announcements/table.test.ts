import { expect } from "chai";
import fc from "fast-check";
import { address, eth, mac, placed } from "../testing/values.ts";
import type { Announcement } from "./announcement.ts";
import type { PresentInterface } from "./present-interface.ts";
import type { Right } from "./right.ts";
import type { PlacedAddress } from "./snapshot.ts";
import { AnnouncementTable, type TableChange } from "./table.ts";

const LAN = eth("eth0", 2, ["192.0.2.1/24", "2001:db8::1/64"]);

const OWN: Right = { kind: "Own" };

function make(): AnnouncementTable {
  return new AnnouncementTable({ excluded: ["veth*"] });
}

function set(table: AnnouncementTable, ...some: readonly PlacedAddress[]): TableChange {
  return table.update({ set: some, removed: [] });
}

/** Which addresses start and stop. */
function steps(change: TableChange): { started: readonly string[]; stopped: readonly string[] } {
  const names = (some: TableChange["started"]): readonly string[] =>
    some.map((one) => `${one.address.text}@${one.interfaceName}/${one.mac.slice(-2)}`);
  return { started: names(change.started), stopped: names(change.stopped) };
}

/** A table with `LAN` in which these addresses are placed here, with the right to answer for them on `LAN`. */
function answering(...texts: readonly string[]): AnnouncementTable {
  const table = make();
  table.setInterfaces([LAN]);
  set(table, ...texts.map((text) => placed(text)));
  for (const text of texts) table.setRights(LAN.index, [{ address: address(text), right: OWN }]);
  return table;
}

describe("AnnouncementTable", () => {
  it("holds what somebody gave the right to, by interface and address", () => {
    const table = answering("192.0.2.100", "2001:db8::100");
    set(table, placed("192.0.2.101"));
    const places = (text: string) => table.live(text).map((on) => [on.interfaceIndex, on.mac, on.caretaking]);
    expect(places("192.0.2.100")).to.deep.equal([[2, "02:00:00:00:00:02", false]]);
    expect(places("2001:db8::100")).to.deep.equal([[2, "02:00:00:00:00:02", false]]);
    expect(places("192.0.2.101"), "placed, without a right").to.deep.equal([]);
    expect([...table.outcomes.keys()]).to.deep.equal(["192.0.2.100", "2001:db8::100", "192.0.2.101"]);
  });

  it("starts with the right, stops with it, and says nothing of what stays", () => {
    const table = make();
    table.setInterfaces([LAN]);
    const decided = set(table, placed("192.0.2.100"));
    expect(steps(decided)).to.deep.equal({ started: [], stopped: [] });
    expect(decided.outcomes.get("192.0.2.100")?.resolution.kind).to.equal("Announce");
    const given = table.setRights(2, [{ address: address("192.0.2.100"), right: OWN }]);
    expect(steps(given)).to.deep.equal({ started: ["192.0.2.100@eth0/02"], stopped: [] });
    expect(given.outcomes.size).to.equal(0);
    for (const again of [
      set(table, placed("192.0.2.100")),
      table.setRights(2, [{ address: address("192.0.2.100"), right: OWN }]),
    ]) {
      expect(steps(again)).to.deep.equal({ started: [], stopped: [] });
      expect(again.outcomes.size).to.equal(0);
    }
    const taken = table.setRights(2, [{ address: address("192.0.2.100"), right: undefined }]);
    expect(steps(taken)).to.deep.equal({ started: [], stopped: ["192.0.2.100@eth0/02"] });
    expect(table.live("192.0.2.100")).to.deep.equal([]);
    expect(table.outcomes.has("192.0.2.100"), "it is still placed").to.equal(true);
  });

  it("stops what is not placed any more, whatever the right", () => {
    const table = answering("192.0.2.100");
    const gone = table.update({ set: [], removed: [address("192.0.2.100")] });
    expect(steps(gone)).to.deep.equal({ started: [], stopped: ["192.0.2.100@eth0/02"] });
    expect([...gone.outcomes]).to.deep.equal([["192.0.2.100", undefined]]);
    expect(table.live("192.0.2.100")).to.deep.equal([]);
  });

  it("does not interrupt what is answered for under a new decision", () => {
    const table = answering("192.0.2.100");
    const change = set(table, placed("192.0.2.100", { epoch: 3, nodes: ["worker-2", "worker-1"] }));
    expect(steps(change)).to.deep.equal({ started: [], stopped: [] });
    expect(change.outcomes.get("192.0.2.100")?.placed.epoch).to.equal(3);
  });

  it("gives out the dead holder's MAC when caretaking, and its own again with the own right", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(table, placed("192.0.2.100"));
    const right = { kind: "Caretaking", mac: mac("02:00:00:00:00:77") } as const;
    expect(
      steps(table.setRights(2, [{ address: address("192.0.2.100"), right: right }])).started,
    ).to.deep.equal(["192.0.2.100@eth0/77"]);
    const [caretaken] = table.live("192.0.2.100");
    expect(caretaken).to.include({ caretaking: true, mac: "02:00:00:00:00:77" });
    expect([...(caretaken?.macBytes ?? [])]).to.deep.equal([2, 0, 0, 0, 0, 0x77]);
    expect(steps(table.setRights(2, [{ address: address("192.0.2.100"), right: OWN }]))).to.deep.equal({
      started: ["192.0.2.100@eth0/02"],
      stopped: ["192.0.2.100@eth0/77"],
    });
    expect(table.live("192.0.2.100").map(({ caretaking }) => caretaking)).to.deep.equal([false]);
  });

  it("answers only where a right was given, of several interfaces", () => {
    const table = make();
    table.setInterfaces([LAN, eth("eth1", 3, ["198.51.100.1/24"])]);
    set(table, placed("203.0.113.9", { interfaces: ["eth0", "eth1"] }));
    table.setRights(3, [{ address: address("203.0.113.9"), right: OWN }]);
    expect(table.live("203.0.113.9").map(({ interfaceName }) => interfaceName)).to.deep.equal(["eth1"]);
    table.setRights(2, [{ address: address("203.0.113.9"), right: OWN }]);
    table.setRights(3, [{ address: address("203.0.113.9"), right: undefined }]);
    expect(table.live("203.0.113.9").map(({ interfaceName }) => interfaceName)).to.deep.equal(["eth0"]);
  });

  it("stops and starts all addresses of an interface whose MAC changes", () => {
    const table = answering("192.0.2.100", "192.0.2.101");
    const change = table.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(steps(change)).to.deep.equal({
      started: ["192.0.2.100@eth0/99", "192.0.2.101@eth0/99"],
      stopped: ["192.0.2.100@eth0/02", "192.0.2.101@eth0/02"],
    });
    expect([...(change.started[0]?.macBytes ?? [])]).to.deep.equal([2, 0, 0, 0, 0, 0x99]);
  });

  it("tells a new name of an interface without starting anew", () => {
    const table = answering("192.0.2.100");
    const change = table.setInterfaces([{ ...LAN, name: "lan0" }]);
    expect(steps(change)).to.deep.equal({ started: [], stopped: [] });
    expect(change.outcomes.has("192.0.2.100")).to.equal(true);
  });

  it("stops on an interface that goes, and waits for the right on one that comes back under another index", () => {
    const table = answering("192.0.2.100");
    const gone = table.setInterfaces([]);
    expect(gone.stopped).to.have.length(1);
    expect(gone.outcomes.get("192.0.2.100")?.resolution.kind).to.equal("Refused");
    const back = table.setInterfaces([{ ...LAN, index: 17 }]);
    expect(back.started).to.deep.equal([]);
    expect(
      table.setRights(17, [{ address: address("192.0.2.100"), right: OWN }]).started[0]?.interfaceIndex,
    ).to.equal(17);
    expect(table.live("192.0.2.100").map(({ interfaceIndex }) => interfaceIndex)).to.deep.equal([17]);
  });

  it("comes to the same whatever the order in which things are learnt", () => {
    const interfaces = fc
      .subarray<PresentInterface>([
        LAN,
        eth("eth1", 3, ["192.0.2.2/24"]),
        eth("eth2", 4, ["198.51.100.1/24"]),
        eth("veth1", 5, ["203.0.113.1/24"]),
        eth("eth3", 6, ["198.51.100.2/24"], { carrier: false }),
      ])
      .map((some) => ({ kind: "Interfaces", some }) as const);
    const text = fc.constantFrom("192.0.2.100", "198.51.100.7", "2001:db8::5", "203.0.113.9");
    const decision = fc
      .record({
        text,
        epoch: fc.integer({ min: 1, max: 3 }),
        here: fc.boolean(),
        named: fc.option(fc.constantFrom("eth0", "eth1", "veth1")),
      })
      .map(({ text, epoch, here, named }) => {
        const nodes = here ? ["worker-1"] : ["worker-2"];
        const one = placed(text, { epoch, nodes, interfaces: named === null ? undefined : [named] });
        return { kind: "Placed", one } as const;
      });
    const removal = text.map((text) => ({ kind: "Removed", text }) as const);
    const right = fc
      .record({
        text,
        index: fc.integer({ min: 2, max: 6 }),
        right: fc.constantFrom<Right | undefined>(OWN, undefined, {
          kind: "Caretaking",
          mac: mac("02:00:00:00:00:77"),
        }),
      })
      .map((given) => ({ kind: "Right", ...given }) as const);
    fc.assert(
      fc.property(fc.array(fc.oneof(interfaces, decision, removal, right)), (history) => {
        const table = make();
        const live = new Set<string>();
        const last = new Map<string, PlacedAddress>();
        const rights = new Map<string, () => void>();
        const fresh = make();
        let present: readonly PresentInterface[] = [];
        for (const step of history) {
          const change = carriedOut(table, step);
          if (step.kind === "Interfaces") present = step.some;
          if (step.kind === "Placed") last.set(step.one.address.text, step.one);
          if (step.kind === "Removed") last.delete(step.text);
          if (step.kind === "Right") rights.set(`${step.text}%${step.index}`, () => carriedOut(fresh, step));
          for (const one of change.stopped) expect(live.delete(placeOf(one))).to.equal(true);
          for (const one of change.started) live.add(placeOf(one));
        }
        for (const give of [...rights.values()].reverse()) give();
        set(fresh, ...[...last.values()].reverse());
        fresh.setInterfaces(present);
        const told = (of: AnnouncementTable): unknown =>
          [...of.outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(told(table)).to.deep.equal(told(fresh));
        const answered = (of: AnnouncementTable): readonly string[] =>
          [...of.outcomes.keys()].flatMap((key) => of.live(key).map(placeOf)).sort();
        expect(answered(table)).to.deep.equal(answered(fresh));
        expect([...live].sort()).to.deep.equal(answered(fresh));
      }),
    );
  });
});

type Step =
  | { readonly kind: "Interfaces"; readonly some: readonly PresentInterface[] }
  | { readonly kind: "Placed"; readonly one: PlacedAddress }
  | { readonly kind: "Removed"; readonly text: string }
  | {
      readonly kind: "Right";
      readonly text: string;
      readonly index: number;
      readonly right: Right | undefined;
    };

function carriedOut(table: AnnouncementTable, step: Step): TableChange {
  switch (step.kind) {
    case "Interfaces":
      return table.setInterfaces(step.some);
    case "Placed":
      return set(table, step.one);
    case "Removed":
      return table.update({ set: [], removed: [address(step.text)] });
    case "Right":
      return table.setRights(step.index, [{ address: address(step.text), right: step.right }]);
  }
}

function placeOf({ address: { text }, interfaceIndex, mac: given }: Announcement): string {
  return `${text}%${interfaceIndex} ${given}`;
}
