import { expect } from "chai";
import fc from "fast-check";
import {
  readTakeoverKey,
  readTakeoverKeys,
  type TakeoverKeyData,
  takeoverKeyFields,
} from "./takeover-keys.ts";

const key = (id: number, fill: number) => ({ id, bytes: new Uint8Array(32).fill(fill) });
const base64 = (text: string): string => btoa(text);

const current = takeoverKeyFields("current", key(7, 1));

describe("the takeover keys", () => {
  const read: readonly [string, TakeoverKeyData, number, readonly number[]][] = [
    ["the current one alone", current, 7, [7]],
    [
      "next and previous, which are accepted and do not sign",
      {
        ...takeoverKeyFields("previous", key(6, 3)),
        ...takeoverKeyFields("next", key(8, 2)),
        ...current,
      },
      7,
      [7, 8, 6],
    ],
    ["not a second key of one id", { ...current, ...takeoverKeyFields("next", key(7, 2)) }, 7, [7]],
    ["not a spare key that is too short", { ...current, next: base64("short"), nextId: base64("8") }, 7, [7]],
    ["not a spare key without an id", { ...current, previous: current.current ?? "" }, 7, [7]],
    ["the highest id", takeoverKeyFields("current", key(255, 1)), 255, [255]],
  ];
  for (const [title, data, signing, accepted] of read) {
    it(`are read: ${title}`, () => {
      const keys = readTakeoverKeys(data);
      if (!keys.ok) throw new Error(keys.error);
      expect(keys.value.signing.id).to.equal(signing);
      expect(keys.value.accepted.map(({ id }) => id)).to.deep.equal(accepted);
      expect(keys.value.accepted[0]).to.equal(keys.value.signing);
      expect(keys.value.signing.bytes).to.deep.equal(key(7, 1).bytes);
    });
  }

  const unusable: readonly [string, TakeoverKeyData, string][] = [
    ["nothing", {}, "current is missing"],
    ["no key", { currentId: base64("7") }, "current is not 32 bytes"],
    ["31 bytes", { ...current, current: base64("x".repeat(31)) }, "current is not 32 bytes"],
    ["33 bytes", { ...current, current: base64("x".repeat(33)) }, "current is not 32 bytes"],
    ["no base64", { ...current, current: "!".repeat(44) }, "current is not 32 bytes"],
    ["no id", { current: current.current ?? "" }, "currentId is not a number from 1 to 255"],
    ["the id 0", { ...current, currentId: base64("0") }, "currentId is not a number from 1 to 255"],
    ["the id 256", { ...current, currentId: base64("256") }, "currentId is not a number from 1 to 255"],
    [
      "an id with a blank",
      { ...current, currentId: base64("7 ") },
      "currentId is not a number from 1 to 255",
    ],
    [
      "an id in hexadecimal",
      { ...current, currentId: base64("0x7") },
      "currentId is not a number from 1 to 255",
    ],
  ];
  for (const [title, data, problem] of unusable) {
    it(`are none: ${title}`, () =>
      expect(readTakeoverKeys(data)).to.deep.equal({ ok: false, error: problem }));
  }

  it("are the same when they are read again", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 255 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom("current" as const, "next" as const, "previous" as const),
        (id, bytes, slot) => {
          const read = readTakeoverKey(takeoverKeyFields(slot, { id, bytes }), slot);
          expect(read.ok && read.value?.id).to.equal(id);
          expect(read.ok && Buffer.from(read.value?.bytes ?? []).equals(bytes)).to.equal(true);
        },
      ),
    );
  });

  it("are read from whatever stands there without throwing, and no problem tells what stands there", () => {
    const field = fc.constantFrom("current", "currentId", "next", "nextId", "previous", "previousId");
    const text = fc.oneof(
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64")),
    );
    fc.assert(
      fc.property(fc.dictionary(field, text), (data) => {
        const keys = readTakeoverKeys(data);
        if (!keys.ok)
          expect(keys.error).to.match(/^current(Id)? is (missing|not 32 bytes|not a number from 1 to 255)$/);
      }),
    );
  });
});
