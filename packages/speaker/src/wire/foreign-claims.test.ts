import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { mac } from "../testing/values.ts";
import { ForeignClaims, foreignHost, MOST_CONTESTED, QUIET_AFTER_MS } from "./foreign-claims.ts";

const HOST = foreignHost("eth0", mac("02:00:00:00:00:66"), undefined);
const OTHER = foreignHost("eth0", mac("02:00:00:00:00:67"), "node b");

function make() {
  const clock = new FakeClock();
  const changes: string[] = [];
  const claims = new ForeignClaims({ clock, onChange: (key) => changes.push(key) });
  return { clock, changes, claims };
}

describe("foreign claims to our addresses", () => {
  it("before an address is announced are told with the first who has it, until something is decided anew", () => {
    const { claims, changes } = make();
    claims.preventing("a", HOST);
    claims.preventing("a", OTHER);
    expect(claims.inTheWayOf("a")).to.equal(HOST);
    expect(changes).to.deep.equal(["a"]);
    claims.decided("a");
    expect(claims.inTheWayOf("a")).to.equal(undefined);
  });

  it("to one that is announced are told until nothing was heard for long", () => {
    const { clock, claims, changes } = make();
    for (let i = 0; i < 5; i++) {
      claims.contesting("a", HOST);
      clock.advance(QUIET_AFTER_MS - 60_000);
    }
    expect(changes).to.deep.equal(["a"]);
    clock.advance(100_000);
    expect(claims.contestingOf("a")).to.equal(undefined);
    expect(changes).to.deep.equal(["a", "a"]);
  });

  it("by several in turn are told of the first one while he goes on, then of the next", () => {
    const { clock, claims, changes } = make();
    claims.contesting("a", HOST);
    for (let i = 0; i < 10; i++) {
      claims.contesting("a", OTHER);
      clock.advance(QUIET_AFTER_MS / 20);
    }
    expect(claims.contestingOf("a")).to.equal(HOST);
    clock.advance(QUIET_AFTER_MS);
    claims.contesting("a", OTHER);
    expect(claims.contestingOf("a")).to.equal(OTHER);
    expect(changes).to.have.length(3);
  });

  it("to ever so many addresses are told of some only", () => {
    const { claims, changes } = make();
    for (let i = 0; i < 1000; i++) claims.contesting(`${i}`, HOST);
    expect(changes).to.have.length(MOST_CONTESTED);
  });

  it("end with the announcement", () => {
    const { claims } = make();
    claims.contesting("a", HOST);
    claims.ended("a");
    expect(claims.contestingOf("a")).to.equal(undefined);
  });
});
