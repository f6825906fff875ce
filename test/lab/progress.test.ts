import { expect } from "chai";
import { Progress, progressLine } from "./progress.ts";

const STEPS = [
  { name: "one", seconds: 100 },
  { name: "two", seconds: 50 },
];

describe("the progress line", () => {
  it("starts with what it takes elsewhere", () => {
    expect(progressLine(STEPS, 0, 0, 0)).to.equal("part 1 of 2, one: 0 s, about 150 s left");
  });

  it("learns the pace of this machine from the steps that are done", () => {
    expect(progressLine(STEPS, 1, 200, 0)).to.equal("part 2 of 2, two: 200 s, about 92 s left");
    expect(progressLine(STEPS, 1, 1, 0)).to.equal("part 2 of 2, two: 1 s, about 9 s left");
  });

  it("never promises less than nothing", () => {
    expect(progressLine(STEPS, 1, 400, 300)).to.equal("part 2 of 2, two: 400 s, about 0 s left");
  });

  it("is rewritten in place on a terminal only", () => {
    const shown = (terminal: boolean): string => {
      const written: string[] = [];
      const progress = new Progress({ steps: STEPS, terminal, write: (text) => written.push(text) });
      progress.next();
      progress.next();
      progress.stop();
      return written.join("");
    };
    expect(shown(true)).to.match(/^\r.*part 1 of 2.*\r.*part 2 of 2.*\n$/);
    expect(shown(false)).to.match(/^part 1 of 2.*\npart 2 of 2.*\n$/);
  });
});
