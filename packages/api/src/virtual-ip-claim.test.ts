import { expect } from "chai";
import { type AnnouncerClaim, compareAnnouncers, isHigherAnnouncer } from "./virtual-ip-claim.ts";

describe("the claims of announcers", () => {
  const ascending: readonly AnnouncerClaim[] = [
    { epoch: 1, step: 9 },
    { epoch: 2, provisional: true },
    { epoch: 2 },
    { epoch: 2, step: 1, provisional: true },
    { epoch: 2, step: 1 },
    { epoch: 2, step: 2, provisional: true },
    { epoch: 3, step: 0, provisional: true },
  ];

  it("are ordered by epoch, then step, then firm before provisional", () => {
    for (const [i, low] of ascending.entries()) {
      for (const high of ascending.slice(i + 1)) {
        expect(isHigherAnnouncer(high, low), JSON.stringify([high, low])).to.equal(true);
        expect(isHigherAnnouncer(low, high), JSON.stringify([low, high])).to.equal(false);
      }
    }
  });

  it("are alike where only what is absent is written out", () => {
    expect(compareAnnouncers({ epoch: 2 }, { epoch: 2, step: 0, provisional: false })).to.equal(0);
    expect(isHigherAnnouncer({ epoch: 2 }, { epoch: 2, step: 0 })).to.equal(false);
  });

  it("stand above none at all", () => {
    expect(isHigherAnnouncer({ epoch: 1, provisional: true }, undefined)).to.equal(true);
  });
});
