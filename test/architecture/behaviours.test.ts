import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT } from "./imports.ts";

describe("test/BEHAVIOURS.md", () => {
  const rows = readFileSync(join(ROOT, "test/BEHAVIOURS.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?:[A-Z]+\d+|A-[A-Z\d]+-\d+) \|/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has one row for each behaviour", () => {
    const ids = rows.map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.length).to.be.greaterThan(40);
  });

  it("names for each row a test that exists, or says why there is none yet", () => {
    const wrong = rows.flatMap(([, id, , shown = ""]) => {
      if (/^not yet: \S/.test(shown)) return [];
      const tests = [...shown.matchAll(/`([^`]+)`: "([^"]+)"/g)];
      if (tests.length === 0) return [`${id}: neither a test nor "not yet: reason"`];
      return tests.flatMap(([, file = "", title = ""]) => {
        const path = join(ROOT, file);
        if (!existsSync(path)) return [`${id}: ${file} does not exist`];
        return readFileSync(path, "utf8").includes(title) ? [] : [`${id}: ${file} has no test "${title}"`];
      });
    });
    expect(wrong).to.deep.equal([]);
  });
});
