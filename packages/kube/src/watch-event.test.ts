import { expect } from "chai";
import fc from "fast-check";
import { parseWatchEvent } from "./watch-event.ts";

describe("watch events", () => {
  const object = { metadata: { name: "a", resourceVersion: "1" } };
  const read = (value: unknown): unknown => parseWatchEvent(JSON.stringify(value));

  it("of every type are read", () => {
    expect(read({ type: "ADDED", object })).to.deep.equal({ ok: true, value: { type: "ADDED", object } });
    expect(read({ type: "BOOKMARK", object: { metadata: { resourceVersion: "9" } } })).to.deep.equal({
      ok: true,
      value: { type: "BOOKMARK", resourceVersion: "9" },
    });
    expect(read({ type: "ERROR", object: 5 })).to.deep.equal({
      ok: true,
      value: { type: "ERROR", status: 5 },
    });
  });

  it("that would lose a change are told, with a reason", () => {
    const table: readonly [unknown, string][] = [
      [5, "the line is no object"],
      [{ type: "ADDED", object: {} }, "the object has no name or no resourceVersion"],
      [
        { type: "DELETED", object: { metadata: { name: "a" } } },
        "the object has no name or no resourceVersion",
      ],
      [{ type: "BOOKMARK", object: { metadata: {} } }, "the bookmark has no resourceVersion"],
      [{ object }, "the event has an unknown type"],
    ];
    for (const [value, error] of table) expect(read(value)).to.deep.equal({ ok: false, error });
    expect(parseWatchEvent("{")).to.deep.equal({ ok: false, error: "the line is not JSON" });
  });

  it("never throw on noise", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseWatchEvent(line)).to.have.property("ok");
      }),
    );
  });
});
