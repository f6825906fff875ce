import { expect } from "chai";
import { Fifo } from "./fifo.ts";

describe("Fifo", () => {
  it("gives back in order, also across many thousands", () => {
    const queue = new Fifo<number>();
    let taken = 0;
    for (let i = 0; i < 10_000; i++) {
      queue.push(i);
      if (i % 3 === 0) expect(queue.take()).to.equal(taken++);
    }
    expect(queue.size).to.equal(10_000 - taken);
    expect(queue.peek()).to.equal(taken);
    while (queue.size > 0) expect(queue.take()).to.equal(taken++);
    expect(queue.take()).to.equal(undefined);
    expect(queue.peek()).to.equal(undefined);
  });
});
