import { expect } from "chai";
import { address } from "../testing/values.ts";
import { key4, words6 } from "./address-key.ts";
import { WatchedAddresses } from "./watched-addresses.ts";

const [A, B, C] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(address) as [
  ReturnType<typeof address>,
  ReturnType<typeof address>,
  ReturnType<typeof address>,
];

describe("WatchedAddresses", () => {
  it("finds addresses by their numbers, and tells what an addition changed", () => {
    const watched = new WatchedAddresses();
    expect(watched.add([A, C])).to.deep.equal([A, C]);
    expect(watched.add([A, B])).to.deep.equal([B]);
    expect(watched.v4.get(key4(A))).to.equal(A);
    expect(watched.v6.get(...words6(C))).to.equal(C);
    expect([watched.size("IPv4"), watched.size("IPv6")]).to.deep.equal([2, 1]);
  });

  it("forgets addresses, and tells which of them it knew", () => {
    const watched = new WatchedAddresses();
    watched.add([A, C]);
    expect(watched.remove([A, B, C])).to.deep.equal([A, C]);
    expect(watched.v4.get(key4(A))).to.equal(undefined);
    expect(watched.v6.get(...words6(C))).to.equal(undefined);
    expect([watched.size("IPv4"), watched.size("IPv6")]).to.deep.equal([0, 0]);
  });

  it("tells which are left over by a new list", () => {
    const watched = new WatchedAddresses();
    watched.add([A, B, C]);
    expect(watched.without([B])).to.deep.equal([A, C]);
  });
});
