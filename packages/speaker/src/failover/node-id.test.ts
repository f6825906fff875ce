import { expect } from "chai";
import { nodeIdOf } from "./node-id.ts";

describe("a node's identity on the wire", () => {
  it("is the start of SHA-256 of its name", () => {
    // printf worker-1 | sha256sum
    expect(nodeIdOf("worker-1").toString(16)).to.equal("13029f9e83d15b3d");
  });

  it("is always the same for a name, and another for another", () => {
    expect(nodeIdOf("worker-1")).to.equal(nodeIdOf("worker-1"));
    expect(nodeIdOf("worker-1")).to.not.equal(nodeIdOf("worker-2"));
  });
});
