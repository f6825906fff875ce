import { expect } from "chai";
import fc from "fast-check";
import { LinkFlag, readLink } from "./link.ts";

/** A veth in a bridge, as `ip link` made the kernel tell it; attributes of no interest left out. */
const LINK = [
  0, // family AF_UNSPEC
  0, // padding
  ...[1, 0], // device type ARPHRD_ETHER
  ...[6, 0, 0, 0], // index
  ...[0x43, 0x10, 0x01, 0], // flags: up, broadcast, running, multicast, lower up
  ...[0, 0, 0, 0], // change mask
  ...[10, 0, 3, 0, 0x6c, 0x65, 0x66, 0x74, 0x30, 0, 0, 0], // IFLA_IFNAME "left0", padding
  ...[8, 0, 4, 0, 0xdc, 0x05, 0, 0], // IFLA_MTU 1500
  ...[8, 0, 10, 0, 3, 0, 0, 0], // IFLA_MASTER 3
  ...[10, 0, 1, 0, 0x02, 0xfc, 0, 0, 0, 0x01, 0, 0], // IFLA_ADDRESS, padding
];

describe("readLink", () => {
  it("reads name, MAC, flags and master", () => {
    expect(readLink(Uint8Array.from(LINK))).to.deep.equal({
      ok: true,
      value: {
        family: 0,
        index: 6,
        flags: LinkFlag.up | LinkFlag.broadcast | LinkFlag.running | LinkFlag.lowerUp | 0x1000,
        name: "left0",
        mac: "02:fc:00:00:00:01",
        master: 3,
      },
    });
  });

  it("gives no MAC to what is not Ethernet", () => {
    const tunnel = LINK.with(2, 0x08).with(3, 0x03); // ARPHRD_IPGRE
    const read = readLink(Uint8Array.from(tunnel));
    expect(read.ok && read.value.mac).to.equal(undefined);
    const shortMac = readLink(Uint8Array.from([...LINK.slice(0, -12), 8, 0, 1, 0, 10, 0, 0, 1]));
    expect(shortMac.ok && shortMac.value.mac).to.equal(undefined);
  });

  it("says why it refuses", () => {
    const reason = (bytes: readonly number[]): unknown => readLink(Uint8Array.from(bytes));
    const refused = (error: string): unknown => ({ ok: false, error });
    expect(reason(LINK.slice(0, 15))).to.deep.equal(refused("a link message of 15 bytes is too short"));
    expect(reason(LINK.slice(0, 16))).to.deep.equal(refused("a link message without a name"));
    expect(reason(LINK.with(4, 0))).to.deep.equal(refused("0 is not an interface index"));
    expect(reason(LINK.slice(0, -3))).to.deep.equal(refused("attribute length 10 with 9 bytes left"));
  });

  it("never throws on noise", () => {
    const noise = fc.tuple(fc.uint8Array({ maxLength: 120 }), fc.nat(LINK.length));
    fc.assert(
      fc.property(noise, ([bytes, keep]) => {
        readLink(bytes);
        readLink(Uint8Array.from([...LINK.slice(0, keep), ...bytes]));
      }),
    );
  });
});
