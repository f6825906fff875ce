import { expect } from "chai";
import fc from "fast-check";
import {
  type Claim,
  compareClaims,
  covers,
  firmClaimAbove,
  isHigher,
  placedClaim,
  provisionalClaimBeside,
  sameClaim,
} from "./claim.ts";

const claims: fc.Arbitrary<Claim> = fc.record({
  epoch: fc.nat(2),
  step: fc.nat(2),
  firm: fc.boolean(),
  index: fc.nat(2),
  node: fc.bigInt(1n, 3n),
});

describe("the order of claims", () => {
  it("is total: one of two different claims wins, whoever compares", () => {
    fc.assert(
      fc.property(claims, claims, (a, b) => {
        expect(Math.sign(compareClaims(a, b))).to.equal(-Math.sign(compareClaims(b, a)) || 0);
        expect(sameClaim(a, b)).to.equal(JSON.stringify(plain(a)) === JSON.stringify(plain(b)));
      }),
    );
  });

  it("is transitive", () => {
    fc.assert(
      fc.property(claims, claims, claims, (a, b, c) => {
        fc.pre(compareClaims(a, b) >= 0 && compareClaims(b, c) >= 0);
        expect(compareClaims(a, c) >= 0).to.equal(true);
      }),
    );
  });

  for (const [what, higher, lower] of [
    ["a controller's decision beats any takeover before it", claim(8, 0), claim(7, 9)],
    ["a later takeover beats an earlier one", claim(7, 2), claim(7, 1)],
    ["firm beats provisional", claim(7, 1, true, 5), claim(7, 1, false, 1)],
    ["the better rank wins a tie", claim(7, 1, true, 1), claim(7, 1, true, 2)],
    ["the lower node wins the last tie", claim(7, 1, true, 1, 3n), claim(7, 1, true, 1, 4n)],
  ] as const) {
    it(what, () => expect(isHigher(higher, lower)).to.equal(true));
  }

  it("a firm takeover is above what its maker knew, a provisional one below", () => {
    fc.assert(
      fc.property(claims, fc.nat(7), (known, index) => {
        expect(isHigher(firmClaimAbove(known, index, 9n), known)).to.equal(true);
        const cover = provisionalClaimBeside({ ...known, firm: true }, index, 9n);
        expect(isHigher(cover, { ...known, firm: true })).to.equal(false);
        expect(covers(cover, known)).to.equal(true);
      }),
    );
  });

  it("a placement is above all that speakers did in the epoch before", () => {
    fc.assert(fc.property(claims, (known) => isHigher(placedClaim(known.epoch + 1, 9n), known)));
  });
});

function plain(one: Claim): unknown {
  return [one.epoch, one.step, one.firm, one.index, String(one.node)];
}

function claim(epoch: number, step: number, firm = true, index = 0, node = 1n): Claim {
  return { epoch, step, firm, index, node };
}
