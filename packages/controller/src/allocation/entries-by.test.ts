import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import { EntriesBy } from "./entries-by.ts";
import { emptyEntry } from "./ledger-entry.ts";

describe("entries filed under a text", () => {
  const [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((text) => emptyEntry(address(text)));
  if (a === undefined || b === undefined || c === undefined) throw new Error("three were made");

  it("are found, one or many, until they are taken out", () => {
    const entries = new EntriesBy();
    expect(entries.get("k")).to.deep.equal([]);
    for (const one of [a, a, b, c, b]) entries.add("k", one);
    entries.add("m", c);
    expect(entries.get("k")).to.have.members([a, b, c]);
    entries.delete("k", b);
    entries.delete("k", b);
    expect(entries.get("k")).to.have.members([a, c]);
    for (const one of [a, c]) entries.delete("k", one);
    expect([...entries.keys()]).to.deep.equal(["m"]);
    entries.delete("m", a);
    expect(entries.get("m")).to.deep.equal([c]);
    entries.delete("m", c);
    expect([...entries.keys()]).to.deep.equal([]);
  });
});
