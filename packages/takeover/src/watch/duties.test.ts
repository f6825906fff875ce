import { addressOf } from "@fairlead/net/address.ts";
import { expect } from "chai";
import type { Entry } from "../core/ledger.ts";
import { Ledger } from "../core/ledger.ts";
import { HeldSet } from "../holder/held-set.ts";
import type { Heartbeat } from "../messages/message.ts";
import { Duties } from "./duties.ts";

const LIST = [1n, 2n];

describe("the duties towards a holder", () => {
  it("have the digest that the holder counts, in whatever order they came and after changes", () => {
    const { held, entries } = holder(40);
    const duties = new Duties();
    for (const entry of entries.toReversed()) hold(duties, entry);
    expect(duties.confirm(beatOf(held))).to.equal(true);
    const [moved] = entries;
    if (moved === undefined) return;
    moved.mine = { epoch: 2, step: 0, firm: true, index: 0, node: 1n };
    held.update(moved);
    expect(duties.confirm(beatOf(held))).to.equal(false);
    hold(duties, moved);
    expect(duties.confirm(beatOf(held))).to.equal(true);
  });

  it("are sampled when they are confirmed, and probed one by one when not", () => {
    const { held, entries } = holder(10);
    const duties = new Duties();
    for (const entry of entries) hold(duties, entry);
    expect(duties.samples()).to.have.length(10);
    duties.confirm(beatOf(held));
    expect(duties.samples()).to.have.length(3);
  });

  it("keep one array of each list, and few that are of no duty any more", () => {
    const { entries } = holder(4);
    const duties = new Duties();
    for (const entry of entries) hold(duties, entry);
    for (let i = 0; i < 1000; i++) {
      const [entry] = entries;
      if (entry === undefined) return;
      const claim = { epoch: 2 + i, step: 0, firm: true, index: 0, node: 1n };
      duties.set({ entry, claim, list: [1n, BigInt(3 + i)] });
    }
    expect(duties.lists.size).to.be.below(100);
    for (const { list } of duties.all()) expect(duties.lists.get(list.join())).to.equal(list);
  });

  it("lose what is on no page of the whole set, once all pages of one revision have come", () => {
    const { entries } = holder(4);
    const duties = new Duties();
    for (const entry of entries) hold(duties, entry);
    const texts = entries.map(({ address }) => address.text);
    expect(duties.page({ number: 0, of: 2, revision: 7 }, texts.slice(0, 2))).to.deep.equal([]);
    expect(duties.page({ number: 1, of: 2, revision: 8 }, texts.slice(2, 3))).to.deep.equal([]);
    const gone = duties.page({ number: 0, of: 2, revision: 8 }, texts.slice(0, 2));
    expect(gone.map(({ entry }) => entry.address.text)).to.deep.equal(texts.slice(3));
  });
});

function holder(count: number): { held: HeldSet; entries: readonly Entry[] } {
  const held = new HeldSet();
  const ledger = new Ledger(() => {});
  const entries = Array.from({ length: count }, (_, i) => {
    const address = addressOf("IPv4", BigInt(0xc0000200 + i));
    const entry = ledger.place({ address, epoch: 1, list: LIST, first: false });
    entry.mine = { epoch: 1, step: 0, firm: true, index: 0, node: 1n };
    held.update(entry);
    return entry;
  });
  return { held, entries };
}

function hold(duties: Duties, entry: Entry): void {
  if (entry.mine !== undefined) duties.set({ entry, claim: entry.mine, list: LIST });
}

function beatOf(held: HeldSet): Heartbeat {
  const rest = { intervalMs: 100, revision: held.revision, restarting: false, active: [] };
  return { type: "Heartbeat", ...held.summaryOf(2n), ...rest };
}
