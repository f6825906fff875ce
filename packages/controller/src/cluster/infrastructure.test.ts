import type { Node } from "@fairlead/api/core/node.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import { expect } from "chai";
import { speaker } from "../testing/objects.ts";
import { infrastructureAddresses } from "./infrastructure.ts";

describe("the addresses that the network uses itself", () => {
  it("are those of the nodes, inside and outside, as Node and Speaker tell them", () => {
    const addresses = [
      { type: "Hostname", address: "192.0.2.99" },
      { type: "InternalIP", address: "192.0.2.11" },
      { type: "ExternalIP", address: "203.0.113.11" },
      { type: "InternalIP", address: "2001:db8::11" },
      { type: "InternalIP", address: "no address" },
      { type: "InternalDNS", address: "n1.example" },
    ];
    expect(told([node("n1", addresses)], [speaker("n1", [eth("eth1", ["198.51.100.7/32"])])])).to.deep.equal([
      '192.0.2.11: the address of node "n1"',
      '198.51.100.7: the address of node "n1"',
      '203.0.113.11: the address of node "n1"',
      '2001:db8::11: the address of node "n1"',
    ]);
  });

  it("are the gateways, with their interfaces", () => {
    const interfaces = [
      eth("eth0", [], ["192.0.2.254", "2001:db8::fe", "fe80::1"]),
      eth("eth1", [], ["198.51.100.1", "junk"]),
    ];
    expect(told([], [speaker("n1", interfaces)])).to.deep.equal([
      '192.0.2.254: the gateway of node "n1" on eth0',
      '198.51.100.1: the gateway of node "n1" on eth1',
      '2001:db8::fe: the gateway of node "n1" on eth0',
    ]);
  });

  const segments: readonly [string, readonly string[]][] = [
    [
      "198.51.100.77/24",
      [
        "198.51.100.0: the network address of 198.51.100.0/24",
        "198.51.100.255: the broadcast address of 198.51.100.0/24",
      ],
    ],
    [
      "198.51.100.77/30",
      [
        "198.51.100.76: the network address of 198.51.100.76/30",
        "198.51.100.79: the broadcast address of 198.51.100.76/30",
      ],
    ],
    ["198.51.100.77/31", []],
    ["198.51.100.77/32", []],
    ["2001:db8:1::77/64", ["2001:db8:1::: the subnet-router anycast address of 2001:db8:1::/64"]],
    ["2001:db8:1::77/126", ["2001:db8:1::74: the subnet-router anycast address of 2001:db8:1::74/126"]],
    ["2001:db8:1::77/127", []],
    ["2001:db8:1::77/128", []],
    ["fe80::77/64", []],
    ["198.51.100.77", []],
    ["junk/24", []],
  ];
  for (const [text, wanted] of segments) {
    it(`are ${wanted.length} of the segment of ${text} beside it`, () => {
      const all = told([], [speaker("n1", [eth("eth0", [text])])]);
      expect(all.filter((one) => !one.endsWith('the address of node "n1"'))).to.deep.equal(wanted);
    });
  }

  it("are told once, by the first of their uses, whatever the order in which they are read", () => {
    const nodes = [
      node("n2", [{ type: "InternalIP", address: "192.0.2.2" }]),
      node("n1", [{ type: "InternalIP", address: "192.0.2.2" }]),
    ];
    const speakers = [
      speaker("n3", [eth("eth0", ["192.0.2.0/29"], ["192.0.2.2", "192.0.2.7"])]),
      speaker("n2", [eth("eth1", ["192.0.2.3/29"], ["192.0.2.1"]), eth("eth0", [], ["192.0.2.1"])]),
    ];
    const wanted = [
      '192.0.2.0: the address of node "n3"',
      '192.0.2.1: the gateway of node "n2" on eth0',
      '192.0.2.2: the address of node "n1"',
      '192.0.2.3: the address of node "n2"',
      '192.0.2.7: the gateway of node "n3" on eth0',
    ];
    expect(told(nodes, speakers)).to.deep.equal(wanted);
    expect(told(nodes.toReversed(), speakers.toReversed())).to.deep.equal(wanted);
  });

  it("are none where nothing is told", () => {
    expect(
      told([node("n1", undefined), { metadata: { name: "n2" } }], [{ metadata: { name: "n1" } }]),
    ).to.deep.equal([]);
  });
});

function told(nodes: readonly Node[], speakers: readonly Speaker[]): readonly string[] {
  return infrastructureAddresses(nodes, speakers).map(({ address, what }) => `${address.text}: ${what}`);
}

function node(name: string, addresses: NonNullable<Node["status"]>["addresses"]): Node {
  return { metadata: { name }, status: { conditions: [], ...(addresses && { addresses }) } };
}

function eth(name: string, addresses: readonly string[], gateways: readonly string[] = []) {
  return { name, addresses, ...(gateways.length > 0 && { gateways }) };
}
