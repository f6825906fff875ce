import { addressFromBytes, type IpAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import { addressPayload, linkPayload, UP_AND_RUNNING } from "../testing/netlink.ts";
import { RTM_DELADDR, RTM_NEWADDR } from "./address.ts";
import type { Gateways } from "./gateway-table.ts";
import { InterfaceTable, sameInterfaces, weakenedInterface } from "./interface-table.ts";
import { LinkFlag, RTM_DELLINK, RTM_NEWLINK } from "./link.ts";

const NONE: Gateways = new Map();
const TENTATIVE = 0x40;
const AF_BRIDGE = 7;

describe("InterfaceTable", () => {
  let table: InterfaceTable;

  beforeEach(() => {
    table = new InterfaceTable();
  });

  it("puts links and addresses together, in order, whichever came first", () => {
    address(RTM_NEWADDR, 2, [192, 0, 2, 9]);
    link(RTM_NEWLINK, { index: 7, name: "eth1" });
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    address(RTM_NEWADDR, 2, [0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    expect(text()).to.deep.equal(["eth0 192.0.2.1 192.0.2.9 2001:db8::1", "eth1"]);
  });

  it("forgets an interface with its addresses", () => {
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    link(RTM_DELLINK, { index: 2, name: "eth0" });
    expect(text()).to.deep.equal([]);
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    expect(text()).to.deep.equal(["eth0"]);
  });

  it("hides an address while it is tentative", () => {
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    address(RTM_NEWADDR, 2, [192, 0, 2, 1], TENTATIVE);
    expect(text()).to.deep.equal(["eth0"]);
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    expect(text()).to.deep.equal(["eth0 192.0.2.1"]);
    address(RTM_DELADDR, 2, [192, 0, 2, 1]);
    expect(text()).to.deep.equal(["eth0"]);
  });

  it("does not take a port that leaves its bridge for a deleted interface", () => {
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    const why = link(RTM_DELLINK, { index: 2, name: "eth0", family: AF_BRIDGE });
    expect(why).to.equal("a link of family 7");
    expect(text()).to.deep.equal(["eth0"]);
  });

  it("forgets at the end of a dump what was not told of since its beginning", () => {
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    link(RTM_NEWLINK, { index: 3, name: "gone" });
    link(RTM_NEWLINK, { index: 4, name: "kept" });
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    address(RTM_NEWADDR, 2, [192, 0, 2, 2]);
    table.beginDump();
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    link(RTM_NEWLINK, { index: 4, name: "kept" });
    address(RTM_NEWADDR, 2, [192, 0, 2, 2]);
    link(RTM_NEWLINK, { index: 5, name: "meanwhile" });
    expect(text()).to.have.length(4);
    table.endDump();
    expect(text()).to.deep.equal(["eth0 192.0.2.2", "kept", "meanwhile"]);
  });

  it("sees a carrier only on an interface that is up, running and connected", () => {
    const carrier = (flags: number): unknown => {
      link(RTM_NEWLINK, { index: 2, name: "eth0", flags });
      return table.interfaces(NONE)[0]?.carrier;
    };
    expect(carrier(UP_AND_RUNNING)).to.equal(true);
    for (const flag of [LinkFlag.up, LinkFlag.running, LinkFlag.lowerUp])
      expect(carrier(UP_AND_RUNNING & ~flag), `without ${flag}`).to.equal(false);
  });

  it("tells an interface its own gateways", () => {
    link(RTM_NEWLINK, { index: 2, name: "eth0" });
    link(RTM_NEWLINK, { index: 3, name: "eth1" });
    const gateways: Gateways = new Map([
      [3, [gateway(1), gateway(2)]],
      [9, [gateway(3)]],
    ]);
    const told = table.interfaces(gateways).map((one) => one.gateways.map((each) => each.text));
    expect(told).to.deep.equal([[], ["192.0.2.1", "192.0.2.2"]]);
  });

  it("never throws on noise", () => {
    const type = fc.integer({ min: 15, max: 23 });
    fc.assert(
      fc.property(fc.array(fc.tuple(type, fc.uint8Array({ maxLength: 60 }))), (messages) => {
        for (const [type, payload] of messages) {
          table.apply({ type, flags: 0, sequence: 0, payload });
          weakenedInterface({ type, flags: 0, sequence: 0, payload });
        }
        table.interfaces(NONE);
      }),
    );
  });

  it("tells a difference in anything that is told of", () => {
    const seen: ReturnType<InterfaceTable["interfaces"]>[] = [];
    const variants = [
      {},
      { name: "eth9" },
      { lastByte: 9 },
      { master: 3 },
      { flags: 0x1043 },
      { flags: 0x110c3 },
    ];
    for (const variant of variants) {
      link(RTM_NEWLINK, { index: 2, name: "eth0", ...variant });
      seen.push(table.interfaces(NONE));
    }
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    seen.push(table.interfaces(NONE), []);
    for (const last of [1, 2]) seen.push(table.interfaces(new Map([[2, [gateway(last)]]])));
    seen.push(table.interfaces(new Map([[2, [gateway(1), gateway(2)]]])));
    seen.forEach((a, i) => {
      seen.forEach((b, j) => {
        expect(sameInterfaces(a, b), `${i} and ${j}`).to.equal(i === j);
      });
    });
  });

  function link(type: number, what: Parameters<typeof linkPayload>[0]): string | undefined {
    return table.apply({ type, flags: 0, sequence: 0, payload: Uint8Array.from(linkPayload(what)) });
  }

  function address(type: number, index: number, bytes: readonly number[], flags = 0): void {
    const payload = Uint8Array.from(addressPayload(index, bytes, flags));
    expect(table.apply({ type, flags: 0, sequence: 0, payload })).to.equal(undefined);
  }

  function text(): readonly string[] {
    return table.interfaces(NONE).map(({ name, addresses }) => {
      return [name, ...addresses.map(({ address }) => address.text)].join(" ");
    });
  }
});

describe("weakenedInterface", () => {
  const weakened = (type: number, payload: readonly number[]): number | undefined =>
    weakenedInterface({ type, flags: 0, sequence: 0, payload: Uint8Array.from(payload) });

  it("names an interface that went, went down or lost an address, and no other", () => {
    const eth0 = { index: 2, name: "eth0" };
    const noCarrier = UP_AND_RUNNING & ~LinkFlag.lowerUp & ~LinkFlag.running;
    expect(weakened(RTM_DELLINK, linkPayload(eth0))).to.equal(2);
    expect(weakened(RTM_NEWLINK, linkPayload({ ...eth0, flags: LinkFlag.broadcast }))).to.equal(2);
    expect(weakened(RTM_NEWLINK, linkPayload({ ...eth0, flags: noCarrier }))).to.equal(undefined);
    expect(weakened(RTM_NEWLINK, linkPayload(eth0))).to.equal(undefined);
    expect(weakened(RTM_DELADDR, addressPayload(2, [192, 0, 2, 1]))).to.equal(2);
    expect(weakened(RTM_NEWADDR, addressPayload(2, [192, 0, 2, 1]))).to.equal(undefined);
    expect(weakened(RTM_DELADDR, [1, 2, 3])).to.equal(undefined);
    expect(weakened(RTM_DELLINK, [1, 2, 3])).to.equal(undefined);
    expect(weakened(99, linkPayload(eth0))).to.equal(undefined);
  });
});

function gateway(last: number): IpAddress {
  return addressFromBytes(Uint8Array.of(192, 0, 2, last));
}
