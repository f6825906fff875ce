import { expect } from "chai";
import { hex } from "../../testing/values.ts";
import { ARP_FRAME_BYTES } from "./packet.ts";
import { writeProbe } from "./probe.ts";

const MAC = hex("02 00 00 00 00 02");
const TARGET = hex("c0 00 02 64");

describe("a question by ARP", () => {
  const table: readonly (readonly [string, Uint8Array | undefined, string])[] = [
    ["is a probe of RFC 5227 2.1.1 under no address", undefined, "00 00 00 00"],
    ["is an ordinary request under an address of our own", hex("c0 00 02 01"), "c0 00 02 01"],
  ];
  for (const [what, sender, expected] of table)
    it(what, () => {
      const frame = new Uint8Array(ARP_FRAME_BYTES).fill(0xaa);
      writeProbe(frame, MAC, sender, TARGET);
      const bytes = [
        "ff ff ff ff ff ff", // to everybody
        "02 00 00 00 00 02",
        "08 06 00 01 08 00 06 04",
        "00 01", // operation: request
        "02 00 00 00 00 02", // sender hardware address
        expected, // sender protocol address
        "00 00 00 00 00 00", // target hardware address: not known
        "c0 00 02 64", // target protocol address
      ];
      expect(frame).to.deep.equal(hex(bytes.join("")));
    });
});
