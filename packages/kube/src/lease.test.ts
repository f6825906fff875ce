import { expect } from "chai";
import { heldSpec, releasedSpec } from "./lease.ts";
import { microTime } from "./micro-time.ts";

describe("leases", () => {
  const wall = new Date("2026-01-02T03:04:05.678Z");
  const now = "2026-01-02T03:04:05.678000Z";

  it("have times with exactly six digits", () => {
    expect(microTime(wall)).to.equal(now);
    expect(microTime(new Date("2026-01-01T00:00:00Z"))).to.equal("2026-01-01T00:00:00.000000Z");
  });

  it("count a transition when the holder changes, and keep the time of acquiring when it does not", () => {
    const base = { leaseDurationSeconds: 15, renewTime: now };
    const taken = { ...base, holderIdentity: "a", acquireTime: now };
    expect(heldSpec(undefined, "a", 15_000, wall)).to.deep.equal({ ...taken, leaseTransitions: 0 });
    const kept = { holderIdentity: "a", acquireTime: "then", leaseTransitions: 3 };
    expect(heldSpec(kept, "a", 15_000, wall)).to.deep.equal({ ...base, ...kept });
    expect(heldSpec(kept, "b", 14_500, wall)).to.deep.equal({
      ...taken,
      holderIdentity: "b",
      leaseTransitions: 4,
    });
  });

  it("are free once released", () => {
    expect(releasedSpec({ holderIdentity: "a", leaseTransitions: 3 }, wall)).to.include({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      leaseTransitions: 3,
    });
  });
});
