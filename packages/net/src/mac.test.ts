import { expect } from "chai";
import fc from "fast-check";
import { macFromBytes, macToBytes, parseMac } from "./mac.ts";

describe("a MAC address", () => {
  it("is lower case with colons, however it is written", () => {
    for (const text of ["02:00:5e:10:00:0A", "02-00-5E-10-00-0a"]) {
      expect(parseMac(text)).to.deep.equal({ ok: true, value: "02:00:5e:10:00:0a" });
    }
  });

  for (const text of [
    "",
    "02:00:5e:10:00",
    "02:00:5e:10:00:0a:01",
    "0200.5e10.000a",
    "02:00:5e:10:00:g0",
    "2:0:5e:10:0:a",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseMac(text)).to.deep.equal({
        ok: false,
        error: `${JSON.stringify(text)} is not a MAC address; write six bytes such as "02:00:5e:10:00:01"`,
      });
    });
  }

  it("read from its bytes is itself", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        const mac = macFromBytes(bytes);
        expect(parseMac(mac)).to.deep.equal({ ok: true, value: mac });
        expect([...macToBytes(mac)]).to.deep.equal([...bytes]);
      }),
    );
  });

  it("is read at an offset, and not past the end", () => {
    const bytes = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 1);
    expect(macFromBytes(bytes, 1)).to.equal("02:00:00:00:00:01");
    expect(() => macFromBytes(bytes, 2)).to.throw(RangeError, "a MAC needs 6 bytes, 5 are left");
  });
});
