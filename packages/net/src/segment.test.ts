import { expect } from "chai";
import { type IpPrefix, parseInterfaceAddress } from "./prefix.ts";
import { shareSegment } from "./segment.ts";

function prefixes(...texts: string[]): IpPrefix[] {
  return texts.map((text) => {
    const parsed = parseInterfaceAddress(text);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value.prefix;
  });
}

describe("two interfaces", () => {
  const share = (a: string[], b: string[]): boolean => shareSegment(prefixes(...a), prefixes(...b));

  it("are on one segment if they carry one subnet, whatever else they carry", () => {
    expect(share(["192.0.2.1/24"], ["192.0.2.2/24"])).to.equal(true);
    expect(share(["2001:db8::1/64", "192.0.2.1/24"], ["198.51.100.2/24", "2001:db8::2/64"])).to.equal(true);
  });

  it("are on one segment if the length of the subnet is wrong on one of them", () => {
    expect(share(["192.0.2.1/24"], ["192.0.2.130/25"])).to.equal(true);
    expect(share(["192.0.2.1/25"], ["192.0.2.130/24"])).to.equal(true);
  });

  it("are on different segments if they carry none in common", () => {
    expect(share(["192.0.2.1/24"], ["198.51.100.2/24"])).to.equal(false);
    expect(share(["192.0.2.1/24"], ["2001:db8::2/64"])).to.equal(false);
    expect(share([], [])).to.equal(false);
  });

  it("say nothing by a link-local prefix, by that of a single address, or by that of everything", () => {
    expect(share(["fe80::1/64"], ["fe80::2/64"])).to.equal(false);
    expect(share(["169.254.0.1/16"], ["169.254.0.2/16"])).to.equal(false);
    expect(share(["192.0.2.1/32"], ["192.0.2.1/32"])).to.equal(false);
    expect(share(["192.0.2.1/0"], ["198.51.100.1/24"])).to.equal(false);
  });
});
