import { addressToBytes } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { address, hex } from "../../testing/values.ts";
import { isChecksumRight, SOLICITATION_BYTES } from "./packet.ts";
import { writeProbe } from "./probe.ts";

const MAC = hex("02 00 00 00 00 02");
const TARGET = address("2001:db8::1:2345");

/** What is written, without its checksum. */
function written(linkLocal: string | undefined): string {
  const frame = new Uint8Array(SOLICITATION_BYTES).fill(0xaa);
  const source = linkLocal === undefined ? undefined : addressToBytes(address(linkLocal));
  const length = writeProbe(frame, MAC, source, TARGET);
  expect(isChecksumRight(frame, length - 54)).to.equal(true);
  frame.fill(0, 56, 58);
  return Buffer.from(frame.subarray(0, length)).toString("hex");
}

describe("a question by NDP", () => {
  it("is a solicitation to the target's group with our MAC (RFC 4861 4.3)", () => {
    const bytes = [
      "33 33 ff 01 23 45", // the group's MAC
      "02 00 00 00 00 02",
      "86 dd 60 00 00 00",
      "00 20", // payload length: 32
      "3a ff", // ICMPv6, hop limit 255
      "fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02", // source: our link-local address
      "ff 02 00 00 00 00 00 00 00 00 00 01 ff 01 23 45", // destination: the solicited-node group
      "87 00 00 00", // neighbor solicitation
      "00 00 00 00",
      "20 01 0d b8 00 00 00 00 00 00 00 00 00 01 23 45", // target
      "01 01 02 00 00 00 00 02", // option: source link-layer address
    ];
    expect(written("fe80::2")).to.equal(bytes.join("").replaceAll(" ", ""));
  });

  it("is that of duplicate address detection without a link-local address (RFC 4862 5.4.2)", () => {
    const bytes = [
      "33 33 ff 01 23 45",
      "02 00 00 00 00 02",
      "86 dd 60 00 00 00",
      "00 18", // payload length: 24
      "3a ff",
      "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", // source: unspecified
      "ff 02 00 00 00 00 00 00 00 00 00 01 ff 01 23 45",
      "87 00 00 00 00 00 00 00",
      "20 01 0d b8 00 00 00 00 00 00 00 00 00 01 23 45",
    ];
    expect(written(undefined)).to.equal(bytes.join("").replaceAll(" ", ""));
  });
});
