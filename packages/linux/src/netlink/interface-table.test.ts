import { expect } from "chai";
import fc from "fast-check";
import { addressPayload, linkPayload, UP_AND_RUNNING } from "../testing/netlink.ts";
import { RTM_DELADDR, RTM_NEWADDR } from "./address.ts";
import { InterfaceTable, sameInterfaces } from "./interface-table.ts";
import { LinkFlag, RTM_DELLINK, RTM_NEWLINK } from "./link.ts";

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
      return table.interfaces()[0]?.carrier;
    };
    expect(carrier(UP_AND_RUNNING)).to.equal(true);
    for (const flag of [LinkFlag.up, LinkFlag.running, LinkFlag.lowerUp])
      expect(carrier(UP_AND_RUNNING & ~flag), `without ${flag}`).to.equal(false);
  });

  it("never throws on noise", () => {
    const type = fc.integer({ min: 15, max: 23 });
    fc.assert(
      fc.property(fc.array(fc.tuple(type, fc.uint8Array({ maxLength: 60 }))), (messages) => {
        for (const [kind, payload] of messages) table.apply({ type: kind, flags: 0, sequence: 0, payload });
        table.interfaces();
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
      seen.push(table.interfaces());
    }
    address(RTM_NEWADDR, 2, [192, 0, 2, 1]);
    seen.push(table.interfaces(), []);
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
    return table.interfaces().map(({ name, addresses }) => {
      return [name, ...addresses.map(({ address }) => address.text)].join(" ");
    });
  }
});
