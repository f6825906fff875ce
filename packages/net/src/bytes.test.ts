import { expect } from "chai";
import fc from "fast-check";
import { ByteReader, ByteWriter, ShortBytesError } from "./bytes.ts";

describe("bytes", () => {
  it("are in network order", () => {
    const writer = new ByteWriter(new Uint8Array(16));
    writer.u8(0x01).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0fn);
    expect(writer.length).to.equal(15);
    expect(Buffer.from(writer.written).toString("hex")).to.equal("0102030405060708090a0b0c0d0e0f");
  });

  it("read are those written", () => {
    const fields = fc.tuple(
      fc.nat(0xff),
      fc.nat(0xffff),
      fc.nat(0xffffffff),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.uint8Array({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(fields, ([u8, u16, u32, u64, bytes]) => {
        const writer = new ByteWriter(new Uint8Array(64));
        writer.u8(u8).u16(u16).u32(u32).u64(u64).bytes(bytes);
        const reader = new ByteReader(writer.written);
        expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).to.deep.equal([u8, u16, u32, u64]);
        expect([...reader.bytes(bytes.length)]).to.deep.equal([...bytes]);
        expect(reader.left).to.equal(0);
      }),
    );
  });

  it("are read within their window of a larger buffer only", () => {
    const reader = new ByteReader(Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
    reader.skip(1);
    expect(reader.u8()).to.equal(2);
    expect(() => reader.u8()).to.throw(ShortBytesError, "1 bytes wanted, 0 left");
  });

  it("are never read backward or by half", () => {
    const reader = new ByteReader(new Uint8Array(4));
    reader.u16();
    for (const length of [-1, 3, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => reader.bytes(length)).to.throw(ShortBytesError);
      expect(() => reader.skip(length)).to.throw(ShortBytesError);
    }
    expect(reader.left).to.equal(2);
  });

  it("are a view of what was read, not a copy", () => {
    const source = Uint8Array.of(1, 2, 3);
    const view = new ByteReader(source).bytes(3);
    source[0] = 7;
    expect(view[0]).to.equal(7);
  });

  it("that do not fit are not written", () => {
    const writer = new ByteWriter(new Uint8Array(3)).u16(1);
    expect(() => writer.u16(2)).to.throw(ShortBytesError, "2 bytes wanted, 1 left");
    expect(() => writer.bytes(new Uint8Array(2))).to.throw(ShortBytesError);
    expect(writer.length).to.equal(2);
  });
});
