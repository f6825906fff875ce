import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT } from "./imports.ts";

const FOLDER = "packages/speaker/src/layer2";

describe("RFCS.md", () => {
  const rows = readFileSync(join(ROOT, "RFCS.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| (?!clause )/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has a row for each clause", () => {
    expect(rows.length).to.be.greaterThan(40);
    for (const row of rows) expect(row, row.join("|")).to.have.length(6);
  });

  it("names for each clause the files that do it, which exist, or says why it is not done", () => {
    const wrong = rows.flatMap(([, clause, what, where = "", shown = ""]) => {
      const files = [...where.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => pathOf(file));
      if (files.length === 0)
        return /^not done, because \S/.test(shown) ? [] : [`${clause}, ${what}: neither a file nor a reason`];
      return files.filter((file) => !existsSync(file)).map((file) => `${clause}: ${file} does not exist`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it("names for each clause that is done a test that exists", () => {
    const wrong = rows.flatMap(([, clause, what, where = "", shown = ""]) => {
      if (where === "") return [];
      const tests = [...shown.matchAll(/`([^`]+)`: "(.+?)"(?=;|$)/g)];
      if (tests.length === 0) return [`${clause}, ${what}: no test`];
      return tests.flatMap(([, file = "", title = ""]) => {
        const path = pathOf(file);
        if (!existsSync(path)) return [`${clause}: ${file} does not exist`];
        return readFileSync(path, "utf8").includes(title)
          ? []
          : [`${clause}: ${file} has no test "${title}"`];
      });
    });
    expect(wrong).to.deep.equal([]);
  });
});

function pathOf(file: string): string {
  return join(ROOT, /^(packages|test)\//.test(file) ? file : `${FOLDER}/${file}`);
}
