import { expect } from "chai";
import fc from "fast-check";
import { errorOfAnswer, errorOfStatus, hasCause, retryAfter } from "./status.ts";

const wall = new Date("2026-01-01T00:00:00Z");

describe("errors of answers", () => {
  it("carry what the Status says", () => {
    const body = JSON.stringify({
      kind: "Status",
      reason: "TooManyRequests",
      message: "slow down",
      details: { retryAfterSeconds: 2 },
    });
    const error = errorOfAnswer(429, {}, body, wall);
    expect(error).to.include({
      status: 429,
      reason: "TooManyRequests",
      message: "slow down",
      retryAfterMs: 2_000,
    });
    expect(error.details).to.deep.equal({ retryAfterSeconds: 2 });
    expect(errorOfAnswer(429, { "retry-after": "7" }, body, wall).retryAfterMs).to.equal(7_000);
  });

  it("name their causes", () => {
    const details = {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    };
    const error = errorOfAnswer(504, {}, JSON.stringify({ details }), wall);
    expect(hasCause(error, "ResourceVersionTooLarge")).to.equal(true);
    expect(hasCause(error, "Other")).to.equal(false);
  });

  it("say something even if the answer does not", () => {
    expect(errorOfAnswer(500, {}, "", wall).message).to.equal("the API server answered 500");
    expect(errorOfAnswer(500, {}, "{}", wall).message).to.equal("the API server answered 500");
    expect(errorOfStatus(undefined)).to.include({ status: 500, message: "the watch ended with an error" });
  });

  it("are made of any noise", () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        expect(errorOfAnswer(400, {}, text, wall).status).to.equal(400);
        expect(errorOfAnswer(400, {}, JSON.stringify(value), wall).status).to.equal(400);
        expect(hasCause(errorOfStatus(value), "x")).to.equal(false);
      }),
    );
  });

  it("know both forms of Retry-After", () => {
    const table: readonly [string | undefined, number | undefined][] = [
      [undefined, undefined],
      ["0", 0],
      ["10", 10_000],
      ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
      ["Thu, 01 Jan 2015 00:00:30 GMT", 0],
      ["99999999", 3_600_000],
      ["soon", undefined],
    ];
    for (const [header, ms] of table) expect(retryAfter(header, wall), header).to.equal(ms);
  });
});
