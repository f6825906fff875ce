import { expect } from "chai";
import {
  addressCommands,
  namespaceScript,
  plugCommands,
  podRouteCommands,
  switchCommands,
} from "./network.ts";
import { type Member, plan } from "./plan.ts";

const members = plan({ name: "x", nodeNumbers: [1], clients: 1, outsideClients: 1, secondSegment: true });

function find(name: string): Member {
  const found = members.find((member) => member.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function addresses(name: string): readonly string[] {
  const member = find(name);
  return member.cables.flatMap((cable) => addressCommands(member, cable));
}

describe("the network of a lab", () => {
  it("makes one bridge a segment, which forwards at once", () => {
    expect(switchCommands(["lan"])).to.deep.equal([
      "link add lan type bridge mcast_snooping 0 forward_delay 0",
      "link set lan up",
    ]);
  });

  it("makes no interface on the host: both ends of a cable start in their namespaces", () => {
    const client = find("client-1");
    expect(client.cables.flatMap((cable) => plugCommands(client, cable))).to.deep.equal([
      "link add client-1 type veth peer name eth0 address 02:fa:1e:ad:00:65 netns fl-x-client-1",
      "link set client-1 master lan up",
      "link add client-1.1 type veth peer name eth1 address 02:fa:1e:ad:01:65 netns fl-x-client-1",
      "link set client-1.1 master lan2 up",
    ]);
  });

  it("leads everybody but the router to the router, by the first interface alone", () => {
    expect(addresses("node-1").filter((line) => line.includes("default"))).to.deep.equal([
      "route add default via 198.51.100.1",
      "route add default via 2001:db8:10::1",
    ]);
    expect(addresses("outside-1")).to.include("route add default via 203.0.113.1");
    expect(addresses("router").join("\n")).to.not.contain("default");
  });

  it("leads to a node's pods by the node's own address", () => {
    expect(podRouteCommands(find("node-1"))).to.deep.equal([
      "route replace 10.244.1.0/24 via 198.51.100.11",
      "route replace fd00:10:244:1::/64 via 2001:db8:10::11",
    ]);
  });

  it("lets nodes and the router forward, and nobody else", () => {
    const forwards = (name: string): boolean =>
      namespaceScript(find(name)).includes("echo 1 > /proc/sys/net/ipv4/ip_forward");
    expect(["switch", "control-plane", "node-1", "router", "client-1"].map(forwards)).to.deep.equal([
      false,
      false,
      true,
      true,
      false,
    ]);
  });
});
