import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import {
  inetAddress,
  interfaceNameOption,
  intOption,
  linkAddress,
  multicastRequest,
  netlinkAddress,
  netlinkPortId,
} from "./sockaddr.ts";

describe("socket addresses", () => {
  it("lay out a sockaddr_ll", () => {
    expect([...linkAddress(0x0806, 0x01020304)]).to.deep.equal([
      ...[17, 0], // family AF_PACKET
      ...[0x08, 0x06], // EtherType, network order
      ...[0x04, 0x03, 0x02, 0x01], // interface index
      ...[0, 0], // device type
      0, // packet type
      0, // address length
      ...[0, 0, 0, 0, 0, 0, 0, 0], // address
    ]);
  });

  it("lay out a sockaddr_nl", () => {
    expect([...netlinkAddress(0x111)]).to.deep.equal([
      ...[16, 0], // family AF_NETLINK
      ...[0, 0], // padding
      ...[0, 0, 0, 0], // port id: the kernel chooses
      ...[0x11, 0x01, 0, 0], // groups 1, 5 and 9
    ]);
  });

  it("tell the port id of a sockaddr_nl", () => {
    expect(netlinkPortId(Uint8Array.of(16, 0, 0, 0, 0x78, 0x56, 0x34, 0xf2, 0, 0, 0, 0))).to.equal(
      0xf2345678,
    );
  });

  it("lay out a sockaddr_in", () => {
    expect([...inetAddress(address("192.0.2.7"), 7950, 3)]).to.deep.equal([
      ...[2, 0], // family AF_INET
      ...[0x1f, 0x0e], // port, network order
      ...[192, 0, 2, 7], // address
      ...[0, 0, 0, 0, 0, 0, 0, 0], // padding
    ]);
  });

  it("lay out a sockaddr_in6", () => {
    expect([...inetAddress(address("fe80::1:2"), 7950, 0x01020304)]).to.deep.equal([
      ...[10, 0], // family AF_INET6
      ...[0x1f, 0x0e], // port, network order
      ...[0, 0, 0, 0], // flow info
      ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2], // address
      ...[0x04, 0x03, 0x02, 0x01], // scope id
    ]);
  });
});

describe("option values", () => {
  it("lay out a packet_mreq", () => {
    expect([...multicastRequest(3, macToBytes("33:33:ff:01:02:03" as Mac))]).to.deep.equal([
      ...[3, 0, 0, 0], // interface index
      ...[0, 0], // type PACKET_MR_MULTICAST
      ...[6, 0], // address length
      ...[0x33, 0x33, 0xff, 0x01, 0x02, 0x03, 0, 0], // address
    ]);
  });

  it("refuse a group address that is not a MAC", () => {
    expect(() => multicastRequest(3, new Uint8Array(7))).to.throw(RangeError, "not 7");
  });

  it("lay out the name of an interface", () => {
    expect(interfaceNameOption("eth0")).to.deep.equal(Uint8Array.of(0x65, 0x74, 0x68, 0x30));
    expect(interfaceNameOption("a23456789012345")).to.have.length(15);
  });

  for (const [what, name] of [
    ["an empty name", ""],
    ["a name of 16 bytes", "a234567890123456"],
    ["a name of 15 characters that are more bytes", "a2345678901234ü"],
    ["a name with a zero byte", "eth0\0"],
  ] as const) {
    it(`do not take ${what} for that of an interface`, () => {
      expect(interfaceNameOption(name)).to.equal(undefined);
    });
  }

  it("lay out an int", () => {
    expect([...intOption(-2)]).to.deep.equal([0xfe, 0xff, 0xff, 0xff]);
  });
});

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
