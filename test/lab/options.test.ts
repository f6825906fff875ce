import { expect } from "chai";
import { checkName, completeOptions } from "./options.ts";

describe("options of a lab", () => {
  it("have defaults for everything", () => {
    expect(completeOptions({})).to.include({
      name: "lab",
      nodes: 3,
      clients: 1,
      proxyMode: "nftables",
      lifetime: "process",
    });
  });

  it("refuse a number that no lab can have, naming it", () => {
    expect(() => completeOptions({ nodes: 0 })).to.throw(
      RangeError,
      "nodes is 0; it must be a whole number from 1 to 80",
    );
    expect(() => completeOptions({ clients: 1.5 })).to.throw(RangeError, "clients is 1.5");
  });

  it("refuse a name that is no part of a namespace's name", () => {
    for (const name of ["", "A", "-a", "a-", "a/b", "..", "a".repeat(21)]) {
      expect(() => checkName(name), name).to.throw(RangeError, JSON.stringify(name));
    }
    for (const name of ["a", "a-1", "a".repeat(20)]) expect(() => checkName(name)).to.not.throw();
  });
});
