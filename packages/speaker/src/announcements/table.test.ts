import { expect } from "chai";
import fc from "fast-check";
import { eth, mac, placed } from "../testing/values.ts";
import { key4, words6 } from "./address-key.ts";
import type { PresentInterface } from "./present-interface.ts";
import type { PlacedAddress } from "./snapshot.ts";
import { AnnouncementTable, type TableChange } from "./table.ts";

const LAN = eth("eth0", 2, ["192.0.2.1/24", "2001:db8::1/64"]);

function make(): AnnouncementTable {
  return new AnnouncementTable({ node: "worker-1", excluded: ["veth*"] });
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

describe("AnnouncementTable", () => {
  it("holds what is placed here, by interface and address", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(
      table,
      placed("192.0.2.100"),
      placed("2001:db8::100"),
      placed("192.0.2.101", { nodes: ["worker-2", "worker-1"] }),
    );
    const on = table.onInterface(2);
    expect(on?.v4.get(key4(placed("192.0.2.100").address))?.mac).to.equal("02:00:00:00:00:02");
    expect(on?.v4.get(key4(placed("192.0.2.101").address))).to.equal(undefined);
    expect(on?.v6.get(...words6(placed("2001:db8::100").address))?.mac).to.equal("02:00:00:00:00:02");
    expect(table.onInterface(3)).to.equal(undefined);
    expect([...table.outcomes.keys()]).to.deep.equal(["192.0.2.100", "2001:db8::100"]);
  });

  it("starts, stops and says nothing of what stays", () => {
    const table = make();
    table.setInterfaces([LAN]);
    expect(steps(set(table, placed("192.0.2.100")))).to.deep.equal({
      started: ["192.0.2.100@eth0/02"],
      stopped: [],
    });
    const again = set(table, placed("192.0.2.100"));
    expect(steps(again)).to.deep.equal({ started: [], stopped: [] });
    expect(again.outcomes.size).to.equal(0);
    const gone = table.update({ set: [], removed: [placed("192.0.2.100").address] });
    expect(steps(gone)).to.deep.equal({ started: [], stopped: ["192.0.2.100@eth0/02"] });
    expect([...gone.outcomes]).to.deep.equal([["192.0.2.100", undefined]]);
    expect(table.onInterface(2)).to.equal(undefined);
  });

  it("starts again under a new epoch: it may have been elsewhere meanwhile", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(table, placed("192.0.2.100"));
    expect(steps(set(table, placed("192.0.2.100", { epoch: 3 })))).to.deep.equal({
      started: ["192.0.2.100@eth0/02"],
      stopped: [],
    });
  });

  it("stops and starts all addresses of an interface whose MAC changes", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(table, placed("192.0.2.100"), placed("192.0.2.101"));
    const change = table.setInterfaces([{ ...LAN, mac: mac("02:00:00:00:00:99") }]);
    expect(steps(change)).to.deep.equal({
      started: ["192.0.2.100@eth0/99", "192.0.2.101@eth0/99"],
      stopped: ["192.0.2.100@eth0/02", "192.0.2.101@eth0/02"],
    });
    expect([...(table.onInterface(2)?.macBytes ?? [])]).to.deep.equal([2, 0, 0, 0, 0, 0x99]);
  });

  it("tells a new name of an interface without starting anew", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(table, placed("192.0.2.100"));
    const change = table.setInterfaces([{ ...LAN, name: "lan0" }]);
    expect(steps(change)).to.deep.equal({ started: [], stopped: [] });
    expect(change.outcomes.has("192.0.2.100")).to.equal(true);
  });

  it("follows an interface that goes and comes back under another index", () => {
    const table = make();
    table.setInterfaces([LAN]);
    set(table, placed("192.0.2.100"));
    const gone = table.setInterfaces([]);
    expect(gone.stopped).to.have.length(1);
    expect(gone.outcomes.get("192.0.2.100")?.resolution.kind).to.equal("Refused");
    const back = table.setInterfaces([{ ...LAN, index: 17 }]);
    expect(back.started[0]?.interfaceIndex).to.equal(17);
    expect(table.onInterface(2)).to.equal(undefined);
  });

  it("comes to the same whatever the order in which things are learnt", () => {
    const interfaces = fc.subarray<PresentInterface>([
      LAN,
      eth("eth1", 3, ["192.0.2.2/24"]),
      eth("eth2", 4, ["198.51.100.1/24"]),
      eth("veth1", 5, ["203.0.113.1/24"]),
      eth("eth3", 6, ["198.51.100.2/24"], { carrier: false }),
    ]);
    const address = fc.constantFrom("192.0.2.100", "198.51.100.7", "2001:db8::5", "203.0.113.9");
    const one = fc
      .record({
        text: address,
        epoch: fc.integer({ min: 1, max: 3 }),
        here: fc.boolean(),
        named: fc.option(fc.constantFrom("eth0", "eth1", "veth1")),
      })
      .map(({ text, epoch, here, named }) =>
        placed(text, {
          epoch,
          nodes: here ? ["worker-1"] : ["worker-2"],
          interfaces: named === null ? undefined : [named],
        }),
      );
    const step = fc.oneof(interfaces, one);
    fc.assert(
      fc.property(fc.array(step), (history) => {
        const table = make();
        const live = new Set<string>();
        const last = new Map<string, PlacedAddress>();
        let present: readonly PresentInterface[] = [];
        for (const item of history) {
          const change = "address" in item ? set(table, item) : table.setInterfaces(item);
          if ("address" in item) last.set(item.address.text, item);
          else present = item;
          for (const {
            address: { text },
            interfaceIndex,
          } of change.stopped) {
            expect(live.delete(`${text}%${interfaceIndex}`)).to.equal(true);
          }
          for (const {
            address: { text },
            interfaceIndex,
          } of change.started)
            live.add(`${text}%${interfaceIndex}`);
        }
        const fresh = make();
        set(fresh, ...[...last.values()].reverse());
        fresh.setInterfaces(present);
        const told = (of: AnnouncementTable): unknown =>
          [...of.outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(told(table)).to.deep.equal(told(fresh));
        const announced = [...fresh.outcomes.values()].flatMap(({ resolution }) =>
          resolution.kind === "Announce"
            ? resolution.on.map((on) => `${on.address.text}%${on.interfaceIndex}`)
            : [],
        );
        expect([...live].sort()).to.deep.equal(announced.sort());
      }),
    );
  });
});
