import { expect } from "chai";
import fc from "fast-check";
import { controlInt } from "./control-message.ts";

const LEVEL = 41;
const TYPE = 52;
const HOPS = [
  ...[20, 0, 0, 0, 0, 0, 0, 0], // length: 16 of header, 4 of data
  ...[41, 0, 0, 0], // level IPPROTO_IPV6
  ...[52, 0, 0, 0], // type IPV6_HOPLIMIT
  ...[0xff, 0, 0, 0], // 255
  ...[0, 0, 0, 0], // padding
];
/** SCM_TIMESTAMP, with 17 bytes of data. */
const OTHER = [
  ...[33, 0, 0, 0, 0, 0, 0, 0], // length
  ...[1, 0, 0, 0], // level SOL_SOCKET
  ...[29, 0, 0, 0], // type
  ...Array.from({ length: 17 }, () => 0xaa), // data
  ...[0, 0, 0, 0, 0, 0, 0], // padding
];

describe("controlInt", () => {
  const cases: readonly (readonly [string, readonly number[], number | undefined])[] = [
    ["reads the only message", HOPS, 255],
    ["reads one without padding at the end", HOPS.slice(0, 20), 255],
    ["reads a negative number", patched(HOPS, 16, [0xfe, 0xff, 0xff, 0xff]), -2],
    ["passes over another, with its padding", [...OTHER, ...HOPS], 255],
    ["takes the first of two", [...HOPS, ...patched(HOPS, 16, [64])], 255],
    ["finds none among no messages", [], undefined],
    ["finds none among others", OTHER, undefined],
    ["looks at the level", patched(HOPS, 8, [0]), undefined],
    ["looks at the type", patched(HOPS, 12, [53]), undefined],
    ["refuses a header that is cut off", HOPS.slice(0, 15), undefined],
    ["refuses a message that is cut off", HOPS.slice(0, 19), undefined],
    ["refuses a length that is shorter than the header", patched(HOPS, 0, [15]), undefined],
    ["refuses a length of zero", patched(HOPS, 0, [0]), undefined],
    ["refuses too little data for an int", patched(HOPS, 0, [19]), undefined],
    ["refuses a length beyond 32 bits", patched(HOPS, 4, [1]), undefined],
    [
      "finds nothing behind a message that is longer than all",
      [...patched(OTHER, 0, [99]), ...HOPS],
      undefined,
    ],
  ];
  for (const [title, bytes, value] of cases) {
    it(title, () => {
      expect(controlInt(viewOf(Uint8Array.from(bytes)), bytes.length, LEVEL, TYPE)).to.equal(value);
    });
  }

  it("reads only as far as the kernel wrote, and never beyond the array", () => {
    const view = viewOf(Uint8Array.from([...OTHER, ...HOPS]));
    expect(controlInt(view, OTHER.length, LEVEL, TYPE)).to.equal(undefined);
    expect(controlInt(view, -1, LEVEL, TYPE)).to.equal(undefined);
    expect(controlInt(view, 1 << 30, LEVEL, TYPE)).to.equal(255);
  });

  it("never throws, whatever the bytes", () => {
    const small = fc.nat(40).map((length) => [length, 0, 0, 0, 0, 0, 0, 0]);
    const noise = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => [...bytes]);
    const words = fc.array(fc.oneof(small, noise, fc.constant([0, 0, 0, 0, 0, 0, 0, 0])), { maxLength: 12 });
    fc.assert(
      fc.property(words, fc.integer({ min: -10, max: 200 }), fc.nat(7), (found, length, cut) => {
        const bytes = Uint8Array.from(found.flat());
        controlInt(viewOf(bytes.subarray(0, Math.max(0, bytes.length - cut))), length, 0, 0);
      }),
    );
  });
});

function patched(bytes: readonly number[], at: number, by: readonly number[]): number[] {
  return [...bytes.slice(0, at), ...by, ...bytes.slice(at + by.length)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
