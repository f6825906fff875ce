import { macFromBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import fc from "fast-check";
import { hex, mac } from "../testing/values.ts";
import { MacSet } from "./mac-set.ts";

describe("MacSet", () => {
  it("does what a set of texts does", () => {
    // Few values a byte, so that halves meet.
    const bytes = fc.array(fc.constantFrom(0, 2, 0xff), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(bytes), bytes, (some, asked) => {
        const macs = some.map((one) => macFromBytes(Uint8Array.from(one)));
        const set = new MacSet();
        set.assign(macs);
        for (const one of [...some, asked]) {
          const text = macFromBytes(Uint8Array.from(one));
          expect(set.hasAt(Uint8Array.from([9, ...one]), 1)).to.equal(macs.includes(text));
        }
      }),
    );
  });

  it("forgets what it held before", () => {
    const set = new MacSet();
    set.assign([mac("02:00:00:00:00:0b")]);
    set.assign([mac("02:00:00:00:00:0c")]);
    expect(set.hasAt(hex("02 00 00 00 00 0b"), 0)).to.equal(false);
    expect(set.hasAt(hex("02 00 00 00 00 0c"), 0)).to.equal(true);
  });
});
