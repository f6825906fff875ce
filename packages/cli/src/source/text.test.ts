import { expect } from "chai";
import { decodeText } from "./text.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the text of a file", () => {
  it("is read from UTF-8, without byte order marks at the beginning of lines", () => {
    expect(decodeText(utf8("\ufeffa: \ufeffä\n\ufeff---\n"))).to.deep.equal({
      ok: true,
      value: { text: "a: \ufeffä\n---\n" },
    });
  });

  for (const [name, order] of [
    ["little", [0, 1]],
    ["big", [1, 0]],
  ] as const) {
    it(`is read from UTF-16, ${name} endian, with a note`, () => {
      const bytes = [..."\ufeffa: ä\n"].flatMap((char) => {
        const code = char.charCodeAt(0);
        return order.map((byte) => (code >> (8 * byte)) & 0xff);
      });
      expect(decodeText(Uint8Array.from(bytes))).to.deep.equal({
        ok: true,
        value: { text: "a: ä\n", note: "is UTF-16, which kubectl does not read; save it as UTF-8" },
      });
    });
  }

  it("is refused with the line of the first byte that is no UTF-8", () => {
    expect(decodeText(Uint8Array.from([...utf8("a: 1\nb: "), 0xe4, 0x0a]))).to.deep.equal({
      ok: false,
      error: { line: 2, message: "is not UTF-8 text; save the file as UTF-8" },
    });
  });
});
