import { expect } from "chai";
import fc from "fast-check";
import { addressPayload } from "../testing/netlink.ts";
import { readAddress } from "./address.ts";

/** 192.0.2.1/24 on interface 6, as the kernel tells it. */
const IPV4 = [
  2, // family AF_INET
  24, // prefix length
  0x80, // flags: permanent
  0, // scope: universe
  ...[6, 0, 0, 0], // interface index
  ...[8, 0, 1, 0, 192, 0, 2, 1], // IFA_ADDRESS
  ...[8, 0, 2, 0, 192, 0, 2, 1], // IFA_LOCAL
  ...[8, 0, 8, 0, 0x80, 0, 0, 0], // IFA_FLAGS
];

const IPV6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const OPTIMISTIC = 0x04;
const DADFAILED = 0x08;
const TENTATIVE = 0x40;
const PERMANENT = 0x80;

describe("readAddress", () => {
  it("reads an IPv4 address", () => {
    const read = readAddress(Uint8Array.from(IPV4));
    if (!read.ok) throw new Error(read.error);
    expect(read.value).to.include({ interfaceIndex: 6, prefixLength: 24, usable: true });
    expect(read.value.address.text).to.equal("192.0.2.1");
  });

  it("reads an IPv6 address", () => {
    const read = readAddress(Uint8Array.from(addressPayload(6, IPV6, PERMANENT)));
    expect(read.ok && read.value.address.text).to.equal("2001:db8::1");
  });

  it("takes our own address of a point-to-point link, not the peer's", () => {
    const read = readAddress(Uint8Array.from(IPV4.with(15, 9))); // IFA_ADDRESS 192.0.2.9
    expect(read.ok && read.value.address.text).to.equal("192.0.2.1");
  });

  it("knows an address as usable once duplicate address detection is through", () => {
    const usable = (flags: number): unknown => {
      const read = readAddress(Uint8Array.from(addressPayload(6, IPV6, flags)));
      return read.ok && read.value.usable;
    };
    expect(usable(PERMANENT)).to.equal(true);
    expect(usable(PERMANENT | TENTATIVE)).to.equal(false);
    expect(usable(PERMANENT | TENTATIVE | DADFAILED)).to.equal(false);
    expect(usable(TENTATIVE | OPTIMISTIC)).to.equal(true);
    expect(usable(OPTIMISTIC | DADFAILED)).to.equal(false);
  });

  it("reads the flags of the header where there is no attribute", () => {
    const read = readAddress(Uint8Array.from(IPV4.slice(0, -8).with(2, TENTATIVE)));
    expect(read.ok && read.value.usable).to.equal(false);
  });

  it("says why it refuses", () => {
    const reason = (bytes: readonly number[]): unknown => readAddress(Uint8Array.from(bytes));
    const refused = (error: string): unknown => ({ ok: false, error });
    expect(reason(IPV4.slice(0, 7))).to.deep.equal(refused("an address message of 7 bytes is too short"));
    expect(reason(IPV4.slice(0, 8))).to.deep.equal(refused("an address of 0 bytes in family 2"));
    expect(reason(IPV4.with(0, 10))).to.deep.equal(refused("an address of 4 bytes in family 10"));
    expect(reason(IPV4.with(0, 7))).to.deep.equal(refused("address family 7 is neither IPv4 nor IPv6"));
    expect(reason(IPV4.with(1, 33))).to.deep.equal(refused("prefix length 33 in family 2"));
    expect(reason(IPV4.with(4, 0))).to.deep.equal(refused("0 is not an interface index"));
  });

  it("never throws on noise", () => {
    const noise = fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.nat(IPV4.length));
    fc.assert(
      fc.property(noise, ([bytes, keep]) => {
        readAddress(bytes);
        readAddress(Uint8Array.from([...IPV4.slice(0, keep), ...bytes]));
      }),
    );
  });
});
