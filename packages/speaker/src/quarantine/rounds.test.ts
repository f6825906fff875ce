import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { address } from "../testing/values.ts";
import { OFTENEST_MS, type Quarantined, QuarantineRounds, SELDOMEST_MS } from "./rounds.ts";

const SINCE = "2026-03-01T11:00:00Z";

function make() {
  const clock = new FakeClock(new Date("2026-03-01T12:00:00.000Z"));
  const asked: { readonly text: string; readonly atMs: number }[] = [];
  const changes: string[] = [];
  const answering = new Set<string>();
  let isHeard = true;
  const rounds = new QuarantineRounds({
    clock,
    ask: ({ address: { text } }) => {
      asked.push({ text, atMs: clock.nowMs() });
      if (answering.has(text)) clock.after(1, () => rounds.seen(text));
      return isHeard;
    },
    onChange: (text) => changes.push(`${text} ${rounds.stateOf(text)?.quietSince ?? "answered"}`),
  });
  const set = (...texts: readonly string[]): void => rounds.set(texts.map(one));
  return { clock, asked, changes, answering, rounds, set, deaf: (on: boolean) => (isHeard = !on) };
}

function one(text: string): Quarantined {
  return { address: address(text), interface: "eth0", since: SINCE };
}

const many = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

describe("the rounds of questions for addresses in quarantine", () => {
  it("ask three times in each round, and say nothing new while somebody answers", () => {
    const { clock, asked, changes, answering, set } = make();
    answering.add("192.0.2.7");
    set("192.0.2.7");
    clock.advance(10 * OFTENEST_MS);
    expect(asked.length).to.be.within(10, 30);
    expect(changes).to.deep.equal(["192.0.2.7 answered"]);
  });

  it("take an address for quiet once nobody has answered twice in a row", () => {
    const { clock, changes, answering, set } = make();
    answering.add("192.0.2.7");
    set("192.0.2.7");
    clock.advance(OFTENEST_MS + 2000);
    answering.clear();
    clock.advance(OFTENEST_MS);
    answering.add("192.0.2.7");
    clock.advance(OFTENEST_MS);
    answering.clear();
    clock.advance(OFTENEST_MS);
    expect(changes, "one silence does not count").to.have.length(1);
    clock.advance(OFTENEST_MS);
    expect(changes.at(-1)).to.match(/^192\.0\.2\.7 2026-03-01T12:0/);
    expect(changes).to.have.length(2);
    clock.advance(10 * OFTENEST_MS);
    expect(changes, "once").to.have.length(2);
  });

  it("take that back as soon as anybody says that he has the address", () => {
    const { clock, changes, rounds, set } = make();
    set("192.0.2.7");
    clock.advance(3 * OFTENEST_MS);
    expect(rounds.stateOf("192.0.2.7")?.quietSince).to.be.a("string");
    rounds.seen("192.0.2.7");
    expect(changes.at(-1)).to.equal("192.0.2.7 answered");
  });

  it("begin anew in a new quarantine of the same address, whatever its clock says", () => {
    const { clock, rounds, set } = make();
    set("192.0.2.7");
    clock.advance(3 * OFTENEST_MS);
    const renewed = { ...one("192.0.2.7"), since: "2026-03-01T10:00:00Z" };
    rounds.set([renewed]);
    expect(rounds.stateOf("192.0.2.7")).to.deep.include({ since: renewed.since, quietSince: undefined });
    clock.advance(3 * OFTENEST_MS);
    const { quietSince } = rounds.stateOf("192.0.2.7") ?? {};
    expect(quietSince).to.be.a("string");
    rounds.set([renewed]);
    expect(rounds.stateOf("192.0.2.7"), "the same").to.deep.include({ since: renewed.since, quietSince });
  });

  it("conclude nothing from a silence in which no answer would be heard", () => {
    const { clock, changes, set, deaf } = make();
    deaf(true);
    set("192.0.2.7");
    clock.advance(10 * OFTENEST_MS);
    expect(changes).to.have.length(1);
    deaf(false);
    clock.advance(3 * OFTENEST_MS);
    expect(changes).to.have.length(2);
  });

  for (const [count, gapMs] of [
    [1, OFTENEST_MS],
    [5, OFTENEST_MS / 5],
    [100, 3000],
    [1000, SELDOMEST_MS / 1000],
  ] as const)
    it(`ask for ${count} in turn, one in ${gapMs} ms, each in time, and find each of them quiet`, () => {
      const { clock, asked, changes, set } = make();
      set(...many(count));
      const lastsMs = Math.max(OFTENEST_MS, count * gapMs);
      clock.advance(lastsMs + gapMs);
      const firsts = new Map<string, number>();
      for (const { text, atMs } of asked) if (!firsts.has(text)) firsts.set(text, atMs);
      const times = [...firsts.values()];
      expect(firsts.size).to.equal(count);
      expect(lastsMs).to.be.at.most(SELDOMEST_MS);
      for (const [i, atMs] of times.entries())
        if (i > 0) expect(atMs - (times[i - 1] ?? 0)).to.be.closeTo(gapMs, 1);
      clock.advance(lastsMs + 2000);
      expect(changes.filter((change) => !change.endsWith("answered"))).to.have.length(count);
    });

  it("end for what is not in quarantine any more, and go on for the rest", () => {
    const { clock, asked, changes, rounds, set } = make();
    set("192.0.2.7", "192.0.2.8");
    set("192.0.2.8");
    expect(changes.at(-1)).to.equal("192.0.2.7 answered");
    expect(rounds.stateOf("192.0.2.7")).to.equal(undefined);
    clock.advance(3 * OFTENEST_MS);
    expect(new Set(asked.map(({ text }) => text))).to.deep.equal(new Set(["192.0.2.8"]));
    const before = asked.length;
    rounds.stop();
    clock.advance(3 * OFTENEST_MS);
    expect(asked).to.have.length(before);
  });
});
