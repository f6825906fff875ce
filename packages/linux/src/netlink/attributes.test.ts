import { expect } from "chai";
import fc from "fast-check";
import { attribute } from "../testing/netlink.ts";
import { readAttributes, readText, readU32 } from "./attributes.ts";

describe("readAttributes", () => {
  it("reads attributes with their padding, without their flags", () => {
    const read = readAttributes(
      Uint8Array.from([
        ...[7, 0, 3, 0, 0x65, 0x74, 0x68, 0], // length 7, type 3: "eth", padding
        ...[8, 0, 10, 0x80, 1, 2, 0, 0], // length 8, type 10 with the flag "nested": 0x201
        ...[4, 0, 99, 0], // an empty one
      ]),
    );
    if (!read.ok) throw new Error(read.error);
    expect([...read.value.keys()]).to.deep.equal([3, 10, 99]);
    expect(readText(read.value, 3)).to.equal("eth");
    expect(readU32(read.value, 10)).to.equal(0x201);
    expect(readText(read.value, 99)).to.equal("");
  });

  it("takes the last of several", () => {
    const read = readAttributes(Uint8Array.from([...attribute(1, 1, 0, 0, 0), ...attribute(1, 2, 0, 0, 0)]));
    expect(read.ok && readU32(read.value, 1)).to.equal(2);
  });

  it("says what is wrong with a length", () => {
    const reason = (...bytes: number[]): unknown => readAttributes(Uint8Array.from(bytes));
    expect(reason(4, 0, 1)).to.deep.equal({ ok: false, error: "3 bytes are too few for an attribute" });
    expect(reason(3, 0, 1, 0)).to.deep.equal({ ok: false, error: "attribute length 3 with 4 bytes left" });
    expect(reason(9, 0, 1, 0, 1, 2, 3, 4)).to.deep.equal({
      ok: false,
      error: "attribute length 9 with 8 bytes left",
    });
  });

  it("reads no number from an attribute that is missing or of another length", () => {
    const read = readAttributes(Uint8Array.from(attribute(1, 1, 2)));
    expect(read.ok && readU32(read.value, 1)).to.equal(undefined);
    expect(read.ok && readU32(read.value, 2)).to.equal(undefined);
    expect(read.ok && readText(read.value, 2)).to.equal(undefined);
  });

  it("gives back what was written", () => {
    const values = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 30 })),
      {
        selector: ([type]) => type,
      },
    );
    fc.assert(
      fc.property(values, (attributes) => {
        const bytes = Uint8Array.from(attributes.flatMap(([type, value]) => attribute(type, ...value)));
        const read = readAttributes(bytes);
        expect(read.ok && [...read.value]).to.deep.equal(attributes);
      }),
    );
  });

  it("never throws on noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = readAttributes(bytes);
        if (!read.ok) return;
        for (const type of read.value.keys()) {
          readText(read.value, type);
          readU32(read.value, type);
        }
      }),
    );
  });
});
