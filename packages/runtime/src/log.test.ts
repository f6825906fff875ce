import { expect } from "chai";
import { errorText, silentLog } from "./log.ts";

describe("the text of what was thrown", () => {
  const cases: readonly [string, unknown, string][] = [
    ["an error", new Error("no route"), "no route"],
    ["an error without a message", new TypeError(), "TypeError"],
    [
      "an error with its causes",
      new Error("list failed", { cause: new Error("connect failed", { cause: "ECONNREFUSED" }) }),
      "list failed: connect failed: ECONNREFUSED",
    ],
    ["something that is no error", { toString: () => "odd" }, "odd"],
    ["nothing", undefined, "undefined"],
  ];
  for (const [what, thrown, text] of cases) {
    it(`${what}: ${text}`, () => expect(errorText(thrown)).to.equal(text));
  }

  it("ends even when the causes do not", () => {
    const error = new Error("loop");
    error.cause = error;
    expect(errorText(error)).to.equal("loop: loop: loop: loop: loop: loop");
  });
});

describe("the silent log", () => {
  it("takes everything and has children", () => {
    for (const level of ["error", "warn", "info", "debug"] as const) silentLog[level]("event happened");
    silentLog.child({ vip: "198.51.100.7" }).info("event happened");
  });
});
