import { expect } from "chai";
import fc from "fast-check";
import { SortedValues } from "./sorted-values.ts";

describe("sorted values", () => {
  it("finds the lowest gap at or above a value", () => {
    const values = new SortedValues();
    for (const value of [3n, 4n, 5n, 7n]) values.add(value);
    expect([1n, 3n, 4n, 5n, 6n, 7n, 8n].map((from) => values.firstGap(from))).to.deep.equal([
      1n,
      6n,
      6n,
      6n,
      6n,
      8n,
      8n,
    ]);
  });

  it("keeps its order over many blocks, filled in any order and emptied", () => {
    const values = new SortedValues();
    const all = Array.from({ length: 5000 }, (_, i) => BigInt((i * 2711) % 5000));
    for (const value of all) values.add(value);
    expect(values.size).to.equal(5000);
    expect(values.firstGap(0n)).to.equal(5000n);
    for (let value = 0n; value < 5000n; value += 7n) values.delete(value);
    for (const from of [0n, 1n, 700n, 701n, 4991n, 4999n]) {
      expect(values.firstGap(from)).to.equal(from >= 4999n ? 5000n : ((from + 6n) / 7n) * 7n);
    }
    for (let value = 0n; value < 5000n; value += 250n) {
      expect(values.countBelow(value)).to.equal(Number(value) - Number((value + 6n) / 7n));
    }
    for (const value of all) values.delete(value);
    expect(values.size).to.equal(0);
    expect(values.firstGap(3n)).to.equal(3n);
  });

  it("agrees with a plain set, whatever is added and removed", () => {
    const operation = fc.tuple(fc.constantFrom("add", "delete"), fc.bigInt(0n, 30n));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), fc.bigInt(0n, 32n), (operations, probe) => {
        const values = new SortedValues();
        const model = new Set<bigint>();
        for (const [what, value] of operations) {
          if (what === "add") model.add(value);
          else model.delete(value);
          if (what === "add") values.add(value);
          else values.delete(value);
        }
        let gap = probe;
        while (model.has(gap)) gap++;
        expect(values.size).to.equal(model.size);
        expect(values.has(probe)).to.equal(model.has(probe));
        expect(values.countBelow(probe)).to.equal([...model].filter((value) => value < probe).length);
        expect(values.firstGap(probe)).to.equal(gap);
      }),
    );
  });
});
