import { expect } from "chai";
import { readNodeAddress } from "./options.ts";

describe("the node's own address", () => {
  it("is one of either family, or not given", () => {
    const read = ["192.0.2.11", "2001:db8::11", ""].map(readNodeAddress);
    expect(read.map((one) => one.ok && one.value?.text)).to.deep.equal([
      "192.0.2.11",
      "2001:db8::11",
      undefined,
    ]);
  });

  for (const text of ["node-1", "192.0.2.11/24", "192.0.2.1,2001:db8::1", "fe80::1"])
    it(`is refused if it is "${text}", with variable, value and remedy`, () => {
      const read = readNodeAddress(text);
      expect(read.ok ? "" : read.error)
        .to.contain("NODE_ADDRESS (--node-address)")
        .and.to.contain(`"${text}"`)
        .and.to.contain("status.hostIP");
    });
});
