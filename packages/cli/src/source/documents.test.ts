import { expect } from "chai";
import { Documents } from "./documents.ts";

describe("documents", () => {
  const chunk = (length: number) => ({ text: `a: ${"x".repeat(length)}`, offset: 0 });

  it("are read once while they are among the last ones", () => {
    const documents = new Documents();
    const [a, b] = [chunk(1), chunk(2)];
    const read = documents.get(a);
    expect(documents.get(b).value).to.deep.equal({ a: "xx" });
    expect(documents.get(a)).to.equal(read);
  });

  it("are read again, to the same effect, when much has been read since", () => {
    const documents = new Documents();
    const a = chunk(1);
    const read = documents.get(a);
    for (let i = 0; i < 3; i++) documents.get(chunk(500_000));
    expect(documents.get(a)).not.to.equal(read);
    expect(documents.get(a).value).to.deep.equal(read.value);
  });
});
