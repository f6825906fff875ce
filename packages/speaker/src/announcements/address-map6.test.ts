import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import { address } from "../testing/values.ts";
import { words6 } from "./address-key.ts";
import { AddressMap6 } from "./address-map6.ts";

describe("AddressMap6", () => {
  it("does what a map by text does", () => {
    // Few values, so that keys meet; the high word differs where the low one does not.
    const key = fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n)).map(([high, low]) => (high << 96n) | low);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.option(fc.nat()))), (steps) => {
        const map = new AddressMap6<number>();
        const model = new Map<string, number>();
        for (const [value, set] of steps) {
          const at = addressOf("IPv6", value);
          if (set === null) {
            map.delete(at);
            model.delete(at.text);
          } else {
            map.set(at, set);
            model.set(at.text, set);
          }
          expect(map.get(...words6(at))).to.equal(model.get(at.text));
          expect(map.size).to.equal(model.size);
        }
        expect([...map.values()].sort()).to.deep.equal([...model.values()].sort());
      }),
    );
  });

  it("tells addresses apart that differ in one word only", () => {
    const map = new AddressMap6<string>();
    map.set(address("2001:db8::1"), "here");
    for (const other of ["2001:db9::1", "2001:db8:0:1::1", "2001:db8::1:0:1", "2001:db8::2"])
      expect(map.get(...words6(address(other)))).to.equal(undefined);
    expect(map.get(...words6(address("2001:db8::1")))).to.equal("here");
  });
});
