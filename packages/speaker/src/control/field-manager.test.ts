import { expect } from "chai";
import { fieldManagerOf } from "./field-manager.ts";

describe("the field manager's name", () => {
  it("is that of the node", () => {
    expect(fieldManagerOf("worker-1")).to.equal("fairlead-speaker-worker-1");
  });

  it("stays within the API server's 128 characters and is another for each node", () => {
    const [a, b] = [`${"n".repeat(200)}a`, `${"n".repeat(200)}b`].map(fieldManagerOf);
    expect(a).to.have.length(128);
    expect(a).not.to.equal(b);
  });
});
