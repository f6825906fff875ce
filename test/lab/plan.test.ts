import { expect } from "chai";
import { type PlanInput, plan, segmentsOf } from "./plan.ts";

const input: PlanInput = {
  name: "abcdefghijklmnopqrst",
  nodeNumbers: [1, 2, 80],
  clients: 2,
  outsideClients: 1,
  secondSegment: true,
};

describe("the plan of a lab", () => {
  const members = plan(input);
  const cables = members.flatMap((member) => member.cables);

  it("names every member once", () => {
    const names = members.map(({ name }) => name);
    expect(names).to.deep.equal([
      "switch",
      "router",
      "control-plane",
      "node-1",
      "node-2",
      "node-80",
      "client-1",
      "client-2",
      "outside-1",
    ]);
  });

  it("gives no address, MAC or port twice", () => {
    for (const key of ["ipv4", "ipv6", "mac", "port"] as const) {
      const values = cables.map((cable) => cable[key]);
      expect(new Set(values).size, key).to.equal(values.length);
    }
  });

  it("keeps names of ports within the 15 characters of an interface name", () => {
    for (const { port } of cables) expect(port.length).to.be.at.most(15);
  });

  it("gives MACs that are unicast and locally administered", () => {
    for (const { mac } of cables) expect(Number.parseInt(mac.slice(0, 2), 16) & 3).to.equal(2);
  });

  it("gives a node the same digits in both families and pods of its own", () => {
    const node = members.find(({ name }) => name === "node-2");
    expect(node?.cables[0]).to.deep.equal({
      segment: "lan",
      interface: "eth0",
      port: "node-2",
      mac: "02:fa:1e:ad:00:0c",
      ipv4: "198.51.100.12",
      ipv6: "2001:db8:10::12",
    });
    expect(node?.cables[1]?.ipv4).to.equal("192.0.2.12");
    expect(node?.podPrefixes).to.deep.equal(["10.244.2.0/24", "fd00:10:244:2::/64"]);
  });

  it("does not move a member when another is added", () => {
    const more = plan({ ...input, nodeNumbers: [...input.nodeNumbers, 81], clients: 3 });
    for (const member of members) {
      expect(more.find(({ name }) => name === member.name)).to.deep.equal(member);
    }
  });

  it("has the second segment only on request", () => {
    expect(segmentsOf({ secondSegment: false })).to.deep.equal(["lan", "wan"]);
    const plain = plan({ ...input, secondSegment: false });
    expect(plain.flatMap((member) => member.cables).some(({ segment }) => segment === "lan2")).to.equal(
      false,
    );
  });
});
