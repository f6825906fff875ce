import type { Mac } from "@fairlead/net/mac.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import { intOption, linkAddress, multicastRequest, netlinkAddress, netlinkPortId } from "./sockaddr.ts";

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

  it("lay out an int", () => {
    expect([...intOption(-2)]).to.deep.equal([0xfe, 0xff, 0xff, 0xff]);
  });
});
