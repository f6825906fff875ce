import { addressToBytes } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import { address, hex } from "../../testing/values.ts";
import {
  ADVERTISEMENT_BYTES,
  isChecksumRight,
  OVERRIDE,
  SOLICITED,
  writeAdvertisement,
  writeChecksum,
} from "./packet.ts";
import { groupMac, solicitedNodeGroup } from "./solicited-node.ts";
import { writeUnsolicited } from "./unsolicited.ts";

describe("a neighbor advertisement", () => {
  it("has the layout of RFC 4861 4.4 over Ethernet", () => {
    const frame = new Uint8Array(ADVERTISEMENT_BYTES);
    writeAdvertisement(frame, {
      destination: hex("02 00 00 00 00 0a"),
      source: hex("02 00 00 00 00 02"),
      sourceAddress: addressToBytes(address("2001:db8::100")),
      destinationAddress: addressToBytes(address("2001:db8::2")),
      flags: SOLICITED | OVERRIDE,
      target: addressToBytes(address("2001:db8::100")),
      targetMac: hex("02 00 00 00 00 02"),
    });
    const expected = [
      "02 00 00 00 00 0a", // Ethernet destination
      "02 00 00 00 00 02", // Ethernet source
      "86 dd", // EtherType: IPv6
      "60 00 00 00", // version 6, no traffic class, no flow label
      "00 20", // payload length: 32
      "3a", // next header: ICMPv6
      "ff", // hop limit: 255
      "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00", // source
      "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02", // destination
      "88", // type: neighbor advertisement
      "00", // code
      "88 74", // checksum
      "60 00 00 00", // flags: solicited, override
      "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00", // target
      "02 01", // option: target link-layer address, 8 bytes
      "02 00 00 00 00 02", // the MAC
    ];
    expect(Buffer.from(frame).toString("hex")).to.equal(Buffer.from(hex(expected.join(""))).toString("hex"));
    expect(isChecksumRight(frame, 32)).to.equal(true);
  });

  it("goes to all nodes, with override alone, when nobody asked", () => {
    const frame = new Uint8Array(ADVERTISEMENT_BYTES);
    writeUnsolicited(frame, hex("02 00 00 00 00 02"), addressToBytes(address("2001:db8::100")));
    expect([...frame.subarray(0, 6)]).to.deep.equal([0x33, 0x33, 0, 0, 0, 1]);
    expect(Buffer.from(frame.subarray(38, 54)).toString("hex")).to.equal(`ff02${"0".repeat(27)}1`);
    expect(frame[58]).to.equal(0x20);
    expect(isChecksumRight(frame, 32)).to.equal(true);
  });

  it("has a checksum that no single changed byte leaves right", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 80, maxLength: 120 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (frame, at, difference) => {
          const payload = frame.length - 54;
          writeChecksum(frame, payload);
          expect(isChecksumRight(frame, payload)).to.equal(true);
          const offset = 22 + (at % (frame.length - 22));
          frame[offset] = ((frame[offset] ?? 0) + difference) & 0xff;
          expect(isChecksumRight(frame, payload)).to.equal(false);
        },
      ),
    );
  });
});

describe("the solicited-node group", () => {
  it("takes the low 24 bits of the address (RFC 4291 2.7.1)", () => {
    const group = solicitedNodeGroup(address("4037::01:800:200e:8c6c"));
    expect(group.text).to.equal("ff02::1:ff0e:8c6c");
    expect(groupMac(group)).to.equal("33:33:ff:0e:8c:6c");
  });
});
