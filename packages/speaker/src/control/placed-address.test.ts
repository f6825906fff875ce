import type { Placement, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { samePlaced } from "../announcements/snapshot.ts";
import { virtualIP } from "../testing/virtual-ip.ts";
import { placedAddress } from "./placed-address.ts";

const told = (one: VirtualIP): unknown => {
  const placed = placedAddress(one);
  return placed.ok ? placed.value : placed.error;
};

describe("what a VirtualIP means for the wire", () => {
  it("an address that is placed here, with all that was decided", () => {
    const placement: Placement = {
      epoch: 4,
      nodes: ["worker-1", "worker-2"],
      interfaces: ["eth1"],
      protocols: ["Layer2"],
    };
    expect(told(virtualIP("192.0.2.7", placement))).to.deep.include({
      epoch: 4,
      nodes: ["worker-1", "worker-2"],
      interfaces: ["eth1"],
    });
    expect(told(virtualIP("2001:db8::7"))).to.deep.include({ epoch: 1, interfaces: undefined });
  });

  it("an address, on whatever nodes it is placed", () => {
    for (const nodes of [["worker-2", "worker-1"], ["worker-2"]])
      expect(told(virtualIP("192.0.2.7", { nodes }))).to.deep.include({ nodes });
  });

  it("an address that nobody is recorded to announce is announced for the first time", () => {
    const announcer = { node: "worker-9", interface: "eth0", mac: "02:00:00:00:00:09", epoch: 1, since: "x" };
    expect(told(virtualIP("192.0.2.7"))).to.deep.include({ first: true });
    expect(told(virtualIP("192.0.2.7", {}, { announcers: [] }))).to.deep.include({ first: true });
    expect(told(virtualIP("192.0.2.7", {}, { announcers: [announcer] }))).to.deep.include({ first: false });
  });

  it("an address that is recorded to be announced by another node than the owner may be elsewhere", () => {
    const by = (...names: readonly string[]) => ({
      announcers: names.map((node) => ({
        node,
        interface: "eth0",
        mac: "02:00:00:00:00:09",
        epoch: 1,
        since: "x",
      })),
    });
    const nodes = ["worker-1", "worker-2"];
    for (const names of [[], ["worker-1"]])
      expect(told(virtualIP("192.0.2.7", { nodes }, by(...names)))).to.deep.include({ nowhereElse: true });
    for (const names of [["worker-2"], ["worker-9"], ["worker-1", "worker-2"]])
      expect(told(virtualIP("192.0.2.7", { nodes }, by(...names)))).to.deep.include({ nowhereElse: false });
  });

  it("nothing if it is placed nowhere, or made known otherwise", () => {
    const { placement: _, ...unplaced } = virtualIP("192.0.2.7").spec;
    expect(told({ ...virtualIP("192.0.2.7"), spec: unplaced })).to.equal(undefined);
    expect(told(virtualIP("192.0.2.7", { nodes: [] }))).to.equal(undefined);
    expect(told(virtualIP("192.0.2.7", { protocols: [] }))).to.equal(undefined);
  });

  it("a reason if the address is none, or belongs to an object of another name", () => {
    const one = virtualIP("192.0.2.7");
    expect(told({ ...one, spec: { ...one.spec, address: "192.0.2.300" } })).to.match(
      /^spec\.address "192\.0\.2\.300"/,
    );
    expect(told({ ...one, spec: { ...one.spec, address: "192.0.2.8" } })).to.equal(
      "spec.address 192.0.2.8 does not belong to an object of this name; delete it and create 192.0.2.8",
    );
  });

  it("is compared field by field", () => {
    const of = (placement: Partial<Placement>) => {
      const placed = placedAddress(virtualIP("192.0.2.7", placement));
      return placed.ok ? placed.value : undefined;
    };
    expect(samePlaced(of({}), of({}))).to.equal(true);
    expect(samePlaced(undefined, undefined)).to.equal(true);
    expect(samePlaced(of({}), undefined)).to.equal(false);
    const known = of({});
    expect(samePlaced(known, known && { ...known, first: false }), "no part of the decision").to.equal(true);
    for (const other of [
      { epoch: 2 },
      { nodes: ["worker-1", "worker-2"] },
      { interfaces: ["eth0"] },
      { nodes: [] },
    ])
      expect(samePlaced(of({}), of(other))).to.equal(false);
    expect(samePlaced(of({ interfaces: ["eth0"] }), of({ interfaces: ["eth0"] }))).to.equal(true);
    expect(samePlaced(of({ interfaces: ["eth0"] }), of({ interfaces: ["eth1"] }))).to.equal(false);
  });
});
