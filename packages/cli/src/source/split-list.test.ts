import { expect } from "chai";
import { parse } from "yaml";
import { splitList } from "./split-list.ts";

const ITEMS = ["{a: 1}", "b: |\n    - no item\n  c:\n  - x\n", "d: 4 # e"];

describe("a long list taken apart", () => {
  for (const indent of ["", "  "]) {
    it(`has the items that it has as a whole, at an indentation of ${indent.length}`, () => {
      const items = ITEMS.map((item) => `${indent}- ${item.replaceAll("\n", `\n${indent}`)}`).join(
        "\n# comment\n\n",
      );
      const text = `apiVersion: v1\nitems: # all\n${items}\nkind: List\nmetadata: {}\n`;
      const whole = parse(text) as { items: readonly unknown[] };
      const split = splitList({ text, offset: 7 });
      expect(split?.items.map((item) => parse(item.text) as unknown)).to.deep.equal(whole.items);
      expect(parse(split?.list.text ?? "")).to.deep.equal({ ...whole, items: null });
      for (const { text: item, offset } of split?.items ?? []) {
        expect(item.slice(indent.length + 1)).to.equal(
          text.slice(offset - 7 + indent.length + 1, offset - 7 + item.length),
        );
      }
    });
  }

  for (const text of ["kind: List\n", "items: []\n", "items:\n  a: 1\n", "items:\n", "  items:\n  - a\n"]) {
    it(`is left whole if it has another form: ${JSON.stringify(text)}`, () => {
      expect(splitList({ text, offset: 0 })).to.equal(undefined);
    });
  }
});
