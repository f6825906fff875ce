import { expect } from "chai";
import { ENETDOWN, errnoName, SystemError } from "./errno.ts";

describe("SystemError", () => {
  it("says what failed, how it is called, and what that means", () => {
    const error = new SystemError("bind", ENETDOWN);
    expect(error).to.include({ operation: "bind", errno: 100, code: "ENETDOWN" });
    expect(error.message).to.equal("bind failed: ENETDOWN (network is down)");
  });

  it("has words for a number without a name", () => {
    expect(new SystemError("bind", 4242).message).to.match(/^bind failed: errno 4242 \(.+\)$/);
    expect(errnoName(4242)).to.equal("errno 4242");
  });
});
