import { parseAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import type { LedgerView, Quarantined } from "./holdings.ts";
import { inUse, MOST_BY_ONE, MOST_OF_POOL, triedEnough, WITHIN_MS } from "./in-use.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const MAC = "02:00:00:00:00:66";
const HELD = address("192.0.2.200");
const POOL = "lan";

/** Some that are in quarantine. */
interface Some {
  readonly count: number;
  /** Undefined: another one for each of them. */
  readonly mac?: string;
  readonly pool?: string;
  /** Of the first one; each other one came a second later. */
  readonly agoMs?: number;
}

/** A ledger in which MAC answers for HELD too. */
function ledger(
  some: readonly Some[],
  pool: string | undefined = POOL,
): Pick<LedgerView, "foreignUse" | "quarantined" | "poolOf"> {
  const pools = new Map<string, string | undefined>([[HELD.text, pool]]);
  const all: Quarantined[] = [];
  for (const [group, { count, mac, pool: its = POOL, agoMs = 60_000 }] of some.entries())
    for (let i = 0; i < count; i++) {
      const read = parseAddress(`10.${group}.0.${i}`);
      if (!read.ok) throw new Error(read.error);
      const since = new Date(NOW_MS - agoMs + i * 1000).toISOString();
      const made = `02:00:00:00:${group.toString(16).padStart(2, "0")}:${i.toString(16).padStart(2, "0")}`;
      const foreign = { mac: mac ?? made, node: "a", interface: "eth0", since };
      all.push({ address: read.value, foreign });
      pools.set(read.value.text, its);
    }
  return {
    foreignUse: ({ text }) =>
      text === HELD.text ? { mac: MAC, node: "a", interface: "eth0", since: "" } : undefined,
    quarantined: (mac) => all.filter(({ foreign }) => mac === undefined || foreign.mac === mac),
    poolOf: ({ text }) => pools.get(text),
  };
}

describe("an address that somebody else on the LAN has", () => {
  const found = (some: readonly Some[], pool?: string) => inUse(ledger(some, pool), HELD, NOW_MS);

  interface Case {
    readonly it: string;
    readonly some: readonly Some[];
    readonly waitMs: number;
    /** The pool that is given as the reason. */
    readonly pool?: string;
  }
  const cases: readonly Case[] = [
    { it: "is left at once", some: [], waitMs: 0 },
    {
      it: "is left while few are left because of him",
      some: [{ count: MOST_BY_ONE - 1, mac: MAC }],
      waitMs: 0,
    },
    {
      it: "is kept, because of him, until the first of as many as may be is old enough",
      some: [{ count: MOST_BY_ONE, mac: MAC }],
      waitMs: WITHIN_MS - 60_000,
    },
    {
      it: "is kept until so many are old enough that fewer than may be are not",
      some: [{ count: MOST_BY_ONE + 3, mac: MAC }],
      waitMs: WITHIN_MS - 60_000 + 3000,
    },
    { it: "is left while few of its pool are, by whomever", some: [{ count: MOST_OF_POOL - 1 }], waitMs: 0 },
    {
      it: "is kept, because of its pool, if each of as many as may be was left because of another",
      some: [{ count: MOST_OF_POOL }],
      waitMs: WITHIN_MS - 60_000,
      pool: POOL,
    },
    {
      it: "is kept, because of its pool, if a few of others and a few of him come together",
      some: [
        { count: MOST_BY_ONE - 1, mac: MAC },
        { count: MOST_OF_POOL - MOST_BY_ONE + 1, agoMs: 30_000 },
      ],
      waitMs: WITHIN_MS - 60_000,
      pool: POOL,
    },
    {
      it: "is kept for the longer of the two, because of him, if both are so many",
      some: [
        { count: MOST_BY_ONE, mac: MAC, agoMs: 300_000 },
        { count: MOST_OF_POOL, agoMs: 100_000 },
      ],
      waitMs: WITHIN_MS - 100_000,
    },
    { it: "is left whatever others have of another pool", some: [{ count: 99, pool: "other" }], waitMs: 0 },
    {
      it: "is left again once those before are old enough, however many they are",
      some: [{ count: 200, agoMs: WITHIN_MS + 200_000 }],
      waitMs: 0,
    },
  ];
  for (const { it: title, some, waitMs, pool } of cases)
    it(title, () => expect(found(some)).to.deep.include({ waitMs, pool }));

  it("of no known pool is kept because of him only", () => {
    const view = { ...ledger([{ count: 99 }]), poolOf: () => undefined };
    expect(inUse(view, HELD, NOW_MS)).to.deep.include({ waitMs: 0, pool: undefined });
  });

  it("is no matter if nobody has it", () => {
    expect(inUse({ ...ledger([]), foreignUse: () => undefined }, HELD, NOW_MS)).to.equal(undefined);
  });

  it("and is kept is told with who has it, how many were tried and what to do, in words that stay", () => {
    const message = (some: readonly Some[]): string => {
      const one = found(some);
      return one === undefined ? "" : triedEnough(HELD, one).message;
    };
    const many = message([{ count: MOST_OF_POOL }]);
    expect(many).to.contain(`${MAC} answers for 192.0.2.200`);
    expect(many).to.contain(`for ${MOST_OF_POOL} more of pool "lan"`);
    expect(many).to.contain("exclude from the pool").and.to.not.contain("proxy ARP");
    expect(message([{ count: MOST_OF_POOL + 5, agoMs: 9000 }]), "more of them").to.equal(many);
    expect(message([{ count: MOST_BY_ONE, mac: MAC }])).to.contain("switch proxy ARP off");
  });
});
