import { expect } from "chai";
import type { NetInterface } from "./interface-watch.ts";
import { Agent } from "./testing/agent.ts";
import { ip, ipBatch, NAMESPACES_UNAVAILABLE, NamespacePair } from "./testing/namespace.ts";

describe("InterfaceWatch, in a network namespace", function () {
  this.timeout(30_000);
  if (NAMESPACES_UNAVAILABLE !== undefined) {
    it.skip(NAMESPACES_UNAVAILABLE);
    return;
  }
  let pair: NamespacePair;
  let agent: Agent;

  beforeEach(async () => {
    pair = new NamespacePair("iw");
    agent = await Agent.start(pair.left);
  });

  afterEach(async () => {
    expect(await agent.stop()).to.equal(0);
    expect(agent.errors).to.deep.equal([]);
    pair.remove();
  });

  it("tells all interfaces and the addresses of both families at once", async () => {
    left("address", "add", "192.0.2.1/24", "dev", "left0");
    left("address", "add", "2001:db8::1/64", "dev", "left0", "nodad");
    await watching();
    expect(agent.reports).to.have.length(1);
    expect(agent.reports[0]?.map(({ name }) => name)).to.deep.equal(["lo", "left0"]);
    const found = interfaceNow("left0");
    expect(found).to.include({
      index: pair.indexOf(pair.left, "left0"),
      carrier: true,
      broadcast: true,
      loopback: false,
      noArp: false,
      master: undefined,
    });
    expect(found?.mac).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(addressesNow("left0")).to.deep.equal(["192.0.2.1/24", "2001:db8::1/64"]);
    expect(interfaceNow("lo")).to.include({ loopback: true, carrier: false });
  });

  it("tells nothing while nothing changes that it tells of", async () => {
    await watching();
    left("link", "set", "left0", "txqueuelen", "77");
    left("link", "set", "left0", "mtu", "1400");
    left("link", "set", "left0", "address", "02:00:00:00:00:07");
    await agent.until("the MAC", () => interfaceNow("left0")?.mac === "02:00:00:00:00:07");
    expect(agent.reports).to.have.length(2);
  });

  it("follows addresses that come and go", async () => {
    await watching();
    left("address", "add", "192.0.2.9/24", "dev", "left0");
    await agent.until("the address", () => addressesNow("left0").includes("192.0.2.9/24"));
    left("address", "delete", "192.0.2.9/24", "dev", "left0");
    await agent.until("no address", () => addressesNow("left0").length === 0);
  });

  it("tells a burst of changes as one", async () => {
    await watching();
    left("address", "add", "192.0.2.9/24", "dev", "left0");
    await agent.until("the address", () => addressesNow("left0").length === 1);
    const before = agent.reports.length;
    left("address", "flush", "dev", "left0");
    const batch = Array.from({ length: 200 }, (_, i) => `address add 10.0.${i}.1/24 dev left0`);
    await agent.frozen(() => ipBatch(pair.left, batch));
    await agent.until("200 addresses", () => addressesNow("left0").length === 200);
    expect(agent.reports.length - before).to.be.lessThan(5);
  });

  it("does not tell of an IPv6 address before duplicate address detection has cleared it", async () => {
    await watching();
    left("address", "add", "2001:db8::5/64", "dev", "left0");
    left("address", "add", "192.0.2.5/24", "dev", "left0");
    await agent.until("the IPv4 address", () => addressesNow("left0").includes("192.0.2.5/24"));
    expect(addressesNow("left0")).to.deep.equal(["192.0.2.5/24"]);
    expect(left("address", "show", "dev", "left0")).to.contain("tentative");
    await agent.until("the IPv6 address", () => addressesNow("left0").includes("2001:db8::5/64"));
  });

  it("does not tell of an IPv6 address that another machine has", async () => {
    ip("-n", pair.right, "address", "add", "2001:db8::6/64", "dev", "right0", "nodad");
    await watching();
    left("address", "add", "2001:db8::6/64", "dev", "left0");
    await agent.until("detection failed", () =>
      left("address", "show", "dev", "left0").includes("dadfailed"),
    );
    left("address", "add", "192.0.2.5/24", "dev", "left0");
    await agent.until("the IPv4 address", () => addressesNow("left0").length > 0);
    expect(addressesNow("left0")).to.deep.equal(["192.0.2.5/24"]);
  });

  it("follows the carrier", async () => {
    await watching();
    ip("-n", pair.right, "link", "set", "right0", "down");
    await agent.until("no carrier", () => interfaceNow("left0")?.carrier === false);
    ip("-n", pair.right, "link", "set", "right0", "up");
    await agent.until("the carrier", () => interfaceNow("left0")?.carrier === true);
    left("link", "set", "left0", "down");
    await agent.until("down", () => interfaceNow("left0")?.carrier === false);
  });

  it("follows a rename, keeping the index, and a change of MAC", async () => {
    await watching();
    const index = interfaceNow("left0")?.index;
    left("link", "set", "left0", "name", "uplink");
    await agent.until("the name", () => interfaceNow("uplink")?.index === index);
    expect(interfaceNow("left0")).to.equal(undefined);
    left("link", "set", "uplink", "address", "02:00:00:00:00:42");
    await agent.until("the MAC", () => interfaceNow("uplink")?.mac === "02:00:00:00:00:42");
  });

  it("follows interfaces that come and go, with their addresses", async () => {
    await watching();
    left("link", "add", "extra0", "type", "bridge");
    left("address", "add", "198.51.100.1/24", "dev", "extra0");
    await agent.until("the interface", () => addressesNow("extra0").includes("198.51.100.1/24"));
    left("link", "delete", "extra0");
    await agent.until("no interface", () => interfaceNow("extra0") === undefined);
  });

  it("tells whether an interface does without ARP", async () => {
    await watching();
    left("link", "set", "left0", "arp", "off");
    await agent.until("no ARP", () => interfaceNow("left0")?.noArp === true);
  });

  it("follows membership in a bridge, and a port that leaves it is still there", async () => {
    left("link", "add", "bridge0", "type", "bridge");
    await watching();
    const bridge = interfaceNow("bridge0")?.index;
    left("link", "set", "left0", "master", "bridge0");
    await agent.until("the master", () => interfaceNow("left0")?.master === bridge);
    left("link", "set", "left0", "nomaster");
    await agent.until("no master", () => interfaceNow("left0")?.master === undefined);
    expect(interfaceNow("left0")).to.not.equal(undefined);
  });

  it("tells the gateways of both families, each once, and those of the main table only", async () => {
    addressed();
    left("route", "add", "default", "via", "192.0.2.254");
    left("route", "add", "default", "via", "192.0.2.254", "metric", "9");
    left("route", "add", "default", "via", "192.0.2.253", "metric", "10");
    left("route", "add", "default", "via", "192.0.2.252", "table", "100");
    left("route", "add", "198.51.100.0/24", "via", "192.0.2.251");
    left("-6", "route", "add", "default", "via", "2001:db8::fe");
    left("-6", "route", "add", "default", "via", "fe80::fe", "dev", "left0", "metric", "5");
    await watching();
    expect(gatewaysNow("left0")).to.deep.equal(["192.0.2.253", "192.0.2.254", "2001:db8::fe", "fe80::fe"]);
    expect(gatewaysNow("lo")).to.deep.equal([]);
    expect(agent.reports).to.have.length(1);
  });

  it("tells each gateway of a route with several, an IPv6 one of an IPv4 route included", async () => {
    addressed();
    left(
      "route",
      "add",
      "default",
      "nexthop",
      "via",
      "192.0.2.253",
      "nexthop",
      "via",
      "inet6",
      "2001:db8::fd",
    );
    left(
      "-6",
      "route",
      "add",
      "default",
      "nexthop",
      "via",
      "2001:db8::fe",
      "nexthop",
      "via",
      "fe80::fe",
      "dev",
      "left0",
    );
    await watching();
    expect(gatewaysNow("left0")).to.deep.equal(["192.0.2.253", "2001:db8::fd", "2001:db8::fe", "fe80::fe"]);
  });

  for (const [family, first, second] of [
    ["-4", "192.0.2.254", "192.0.2.253"],
    ["-6", "2001:db8::fe", "2001:db8::fd"],
  ] as const) {
    it(`follows a gateway that comes, is replaced and goes (ip ${family})`, async () => {
      addressed();
      await watching();
      expect(gatewaysNow("left0")).to.deep.equal([]);
      left(family, "route", "add", "default", "via", first);
      await agent.until("the gateway", () => gatewaysNow("left0").join() === first);
      left(family, "route", "replace", "default", "via", second);
      await agent.until("the other gateway", () => gatewaysNow("left0").join() === second);
      left(family, "route", "delete", "default");
      await agent.until("no gateway", () => gatewaysNow("left0").length === 0);
      expect(agent.reports).to.have.length(4);
    });
  }

  it("tells nothing of routes to elsewhere, however many", async () => {
    addressed();
    left("route", "add", "default", "via", "192.0.2.254");
    await watching();
    const lines = Array.from({ length: 20_000 }, (_, i) => `${(i >> 8) & 255}.${i & 255}`);
    ipBatch(
      pair.left,
      lines.map((bytes) => `route add 10.0.${bytes}/32 via 192.0.2.9`),
    );
    ipBatch(
      pair.left,
      lines.map((bytes) => `route replace 10.0.${bytes}/32 via 192.0.2.8`),
    );
    left("route", "replace", "default", "via", "192.0.2.253");
    await agent.until("the gateway", () => gatewaysNow("left0").join() === "192.0.2.253");
    expect(agent.reports).to.have.length(2);
  });

  it("tells no gateway behind an interface that went down or lost its address, though the kernel is silent", async () => {
    addressed();
    left("route", "add", "default", "via", "192.0.2.254");
    await watching();
    left("address", "delete", "192.0.2.1/24", "dev", "left0");
    await agent.until("no gateway", () => gatewaysNow("left0").length === 0);
    left("address", "add", "192.0.2.1/24", "dev", "left0");
    left("route", "add", "default", "via", "192.0.2.254");
    await agent.until("the gateway", () => gatewaysNow("left0").length === 1);
    left("link", "set", "left0", "down");
    await agent.until("no gateway again", () => gatewaysNow("left0").length === 0);
  });

  it("reads everything again when notifications were lost", async () => {
    await watching();
    const lines: string[] = [];
    for (let i = 0; i < 3000; i++) lines.push(`link set left0 address 02:00:00:00:00:${i % 2 ? "01" : "02"}`);
    lines.push("address add 192.0.2.77/24 dev left0", "link set left0 address 02:00:00:00:00:77");
    await agent.frozen(() => ipBatch(pair.left, lines));
    await agent.until("the last change", () => interfaceNow("left0")?.mac === "02:00:00:00:00:77");
    await agent.until("the last address", () => addressesNow("left0").includes("192.0.2.77/24"));
    expect(await agent.ask({ do: "overruns" })).to.be.greaterThan(0);
  });

  it("tells nothing after it was stopped, and all again when started anew", async () => {
    await watching();
    await agent.ask({ do: "stopWatch" });
    left("link", "add", "extra0", "type", "bridge");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(agent.reports).to.have.length(1);
    await agent.ask({ do: "watch" });
    await agent.until("the interface", () => interfaceNow("extra0") !== undefined);
  });

  function left(...args: string[]): string {
    return ip("-n", pair.left, ...args);
  }

  function addressed(): void {
    left("address", "add", "192.0.2.1/24", "dev", "left0");
    left("address", "add", "2001:db8::1/64", "dev", "left0", "nodad");
  }

  async function watching(): Promise<void> {
    await agent.ask({ do: "watch" });
    await agent.until("the first report", () => agent.reports.length > 0);
  }

  function interfaceNow(name: string): NetInterface | undefined {
    return agent.reports.at(-1)?.find((candidate) => candidate.name === name);
  }

  function addressesNow(name: string): readonly string[] {
    const addresses = interfaceNow(name)?.addresses ?? [];
    return addresses.map(({ address, prefixLength }) => `${address.text}/${prefixLength}`);
  }

  function gatewaysNow(name: string): readonly string[] {
    return (interfaceNow(name)?.gateways ?? []).map(({ text }) => text);
  }
});
