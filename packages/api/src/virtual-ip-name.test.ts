import { addressOf, bitsOf, type Family, parseAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import { faults } from "./testing/judge.ts";
import { addressOfVirtualIPName, virtualIPName } from "./virtual-ip-name.ts";

const anyAddress = fc
  .constantFrom<Family>("IPv4", "IPv6")
  .chain((family) =>
    fc.bigInt({ min: 0n, max: (1n << BigInt(bitsOf(family))) - 1n }).map((value) => addressOf(family, value)),
  );

describe("the name of a VirtualIP", () => {
  for (const [text, name] of [
    ["198.51.100.7", "198.51.100.7"],
    ["2001:DB8::7", "2001-0db8-0000-0000-0000-0000-0000-0007"],
    ["::", "0000-0000-0000-0000-0000-0000-0000-0000"],
  ] as const) {
    it(`of ${text} is ${name}`, () => {
      const address = parseAddress(text);
      expect(address.ok && virtualIPName(address.value)).to.equal(name);
    });
  }

  it("leads back to its address, and to no other", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(addressOfVirtualIPName(virtualIPName(address))).to.deep.equal(address);
      }),
    );
  });

  it("is an object name that the rule of the kind takes", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        if (address.family === "IPv6" && address.value >> 32n === 0xffffn) return;
        const name = virtualIPName(address);
        expect(name).to.match(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
        const spec = { address: address.text, pool: "lan", services: ["default/web"] };
        expect(faults({ kind: "VirtualIP", metadata: { name }, spec } as { kind: string })).to.deep.equal([]);
      }),
    );
  });

  for (const name of ["web", "2001:db8::7", "2001-db8-0-0-0-0-0-7", "198.51.100.07", ""]) {
    it(`is not ${JSON.stringify(name)}`, () => expect(addressOfVirtualIPName(name)).to.equal(undefined));
  }
});
