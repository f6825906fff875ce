import { readTakeoverKeys, type TakeoverKeyData, takeoverKeyFields } from "@fairlead/api/takeover-keys.ts";
import { expect } from "chai";
import fc from "fast-check";
import { type KeySecret, type KeyStep, keyStep, SETTLE_MS } from "./step.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.parse("2026-06-01T00:00:00Z");

const key = (id: number, fill = id) => ({ id, bytes: new Uint8Array(32).fill(fill) });
const fields = (slots: Readonly<Partial<Record<"current" | "next" | "previous", number>>>): TakeoverKeyData =>
  Object.assign(
    {},
    ...(["current", "next", "previous"] as const).map((slot) =>
      slots[slot] === undefined ? {} : takeoverKeyFields(slot, key(slots[slot])),
    ),
  );
/** The key that is drawn is filled with this. */
const DRAWN = 200;
const options = (rotationMs = 30 * DAY_MS) => ({ rotationMs, draw: () => new Uint8Array(32).fill(DRAWN) });
const drawn = (slot: "current" | "next", id: number): TakeoverKeyData =>
  takeoverKeyFields(slot, key(id, DRAWN));

describe("the keys of the speakers", () => {
  const secret = (data: TakeoverKeyData, ageMs = 0): KeySecret => ({ data, rotatedAtMs: NOW_MS - ageMs });
  const undated = (data: TakeoverKeyData): KeySecret => ({ data, rotatedAtMs: undefined });
  const nothing = (dueInMs: number | undefined): KeyStep => ({ kind: "Nothing", dueInMs });

  const writes: readonly [string, KeySecret | undefined, string, TakeoverKeyData][] = [
    ["are made", undefined, "Made", drawn("current", 1)],
    ["are made new where none can be used", secret({ current: "x" }), "Mended", drawn("current", 1)],
    ["are made new where there are none", secret({}), "Mended", drawn("current", 1)],
    [
      "go on with the next where the current one is missing, since all know it",
      secret(fields({ next: 5, previous: 3 })),
      "Mended",
      fields({ current: 5, previous: 3 }),
    ],
    [
      "go on with the previous where there is no other",
      secret({ ...fields({ previous: 3 }), current: "x" }),
      "Mended",
      fields({ current: 3 }),
    ],
    [
      "lose a spare one that cannot be used",
      secret({ ...fields({ current: 4, previous: 3 }), next: "x", nextId: "x" }),
      "Mended",
      fields({ current: 4, previous: 3 }),
    ],
    [
      "lose a second one of the same id",
      secret({ ...fields({ current: 4 }), ...takeoverKeyFields("next", key(4, 9)) }),
      "Mended",
      fields({ current: 4 }),
    ],
    ["get a date", undated(fields({ current: 4 })), "Dated", fields({ current: 4 })],
    [
      "get a date in the place of one to come",
      secret(fields({ current: 4 }), -DAY_MS),
      "Dated",
      fields({ current: 4 }),
    ],
    [
      "are joined by a new one when they are old",
      secret(fields({ current: 4 }), 30 * DAY_MS),
      "Added",
      { ...fields({ current: 4 }), ...drawn("next", 5) },
    ],
    [
      "begin with 1 again after 255",
      secret(fields({ current: 255 }), 30 * DAY_MS),
      "Added",
      { ...fields({ current: 255 }), ...drawn("next", 1) },
    ],
    [
      "are exchanged when all know the new one",
      secret(fields({ current: 4, next: 5 }), SETTLE_MS),
      "Exchanged",
      fields({ current: 5, previous: 4 }),
    ],
    [
      "are rid of the old one when nobody signs with it any more",
      secret(fields({ current: 5, previous: 4 }), SETTLE_MS),
      "Removed",
      fields({ current: 5 }),
    ],
  ];
  for (const [title, before, change, after] of writes) {
    it(title, () => {
      const step = keyStep(before, NOW_MS, options());
      if (step.kind !== "Write") throw new Error("nothing is written");
      expect(step.change).to.equal(change);
      expect(step.data).to.deep.equal(after);
      expect(step.rotatedAtMs).to.equal(change === "Removed" ? before?.rotatedAtMs : NOW_MS);
      const read = readTakeoverKeys(step.data);
      expect(read.ok && read.value.signing.id).to.equal(step.signingId);
      expect(step.problems.length > 0).to.equal(change === "Mended");
    });
  }

  const rests: readonly [string, KeySecret, number, KeyStep][] = [
    ["until they are old", secret(fields({ current: 4 }), DAY_MS), 30, nothing(29 * DAY_MS)],
    [
      "for ever where they are not replaced",
      secret(fields({ current: 4 }), 999 * DAY_MS),
      0,
      nothing(undefined),
    ],
    ["without a date where they are not replaced", undated(fields({ current: 4 })), 0, nothing(undefined)],
    [
      "until all know the new one",
      secret(fields({ current: 4, next: 5 }), 1000),
      30,
      nothing(SETTLE_MS - 1000),
    ],
    [
      "while the old one is still used",
      secret(fields({ current: 5, previous: 4 }), 0),
      30,
      nothing(SETTLE_MS),
    ],
    [
      "until then by a clock that is a little behind",
      secret(fields({ current: 5, previous: 4 }), -1000),
      30,
      nothing(SETTLE_MS + 1000),
    ],
  ];
  for (const [title, before, days, expected] of rests) {
    it(`rest ${title}`, () =>
      expect(keyStep(before, NOW_MS, options(days * DAY_MS))).to.deep.equal(expected));
  }

  it("finish what has begun when they are not to be replaced any more", () => {
    const step = keyStep(secret(fields({ current: 4, next: 5 }), SETTLE_MS), NOW_MS, options(0));
    expect(step.kind === "Write" && step.change).to.equal("Exchanged");
  });

  it("are such that a speaker who knows the Secret before or after a change understands one who knows the other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 90 }), (first, days) => {
        let nowMs = NOW_MS;
        let present = secret(fields({ current: first }));
        const signed: number[] = [];
        for (let i = 0; i < 12; i++) {
          const step = keyStep(present, nowMs, options(days * DAY_MS));
          if (step.kind === "Nothing") {
            nowMs += step.dueInMs ?? 0;
            continue;
          }
          const [before, after] = [readTakeoverKeys(present.data), readTakeoverKeys(step.data)];
          if (!before.ok || !after.ok) throw new Error("a key cannot be used");
          const ids = (keys: typeof before): readonly number[] => keys.value.accepted.map(({ id }) => id);
          expect(ids(before)).to.include(after.value.signing.id);
          expect(ids(after)).to.include(before.value.signing.id);
          signed.push(after.value.signing.id);
          present = { data: step.data, rotatedAtMs: step.rotatedAtMs };
        }
        expect(new Set(signed).size).to.be.greaterThan(1);
      }),
    );
  });

  it("are mended, whatever stands there, so that nothing is due at once afterwards", () => {
    const field = fc.constantFrom("current", "currentId", "next", "nextId", "previous", "previousId");
    const good = fields({ current: 4, next: 5, previous: 3 });
    const value = fc.oneof(fc.string(), fc.constantFrom(...Object.values(good)));
    fc.assert(
      fc.property(fc.dictionary(field, value), fc.integer({ min: -99, max: 99 }), (data, days) => {
        let present = secret(data, days * DAY_MS);
        for (let i = 0; i < 4; i++) {
          const step = keyStep(present, NOW_MS, options(999 * DAY_MS));
          if (step.kind === "Nothing") break;
          expect(i, "writes").to.be.lessThan(3);
          expect(readTakeoverKeys(step.data).ok).to.equal(true);
          present = { data: step.data, rotatedAtMs: step.rotatedAtMs };
        }
      }),
    );
  });
});
