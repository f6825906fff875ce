import { expect } from "chai";
import { address } from "../../testing/values.ts";
import { SolicitedNodeGroups } from "./groups.ts";

describe("SolicitedNodeGroups", () => {
  it("joins a group with its first address and leaves it with its last", () => {
    const log: string[] = [];
    const groups = new SolicitedNodeGroups({
      join: ({ text }) => log.push(`join ${text}`),
      leave: ({ text }) => log.push(`leave ${text}`),
    });
    groups.add(address("2001:db8::100"));
    groups.add(address("2001:db8::100"));
    // Equal in the low 24 bits.
    groups.add(address("2001:db8:1::100"));
    groups.add(address("2001:db8::101"));
    groups.remove(address("2001:db8::100"));
    groups.remove(address("2001:db8::100"));
    expect(log).to.deep.equal(["join ff02::1:ff00:100", "join ff02::1:ff00:101"]);
    groups.remove(address("2001:db8:1::100"));
    groups.remove(address("2001:db8::999"));
    groups.add(address("2001:db8::100"));
    expect(log.slice(2)).to.deep.equal(["leave ff02::1:ff00:100", "join ff02::1:ff00:100"]);
  });
});
