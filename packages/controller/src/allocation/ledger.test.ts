import { parseAddressEntry } from "@fairlead/net/range.ts";
import { expect } from "chai";
import { address } from "../testing/allocation.ts";
import type { LedgerRecord } from "./holdings.ts";
import { Ledger } from "./ledger.ts";
import { MOST_HOLDERS } from "./sharing.ts";

const A = address("192.0.2.1");
const B = address("192.0.2.2");
const SHOP = "web/shop";

const record = (at: typeof A, uid: string, ...services: string[]): LedgerRecord => ({
  address: at,
  pool: "lan",
  services: services.length === 0 ? [SHOP] : services,
  claim: undefined,
  releasedAtMs: undefined,
  sharing: [],
  uid,
});

describe("the ledger", () => {
  let ledger: Ledger;
  let changes: string[];
  beforeEach(() => {
    changes = [];
    ledger = new Ledger((at, { kind }, { onlyPool }) => {
      if (!onlyPool) changes.push(`${at.text} ${kind}`);
    });
  });
  const isFree = (at: typeof A): boolean => ledger.standing(at).kind === "Free";
  const holders = (at: typeof A): readonly string[] => ledger.sharing(at).map(({ service }) => service);
  const holdings = (service = SHOP): readonly string[] =>
    ledger.holdings(service).map((one) => `${one.address.text} ${one.hold}${one.told ? " told" : ""}`);

  it("tells each address that becomes held or free, once", () => {
    ledger.reserve(A, "lan", SHOP);
    ledger.record(record(A, "1"));
    ledger.record(record(A, "1"));
    ledger.tell(SHOP, [A], "");
    ledger.deleted(A, "1");
    expect(changes).to.deep.equal(["192.0.2.1 Held", "192.0.2.1 Free"]);
  });

  it("tells when nobody shows an address any more who does not have it, for then others may join", () => {
    ledger.tell(SHOP, [A], "2026-01-01T00:00:00Z");
    ledger.tell("db/other", [A], "2026-02-01T00:00:00Z");
    expect(ledger.contending(A)).to.deep.equal(["db/other"]);
    changes = [];
    ledger.record(record(A, "1"));
    expect(ledger.contending(A)).to.deep.equal(["db/other"]);
    ledger.tell("db/other", [B], "2026-02-01T00:00:00Z");
    expect(ledger.contending(A)).to.deep.equal([]);
    expect(changes).to.deep.equal(["192.0.2.2 Held", "192.0.2.1 Held"]);
  });

  it("turns a reservation into a record", () => {
    ledger.reserve(A, "lan", SHOP);
    expect(holdings()).to.deep.equal(["192.0.2.1 Reserved"]);
    ledger.record(record(A, "1"));
    ledger.cancel(A, SHOP);
    expect(holdings()).to.deep.equal(["192.0.2.1 Recorded"]);
  });

  it("gives a reservation up when the record is somebody else's", () => {
    ledger.reserve(A, "lan", SHOP);
    ledger.record(record(A, "1", "db/faster"));
    expect(holdings()).to.deep.equal([]);
    expect(holders(A)).to.deep.equal(["db/faster"]);
  });

  it("refuses to reserve what is held", () => {
    ledger.record(record(A, "1"));
    expect(() => ledger.reserve(A, "lan", "db/other")).to.throw("192.0.2.1 is held already");
    ledger.record({ ...record(B, "3"), services: [] });
    expect(() => ledger.reserve(B, "lan", SHOP)).to.throw("held already");
  });

  it("does not believe a watch that still shows what was deleted here", () => {
    ledger.record(record(A, "1"));
    ledger.deleted(A, "1");
    ledger.record(record(A, "1"));
    expect(isFree(A)).to.equal(true);
    ledger.recordGone(A, "1");
    ledger.record(record(A, "2"));
    expect(holdings()).to.deep.equal(["192.0.2.1 Recorded"]);
  });

  it("does not take the deletion of an earlier record for that of the present one", () => {
    ledger.record(record(A, "1"));
    ledger.deleted(A, "1");
    ledger.record(record(A, "2", "db/next"));
    ledger.recordGone(A, "1");
    expect(holders(A)).to.deep.equal(["db/next"]);
  });

  it("keeps an address whose record somebody deleted, with its pool, while the Service shows it", () => {
    ledger.record(record(A, "1"));
    ledger.tell(SHOP, [A], "");
    ledger.recordGone(A, "1");
    expect(holdings()).to.deep.equal(["192.0.2.1 Told told"]);
    expect(ledger.holdings(SHOP)[0]?.pool).to.equal("lan");
    ledger.tell(SHOP, [], "");
    expect(isFree(A)).to.equal(true);
  });

  it("keeps an address for all who show it when a write finds its record deleted, whatever the watch still shows", () => {
    ledger.record(record(A, "1", SHOP, "web/other"));
    ledger.tell(SHOP, [A], "");
    ledger.tell("web/other", [A], "");
    ledger.letGo(A, SHOP);
    ledger.lost(A, "1");
    ledger.record(record(A, "1", SHOP, "web/other"));
    expect(holdings("web/other")).to.deep.equal(["192.0.2.1 Told told"]);
    expect(ledger.holdings("web/other")[0]?.pool).to.equal("lan");
    ledger.record(record(A, "2", "web/other"));
    ledger.recordGone(A, "1");
    ledger.lost(A, "1");
    expect(holders(A)).to.deep.equal(["web/other"]);
    ledger.recordGone(A, "2");
    ledger.lost(A, "2");
    ledger.record(record(A, "2", SHOP));
    expect(holders(A), "a backup was restored").to.deep.equal([SHOP]);
  });

  it("forgets a record that somebody deleted and that no Service shows", () => {
    ledger.record(record(A, "1"));
    ledger.recordGone(A, "1");
    expect(isFree(A)).to.equal(true);
    expect([...ledger.services()]).to.deep.equal([]);
  });

  it("lets the record decide between Services that show one address, and without one the age", () => {
    ledger.tell("web/young", [A], "2026-02-01T00:00:00Z");
    ledger.tell("web/old", [A], "2026-01-01T00:00:00Z");
    expect(holders(A)).to.deep.equal(["web/old"]);
    ledger.record(record(A, "1", "web/young"));
    expect(holders(A)).to.deep.equal(["web/young"]);
  });

  it("voids all reservations at once", () => {
    ledger.reserve(A, "lan", SHOP);
    ledger.reserve(B, "lan", "db/other");
    ledger.cancelAll();
    expect(ledger.size).to.equal(0);
  });

  it("hands out in turn after what it handed out itself, and after what others did as long as it did not", () => {
    const last = (): bigint | undefined => ledger.lastHandedOut("lan", "IPv4");
    for (const at of [A, B]) ledger.continueFrom("lan", at);
    expect(last()).to.equal(B.value);
    ledger.reserve(A, "lan", SHOP);
    ledger.continueFrom("lan", B);
    expect(last()).to.equal(A.value);
    ledger.cancelAll();
    expect(last()).to.equal(B.value);
  });

  it("counts and finds addresses with and without the buggy ones", () => {
    const entry = parseAddressEntry("192.0.2.254-192.0.3.2");
    if (!entry.ok) throw new Error(entry.error);
    const { range } = entry.value;
    for (const [i, text] of ["192.0.2.254", "192.0.2.255", "192.0.3.1"].entries()) {
      ledger.record(record(address(text), `${i}`));
    }
    expect(ledger.count([range], "IPv4", "held")).to.equal(3);
    expect(ledger.taken([range], "IPv4", false)).to.equal(3);
    expect(ledger.taken([range], "IPv4", true)).to.equal(2);
    expect(ledger.firstFree(range, false)).to.equal(address("192.0.3.0").value);
    expect(ledger.firstFree(range, true)).to.equal(address("192.0.3.2").value);
    ledger.record(record(address("192.0.3.2"), "9"));
    expect(ledger.firstFree(range, true)).to.equal(undefined);
  });

  it("lets a holder reserve its address anew, whoever contradicts it", () => {
    ledger.record(record(A, "1", SHOP, "db/other"));
    ledger.reserve(A, "lan", SHOP);
    expect(ledger.sharing(A).map(({ service }) => service)).to.deep.equal([SHOP, "db/other"]);
  });

  it("does not reserve what the network uses", () => {
    ledger.setOutside("node", [{ address: A, what: "the address of a node" }]);
    expect(() => ledger.reserve(A, "lan", SHOP)).to.throw("held already");
    expect(changes).to.deep.equal(["192.0.2.1 Network"]);
  });

  it("tells who shows what others have", () => {
    ledger.record(record(A, "1", "db/other"));
    ledger.tell("db/other", [A], "");
    ledger.tell(SHOP, [A, B], "");
    expect(ledger.shownOfOthers(SHOP)).to.deep.equal([{ address: A, holders: ["db/other"] }]);
    expect(holdings()).to.deep.equal(["192.0.2.2 Told told"]);
    ledger.tell(SHOP, [], "");
    expect([...ledger.services()]).to.deep.equal(["db/other"]);
  });

  const terms = (service: string, key: string, port: number) => ({
    service,
    namespace: "web",
    key,
    legacy: false,
    backend: "",
    ports: [`TCP/${port}`],
  });

  it("gives an unrecorded address to no more of those who show and share it than a record can name, the oldest", () => {
    const names = Array.from({ length: MOST_HOLDERS + 1 }, (_, i) => `web/${i}`);
    for (const [i, name] of names.entries()) {
      ledger.setTerms(name, terms(name, "k", 1000 + i));
      ledger.tell(name, [A], i === 0 ? "2026-02-01T00:00:00Z" : "2026-01-01T00:00:00Z");
    }
    expect(holders(A)).to.have.members(names.slice(1));
    expect(ledger.shownOfOthers("web/0").map(({ address: { text } }) => text)).to.deep.equal([A.text]);
  });

  it("finds the terms of sharing anew when they change, and tells it", () => {
    ledger.setTerms("web/a", terms("web/a", "k", 80));
    ledger.setTerms("web/b", terms("web/b", "m", 81));
    ledger.tell("web/a", [A], "1");
    ledger.tell("web/b", [A], "2");
    expect(holders(A)).to.deep.equal(["web/a"]);
    expect(ledger.sharedUnder("m")).to.deep.equal([]);
    changes = [];
    ledger.setTerms("web/b", terms("web/b", "k", 81));
    ledger.setTerms("web/b", terms("web/b", "k", 81));
    expect(changes).to.deep.equal(["192.0.2.1 Held"]);
    expect(holders(A)).to.deep.equal(["web/a", "web/b"]);
    expect(ledger.sharedUnder("k").map(({ text }) => text)).to.deep.equal(["192.0.2.1"]);
  });

  it("tells nobody when one of those who show an address chooses it and gives that up", () => {
    for (const [name, port] of [
      ["web/a", 80],
      ["web/b", 81],
    ] as const) {
      ledger.setTerms(name, terms(name, "k", port));
      ledger.tell(name, [A], "1");
    }
    changes = [];
    for (let i = 0; i < 3; i++) {
      ledger.reserve(A, "lan", "web/b");
      ledger.cancel(A, "web/b");
    }
    expect(changes).to.deep.equal([]);
    expect(holders(A)).to.deep.equal(["web/a", "web/b"]);
  });

  it("counts each address once: as held, reserved, released or the network's", () => {
    const range = { family: "IPv4", first: A.value - 1n, last: A.value + 14n } as const;
    const at = (i: number) => address(`192.0.2.${i}`);
    const kept = { services: [], claim: "db/x" };
    ledger.record(record(at(1), "1"));
    ledger.record({ ...record(at(2), "2"), ...kept });
    ledger.record({ ...record(at(3), "3"), ...kept, releasedAtMs: 5 });
    ledger.setOutside(
      "node",
      [1, 2, 3, 4].map((i) => ({ address: at(i), what: "n1" })),
    );
    ledger.reserve(at(5), "lan", SHOP);
    expect(
      (["held", "reserved", "released"] as const).map((use) => ledger.count([range], "IPv4", use)),
    ).to.deep.equal([2, 1, 1]);
    expect(ledger.taken([range], "IPv4", false)).to.equal(5);
    expect([...ledger.releasedOf("lan", "IPv4")].map(({ text }) => text)).to.deep.equal(["192.0.2.3"]);
    expect([...ledger.releasedOf("lan", "IPv6")]).to.deep.equal([]);
  });
});
