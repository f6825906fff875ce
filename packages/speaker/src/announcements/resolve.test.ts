import { expect } from "chai";
import { eth, placed } from "../testing/values.ts";
import type { PresentInterface } from "./present-interface.ts";
import { candidatesOf, resolve } from "./resolve.ts";
import type { PlacedAddress } from "./snapshot.ts";

const EXCLUDED = ["veth*", "cni0"];

/** Names of the interfaces, or the reason. */
function outcome(one: PlacedAddress, interfaces: readonly PresentInterface[]): string {
  const resolution = resolve(one, candidatesOf(interfaces, EXCLUDED));
  return resolution.kind === "Refused"
    ? resolution.refusal.reason
    : resolution.on.map(({ interfaceName }) => interfaceName).join(",");
}

describe("where an address is announced", () => {
  const lan = eth("eth0", 2, ["192.0.2.1/24", "2001:db8::1/64"]);
  const other = eth("eth1", 3, ["198.51.100.1/24"]);
  const loopback = eth("lo", 1, ["127.0.0.1/8"], { loopback: true });

  const table: readonly (readonly [string, PlacedAddress, readonly PresentInterface[], string])[] = [
    ["on the interface that carries its subnet", placed("192.0.2.100"), [loopback, lan, other], "eth0"],
    ["IPv6 likewise", placed("2001:db8::100"), [loopback, lan, other], "eth0"],
    ["nowhere if none carries it", placed("203.0.113.1"), [lan, other], "NoInterface"],
    [
      "an address of one host is no subnet",
      placed("203.0.113.1"),
      [eth("eth0", 2, ["203.0.113.1/32"])],
      "NoInterface",
    ],
    [
      "a veth may be the node's own interface",
      placed("192.0.2.100"),
      [eth("eth0", 9, ["192.0.2.1/24"])],
      "eth0",
    ],
    [
      "never on an excluded interface",
      placed("10.244.0.9"),
      [eth("cni0", 5, ["10.244.0.1/24"])],
      "InterfaceExcluded",
    ],
    ["never on the loopback", placed("127.0.0.9"), [loopback], "Loopback"],
    ["not on a bridge's port", placed("192.0.2.100"), [{ ...lan, master: 7 }], "Enslaved"],
    ["not without ARP", placed("192.0.2.100"), [{ ...lan, noArp: true }], "NoArp"],
    ["not without a MAC", placed("192.0.2.100"), [{ ...lan, mac: undefined }], "NoMac"],
    ["not without a link", placed("192.0.2.100"), [{ ...lan, carrier: false }], "NoCarrier"],
    [
      "on one of two interfaces in its subnet, the first",
      placed("192.0.2.100"),
      [eth("eth1", 3, ["192.0.2.2/24"]), lan],
      "eth0",
    ],
    ["on the more specific of two", placed("192.0.2.100"), [lan, eth("eth1", 3, ["192.0.2.97/28"])], "eth1"],
    [
      "on the other of two if the first has no link",
      placed("192.0.2.100"),
      [{ ...lan, carrier: false }, eth("eth1", 3, ["192.0.2.2/24"])],
      "eth1",
    ],
    [
      "where it is told by name, whatever the subnet",
      placed("203.0.113.1", { interfaces: ["eth0"] }),
      [lan],
      "eth0",
    ],
    [
      "on every named interface that there is",
      placed("203.0.113.1", { interfaces: ["eth1", "eth0", "eth7"] }),
      [lan, other],
      "eth0,eth1",
    ],
    [
      "on every interface that a pattern stands for",
      placed("203.0.113.1", { interfaces: ["eth?"] }),
      [lan, other, eth("eth10", 4, ["203.0.113.9/24"])],
      "eth0,eth1",
    ],
    [
      "never on two of one segment, but on the one with the address's longest prefix",
      placed("192.0.2.100", { interfaces: ["eth*"] }),
      [lan, other, eth("eth2", 4, ["192.0.2.97/28"]), eth("eth3", 5, ["192.0.2.3/24"])],
      "eth2,eth1",
    ],
    [
      "on the first of two of another segment",
      placed("203.0.113.1", { interfaces: ["eth1", "eth0"] }),
      [eth("eth1", 3, ["192.0.2.2/24"]), lan],
      "eth0",
    ],
    [
      "on the other of two of a segment if the first has no link",
      placed("192.0.2.100", { interfaces: ["eth*"] }),
      [{ ...lan, carrier: false }, eth("eth1", 3, ["192.0.2.2/24"])],
      "eth1",
    ],
    [
      "on a named one without any address",
      placed("192.0.2.100", { interfaces: ["eth1"] }),
      [lan, eth("eth1", 3, [])],
      "eth1",
    ],
    [
      "not an excluded one by a pattern",
      placed("192.0.2.100", { interfaces: ["*"] }),
      [lan, eth("cni0", 5, ["10.244.0.1/24"])],
      "eth0",
    ],
    [
      "not elsewhere if no name matches the pattern",
      placed("192.0.2.100", { interfaces: ["bond*"] }),
      [lan],
      "InterfaceMissing",
    ],
    [
      "not elsewhere if the named one is missing",
      placed("192.0.2.100", { interfaces: ["eth9"] }),
      [lan],
      "InterfaceMissing",
    ],
    [
      "not elsewhere if the named one has no link",
      placed("192.0.2.100", { interfaces: ["eth1"] }),
      [lan, { ...other, carrier: false }],
      "NoCarrier",
    ],
    [
      "an excluded one not even by name",
      placed("192.0.2.100", { interfaces: ["cni0"] }),
      [eth("cni0", 5, [])],
      "InterfaceExcluded",
    ],
  ];
  for (const [what, one, interfaces, expected] of table) {
    it(`${what}: ${expected}`, () => {
      expect(outcome(one, interfaces)).to.equal(expected);
      expect(outcome(one, interfaces.toReversed()), "in another order").to.equal(expected);
    });
  }

  it("a refusal says what there is and what to do", () => {
    const resolution = resolve(placed("203.0.113.1"), candidatesOf([loopback, lan, other], EXCLUDED));
    expect(resolution.kind === "Refused" && resolution.refusal.message).to.equal(
      "no interface of this node carries a subnet that contains 203.0.113.1 (there is 192.0.2.0/24 on eth0, " +
        "198.51.100.0/24 on eth1); name the interface in the L2Advertisement if the address is reached without one",
    );
  });

  it("gives out the interface's own MAC", () => {
    const resolution = resolve(placed("192.0.2.100"), candidatesOf([lan], []));
    const [first] = resolution.kind === "Announce" ? resolution.on : [];
    expect(first).to.deep.include({ interfaceIndex: 2, interfaceName: "eth0", mac: "02:00:00:00:00:02" });
    expect([...(first?.macBytes ?? [])]).to.deep.equal([2, 0, 0, 0, 0, 2]);
  });

  /** Names of the interfaces on which somebody else's word is still waited for. */
  const waiting: readonly (readonly [string, PlacedAddress, readonly PresentInterface[], string])[] = [
    ["that carries its subnet and has no link", placed("192.0.2.100"), [{ ...lan, carrier: false }], "eth0"],
    [
      "that is named and has no link, beside one that has",
      placed("192.0.2.100", { interfaces: ["eth0", "eth1"] }),
      [lan, { ...other, carrier: false }],
      "eth1",
    ],
    [
      "not on one that is named if another of its segment has a link",
      placed("192.0.2.100", { interfaces: ["eth*"] }),
      [{ ...lan, carrier: false }, eth("eth1", 3, ["192.0.2.2/24"])],
      "",
    ],
    [
      "not on one of two in its subnet if the other has a link",
      placed("192.0.2.100"),
      [{ ...lan, carrier: false }, eth("eth1", 3, ["192.0.2.2/24"])],
      "",
    ],
    ["not for want of a MAC", placed("192.0.2.100"), [{ ...lan, mac: undefined, carrier: false }], ""],
    ["not for another reason", placed("192.0.2.100"), [{ ...lan, master: 7, carrier: false }], ""],
  ];
  for (const [what, one, interfaces, expected] of waiting)
    it(`has to be handed over on an interface ${what}`, () => {
      const names = resolve(one, candidatesOf(interfaces, EXCLUDED)).waiting.map(
        (place) => place.interfaceName,
      );
      expect(names.join()).to.equal(expected);
    });
});
