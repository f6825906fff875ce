import { expect } from "chai";
import fc from "fast-check";
import { hex } from "../../testing/values.ts";
import { writeGratuitous } from "./gratuitous.ts";
import { ARP_FRAME_BYTES, type ArpFields, isArpHeader, readArp, writeArp } from "./packet.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

describe("an ARP frame", () => {
  it("has the layout of RFC 826 over Ethernet", () => {
    const frame = new Uint8Array(ARP_FRAME_BYTES);
    writeArp(frame, {
      destination: hex("02 00 00 00 00 0a"),
      source: hex("02 00 00 00 00 02"),
      operation: 2,
      senderMac: hex("02 00 00 00 00 02"),
      senderAddress: hex("c0 00 02 64"),
      targetMac: hex("02 00 00 00 00 0a"),
      targetAddress: hex("c0 00 02 02"),
    });
    const expected = [
      "02 00 00 00 00 0a", // Ethernet destination
      "02 00 00 00 00 02", // Ethernet source
      "08 06", // EtherType: ARP
      "00 01", // hardware: Ethernet
      "08 00", // protocol: IPv4
      "06 04", // lengths of their addresses
      "00 02", // operation: reply
      "02 00 00 00 00 02", // sender hardware address
      "c0 00 02 64", // sender protocol address: 192.0.2.100
      "02 00 00 00 00 0a", // target hardware address
      "c0 00 02 02", // target protocol address: 192.0.2.2
    ];
    expect(frame).to.deep.equal(hex(expected.join("")));
  });

  it("tells everybody of an address in the request form of RFC 5227 2.3", () => {
    const frame = new Uint8Array(ARP_FRAME_BYTES);
    writeGratuitous(frame, "request", hex("02 00 00 00 00 02"), hex("c0 00 02 64"));
    const expected = [
      "ff ff ff ff ff ff", // to everybody
      "02 00 00 00 00 02",
      "08 06 00 01 08 00 06 04",
      "00 01", // operation: request
      "02 00 00 00 00 02", // sender: the MAC of
      "c0 00 02 64", // the address
      "00 00 00 00 00 00", // target hardware address: not known
      "c0 00 02 64", // target protocol address: the same
    ];
    expect(frame).to.deep.equal(hex(expected.join("")));
  });

  it("tells everybody of an address in the reply form, both MACs the same", () => {
    const frame = new Uint8Array(ARP_FRAME_BYTES);
    writeGratuitous(frame, "reply", hex("02 00 00 00 00 02"), hex("c0 00 02 64"));
    const expected = [
      "ff ff ff ff ff ff",
      "02 00 00 00 00 02",
      "08 06 00 01 08 00 06 04",
      "00 02", // operation: reply
      "02 00 00 00 00 02 c0 00 02 64",
      "02 00 00 00 00 02 c0 00 02 64",
    ];
    expect(frame).to.deep.equal(hex(expected.join("")));
  });

  it("reads back as it was written", () => {
    const fields: fc.Arbitrary<ArpFields> = fc.record({
      destination: bytes(6),
      source: bytes(6),
      operation: fc.integer({ min: 0, max: 0xffff }),
      senderMac: bytes(6),
      senderAddress: bytes(4),
      targetMac: bytes(6),
      targetAddress: bytes(4),
    });
    fc.assert(
      fc.property(fields, (written) => {
        const frame = new Uint8Array(ARP_FRAME_BYTES);
        writeArp(frame, written);
        expect(isArpHeader(frame)).to.equal(true);
        expect(readArp(frame)).to.deep.equal(written);
      }),
    );
  });
});
