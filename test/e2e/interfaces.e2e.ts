import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { installFairlead } from "../install/fairlead.ts";
import { unanswered } from "../lab/attempt.ts";
import type { Capture } from "../lab/capture.ts";
import { Lab } from "../lab/lab.ts";
import { ANSWERED_WITHIN_MS, Asking, silentBetween, turnsOf } from "./support/asking.ts";
import { settled } from "./support/audit.ts";
import { failedApart, switchTo } from "./support/cut-connections.ts";
import { solicitedNode } from "./support/frames.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { ATTEMPT_MS } from "./support/onlookers.ts";
import { adopted, announcedOnlyBy, lastMove, recordOf, turns } from "./support/placed.ts";
import { proxied, rolledOut } from "./support/served.ts";
import { nodesSettled } from "./support/speaker-pod.ts";
import {
  addressed,
  announcer,
  apply,
  condition,
  noneHeld,
  page,
  paths,
  speakers,
  urlOf,
  virtualIPNameOf,
} from "./support/steps.ts";
import { expectRounds, whenTold } from "./support/takeover.ts";
import { claimsOf, followed, knownMac, questionsOf, resolutions } from "./support/wire.ts";

const SECOND = ["192.0.2.200-192.0.2.209", "2001:db8:11::200-2001:db8:11::209"];
const LAN = ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"];
const UNANNOUNCED = { type: "Announced", status: "False", reason: "NoEligibleNode" };

/** The API is reached through eth0, so that what happens to eth1 and its segment leaves the nodes in the cluster. */
describe("the interfaces of a node", () => {
  const name = `interfaces-${process.pid}`;
  let lab: Lab;

  before(async () => {
    lab = await Lab.up({ name, nodes: 2, clients: 1, secondSegment: true });
    await installFairlead(lab);
    await apply(lab, pool("lan", { addresses: LAN }), advertisement("lan", { ipAddressPools: ["lan"] }));
    await apply(lab, pool("second", { addresses: SECOND, autoAssign: false }), second(), web("web"));
    await rolledOut(lab, "web");
    await nodesSettled(lab);
  });
  after(() => Lab.takeDown(name));
  afterEach(async () => {
    await apply(lab, second());
    await lab.kubectl(["delete", "services", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
    await bothReported("eth1");
  });

  it("are told apart by subnet: an address is told on the one that carries its subnet and on no other", async () => {
    for (const vip of await held()) {
      expect(await told(vip, "eth1")).to.deep.equal([macOf("node-1")]);
      expect(await told(vip, "eth0")).to.deep.equal([]);
      expect(await announcers(vip)).to.deep.equal([
        { node: "node-1", interface: "eth1", mac: macOf("node-1") },
      ]);
    }
  });

  it("are those that the advertisement names, whatever subnet they carry", async () => {
    const vips = await held();
    await apply(lab, second({ interfaces: ["eth0"] }));
    for (const vip of vips) {
      await on(vip, { node: "node-1", interface: "eth0" });
      expect(await told(vip, "eth0")).to.deep.equal([macOf("node-1", 0)]);
      expect(await told(vip, "eth1")).to.deep.equal([]);
    }
  });

  it("that an advertisement names and no node has are told on it with field, value and remedy; the others go on", async () => {
    await apply(lab, service("other"));
    const [other = ""] = await addressed(lab, "other");
    await page(lab, "client-1", other);
    const vips = await held();
    const probing = await lab.probe("client-1", { kind: "http", url: urlOf(other) }, { everyMs: 100 });
    await apply(lab, second({ interfaces: ["bond7"] }));
    const wanted = { type: "Ready", status: "False", reason: "UnknownInterface" };
    const { message } = await condition(lab, paths.advertisement("second"), wanted);
    expect(message).to.contain('spec.interfaces[0] names interface "bond7"');
    expect(message).to.contain('correct the name as "ip link" shows it');
    for (const vip of vips) {
      const unannounced = await condition(lab, paths.virtualIP(virtualIPNameOf(vip)), UNANNOUNCED);
      expect(unannounced.message).to.match(
        /no node may.*node-1.*: none of the advertisement's interfaces \(bond7\)/,
      );
      await silent(vip);
    }
    expect(unanswered(await probing.stop())).to.deep.equal([]);
    await apply(lab, second());
    await condition(lab, paths.advertisement("second"), { type: "Ready", status: "True" });
    for (const vip of vips) await page(lab, "client-1", vip);
  });

  it("that an advertisement names decide which node an address goes to", async () => {
    await rename("node-1", "eth1", "other0");
    try {
      await apply(lab, second({ interfaces: ["eth1"] }));
      for (const vip of await addresses()) {
        await on(vip, { node: "node-2", interface: "eth1" });
        expect(await told(vip, "eth1")).to.deep.equal([macOf("node-2")]);
      }
    } finally {
      await rename("node-1", "other0", "eth1");
    }
  });

  it("may be named by a pattern, whose meaning is told, and a node that has none of them is passed over", async () => {
    await apply(lab, second({ interfaces: ["et?1", "lan*"] }));
    const vips = await held();
    for (const vip of vips) {
      expect(await told(vip, "eth1")).to.deep.equal([macOf("node-1")]);
      expect(await told(vip, "eth0")).to.deep.equal([]);
    }
    const unknown = { type: "Ready", status: "False", reason: "UnknownInterface" };
    const { message } = await condition(lab, paths.advertisement("second"), unknown);
    expect(message).to.contain('spec.interfaces[1] is the pattern "lan*", which stands for no interface');
    await rename("node-1", "eth1", "lan0");
    try {
      const ready = { type: "Ready", status: "True" };
      const found = await condition(lab, paths.advertisement("second"), ready);
      expect(found.message).to.contain('"et?1" stands for eth1. "lan*" stands for lan0.');
      for (const vip of vips) await on(vip, { node: "node-1", interface: "lan0", mac: macOf("node-1") });
      await rename("node-1", "lan0", "other0");
      for (const vip of vips) {
        await on(vip, { node: "node-2", interface: "eth1" });
        expect(await told(vip, "eth1")).to.deep.equal([macOf("node-2")]);
      }
    } finally {
      const name = (await has("node-1", "lan0")) ? "lan0" : "other0";
      await rename("node-1", name, "eth1");
    }
  });

  it("may have other names on each node: an address is on those that carry its subnet, and on the next when one loses the link", async () => {
    await rename("node-2", "eth1", "lan0");
    try {
      const vips = await addresses();
      for (const spec of [{}, { interfaces: ["eth1", "lan0"] }]) {
        await apply(lab, second(spec));
        for (const vip of vips) {
          await on(vip, { node: "node-1", interface: "eth1" });
          expect(await told(vip, "eth0")).to.deep.equal([]);
        }
      }
      for (const vip of vips)
        await lab.waitFor(`node-2 stands in for ${vip} by other names`, async (see) => {
          const { spec } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
          see(spec.placement);
          return spec.placement?.nodes.length === 2 && spec.placement.interfaces?.join() === "eth1,lan0";
        });
      await lab.cutCable("node-1", "eth1");
      for (const vip of vips) {
        await on(vip, { node: "node-2", interface: "lan0", mac: macOf("node-2") });
        expect(await told(vip, "eth1")).to.deep.equal([macOf("node-2")]);
        expect(await told(vip, "eth0")).to.deep.equal([]);
      }
    } finally {
      await lab.plugCable("node-1", "eth1");
      await rename("node-2", "lan0", "eth1");
    }
  });

  it("named on several networks are told on each: an address goes to the node that reaches more of them, in one move that nobody notices", async () => {
    for (const node of lab.nodeNames) await lab.cutCable(node, "eth1");
    await Promise.all(lab.nodeNames.map(unplugged));
    await apply(lab, second({ interfaces: ["eth0", "eth1"] }));
    const vips = await addresses();
    // The client knows these addresses by the first network alone.
    const routes = vips.map((vip) => [
      vip.includes(":") ? "-6" : "-4",
      `${vip}/${vip.includes(":") ? 128 : 32}`,
    ]);
    try {
      for (const vip of vips) await on(vip, { node: "node-1", interface: "eth0", mac: macOf("node-1", 0) });
      for (const [family = "", prefix = ""] of routes)
        await lab.exec("client-1", ["ip", family, "route", "add", prefix, "dev", "eth0"]);
      for (const vip of vips) await proxied(lab, "second", vip);
      for (const vip of vips) await page(lab, "client-1", vip);
      const capture = await lab.capture("client-1", "arp or icmp6");
      const probes = await Promise.all(
        vips.map((vip) =>
          lab.probe(
            "client-1",
            { kind: "tcp", address: vip, port: 80 },
            { everyMs: 50, timeoutMs: ATTEMPT_MS },
          ),
        ),
      );
      try {
        await lab.plugCable("node-2", "eth1");
        for (const vip of vips) {
          await lab.waitFor(`node-2 announces ${vip} on both networks`, async (see) => {
            const all = await announcers(vip);
            see(all);
            return (
              all
                .map((one) => `${one.node} ${one.interface}`)
                .toSorted()
                .join() === "node-2 eth0,node-2 eth1"
            );
          });
          expect(await lastMove(lab, vip)).to.deep.include({
            from: "node-1",
            to: "node-2",
            reason: "MoreNetworks",
          });
          expect(await told(vip, "eth0")).to.deep.equal([macOf("node-2", 0)]);
          expect(await told(vip, "eth1")).to.deep.equal([macOf("node-2")]);
        }
        for (const [i, vip] of vips.entries()) {
          const switches = switchTo(claimsOf(capture.frames, vip), macOf("node-2", 0));
          expect(switches, vip).to.have.length(1);
          expect(failedApart((await probes[i]?.stop()) ?? [], switches), vip).to.deep.equal([]);
        }
      } finally {
        await Promise.all(probes.map((probe) => probe.stop()));
        await capture.stop();
      }
      const records = await Promise.all(vips.map((vip) => recordOf(lab, vip)));
      await lab.plugCable("node-1", "eth1");
      await bothReported("eth1");
      await settled(lab);
      expect(await Promise.all(vips.map((vip) => recordOf(lab, vip)))).to.deep.equal(records);
    } finally {
      for (const [family = "", prefix = ""] of routes)
        await lab.exec("client-1", ["ip", family, "route", "flush", "exact", prefix]);
      for (const node of lab.nodeNames) await lab.plugCable(node, "eth1");
    }
  });

  it("are used once a segment: of two in the address's subnet one tells it, with a pattern for both too", async () => {
    await link("node-1", "add", "link", "eth1", "name", "eth1b", "type", "macvlan", "mode", "bridge");
    try {
      await lab.exec("node-1", ["ip", "address", "add", "192.0.2.99/24", "dev", "eth1b"]);
      await lab.exec("node-1", ["ip", "address", "add", "2001:db8:11::99/64", "dev", "eth1b", "nodad"]);
      await link("node-1", "set", "dev", "eth1b", "up");
      await carried("node-1", "eth1b");
      for (const spec of [{}, { interfaces: ["eth1*"] }]) {
        await apply(lab, second(spec));
        const vips = await addresses();
        for (const vip of vips) {
          await on(vip, { node: "node-1", interface: "eth1", mac: macOf("node-1") });
          expect(await told(vip, "eth1")).to.deep.equal([macOf("node-1")]);
        }
        await lab.kubectl(["delete", "service", "second", "--wait=true"]);
        await noneHeld(lab);
      }
    } finally {
      await link("node-1", "delete", "dev", "eth1b");
    }
  });

  it("need no address if they are named; for IPv6 a link-local one, and what is missing is told with node and interface", async () => {
    await apply(lab, second({ interfaces: ["eth1"] }));
    try {
      for (const node of lab.nodeNames) {
        await lab.exec(node, ["ip", "-4", "address", "flush", "dev", "eth1"]);
        await lab.exec(node, ["ip", "-6", "address", "flush", "dev", "eth1", "scope", "global"]);
        await lab.waitFor(`${node} has no more than a link-local address on eth1`, async (see) => {
          const found = await reported(node, "eth1");
          see(found);
          return found?.addresses.length === 1 && found.addresses[0]?.startsWith("fe80:");
        });
      }
      const listening = await listen();
      const vips = await addresses();
      for (const vip of vips) {
        await on(vip, { node: "node-1", interface: "eth1", mac: macOf("node-1") });
        expect(await told(vip, "eth1")).to.deep.equal([macOf("node-1")]);
        await whenTold(lab, listening, vip, macOf("node-1"));
        expectRounds(claimsOf(listening.frames, vip), vip, macOf("node-1"));
      }
      await listening.stop();
      for (const node of lab.nodeNames) await lab.exec(node, ["ip", "address", "flush", "dev", "eth1"]);
      const [v4 = "", v6 = ""] = vips;
      const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(v6)), UNANNOUNCED);
      expect(message).to.match(
        /node-1, node-2: .*\(of eth1\) has an IPv6 link-local address\); switch IPv6 on/,
      );
      await silent(v6);
      expect(await told(v4, "eth1")).to.deep.equal([macOf("node-1")]);
    } finally {
      for (const node of lab.nodeNames) {
        await lab.removeInterface(node, "eth1");
        await lab.restoreInterface(node, "eth1");
      }
    }
  });

  it("may go and come back: the address follows, and is told again where it comes back", async () => {
    const vips = await held();
    try {
      const leaving = await listen();
      await lab.removeInterface("node-1", "eth1");
      await moved(leaving, vips, "node-1", "node-2");
      await lab.removeInterface("node-2", "eth1");
      for (const vip of vips) {
        const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(vip)), UNANNOUNCED);
        expect(message).to.match(/node-2: no interface with a link has the address's subnet/);
        await silent(vip);
      }
      const back = await listen();
      await lab.restoreInterface("node-1", "eth1");
      for (const vip of vips) {
        await on(vip, { node: "node-1", interface: "eth1" });
        await whenTold(lab, back, vip, macOf("node-1"));
        await page(lab, "client-1", vip);
      }
      const frames = await back.stop();
      for (const vip of vips) expectRounds(claimsOf(frames, vip), vip, macOf("node-1"));
      await joined("node-1", "eth1", vips);
    } finally {
      for (const node of lab.nodeNames)
        if (!(await has(node, "eth1"))) await lab.restoreInterface(node, "eth1");
    }
  });

  it("may get another MAC: neighbors are told and follow without asking", async () => {
    const vips = await held();
    const changed = "02:fa:1e:ad:77:0b";
    const capture = await listen();
    try {
      await setMac("node-1", changed);
      for (const vip of vips) {
        expect(await followed(lab, "client-1", vip, macOf("node-1"))).to.equal(changed);
        expect(questionsOf(capture.frames, macOf("client-1"), vip)).to.equal(0);
        expect(await lab.fetch("client-1", urlOf(vip))).to.include({ ok: true, status: 200 });
        await on(vip, { node: "node-1", interface: "eth1", mac: changed });
        await whenTold(lab, capture, vip, changed);
        expectRounds(claimsOf(capture.frames, vip), vip, changed);
        expect(await told(vip, "eth1")).to.deep.equal([changed]);
      }
      await joined("node-1", "eth1", vips);
    } finally {
      await capture.stop();
      await setMac("node-1", macOf("node-1"));
    }
  });

  it("may lose the link and get it back: the address is told where there is one", async () => {
    const vips = await held();
    try {
      const first = await listen();
      await lab.cutCable("node-1", "eth1");
      await moved(first, vips, "node-1", "node-2");
      await lab.plugCable("node-1", "eth1");
      await bothReported("eth1");
      const second = await listen();
      await lab.cutCable("node-2", "eth1");
      await moved(second, vips, "node-2", "node-1");
    } finally {
      await lab.plugCable("node-1", "eth1");
      await lab.plugCable("node-2", "eth1");
    }
  });

  it("may lose the link while the API server is away: what is announced there is handed over by the network of the nodes' own addresses", async () => {
    const vips = await held();
    const asking = await Promise.all(vips.map((vip) => Asking.begin(lab, "client-1", vip, "eth1")));
    const before = await turns(lab, "node-2", "Offered");
    try {
      await lab.stopApiServer();
      await lab.cutCable("node-1", "eth1");
      await handedOver(asking);
      expect((await turns(lab, "node-2", "Offered")) - before).to.equal(vips.length);
    } finally {
      await Promise.all(asking.map((one) => one.stop()));
      await lab.plugCable("node-1", "eth1");
      await lab.startApiServer();
    }
    await bothReported("eth1");
    for (const vip of vips) await adopted(lab, vip, "node-2");
  });

  it("may have a link that leads nowhere: the node is told so by the other network and gives up what it cannot serve", async () => {
    const vips = await held();
    const asking = await Promise.all(vips.map((vip) => Asking.begin(lab, "client-1", vip, "eth1")));
    const before = await turns(lab, "node-2", "HolderConceded");
    const port = lab.member("node-1").cables[1]?.port;
    // Who is cut off is known by a third that the other sees: the gateway.
    const gateway = lab.member("client-1").cables[1]?.ipv4 ?? "";
    const viaClient = ["default", "via", gateway, "metric", "5000"];
    try {
      for (const node of lab.nodeNames) {
        await route(node, "add", ...viaClient);
        await lab.waitFor(`${node} reports a gateway on eth1`, async () =>
          (await reported(node, "eth1"))?.gateways?.includes(gateway),
        );
      }
      for (const other of ["node-2", "client-1"]) {
        await lab.drop({ from: "node-1", to: other, match: `iifname "${port}"` });
        await lab.drop({ from: other, to: "node-1", match: `oifname "${port}"` });
      }
      await handedOver(asking);
      for (const vip of vips) await adopted(lab, vip, "node-2");
      expect((await turns(lab, "node-2", "HolderConceded")) - before).to.equal(vips.length);
      await lab.heal();
      for (const vip of vips) {
        await announcedOnlyBy(lab, vip, "node-2");
        expect(await lastMove(lab, vip)).to.deep.include({ from: "node-1", to: "node-2", by: "Speakers" });
      }
      for (const one of asking) {
        const answers = await one.stop();
        expect(turnsOf(answers), one.address).to.deep.equal([macOf("node-1"), macOf("node-2")]);
      }
    } finally {
      await Promise.all(asking.map((one) => one.stop()));
      await lab.heal();
      for (const node of lab.nodeNames) await route(node, "delete", ...viaClient);
    }
  });

  it("may be renamed: the address is told on under the new name", async () => {
    const vips = await held();
    const [vip = ""] = vips;
    const probing = await lab.probe("client-1", { kind: "http", url: urlOf(vip) }, { everyMs: 100 });
    try {
      await rename("node-1", "eth1", "other0");
      for (const one of vips) {
        await on(one, { node: "node-1", interface: "other0", mac: macOf("node-1") });
        expect(await told(one, "eth1")).to.deep.equal([macOf("node-1")]);
      }
      await joined("node-1", "other0", vips);
      expect(unanswered(await probing.stop())).to.deep.equal([]);
    } finally {
      await probing.stop();
      await rename("node-1", "other0", "eth1");
    }
  });

  it("have their gateways in the Speaker, which follows when the default route is another; the node's own address is there too", async () => {
    const [v4, v6, other] = ["198.51.100.1", "2001:db8:10::1", "198.51.100.77"] as const;
    await gateways("node-1", { eth0: [v4, v6], eth1: [] });
    await gateways("node-2", { eth0: [v4, v6], eth1: [] });
    for (const { metadata, status } of await speakers(lab))
      expect(status?.nodeAddress).to.equal(lab.member(metadata.name).cables[0]?.ipv4);
    try {
      await route("node-2", "replace", "default", "via", other);
      await gateways("node-2", { eth0: [other, v6], eth1: [] });
      await route("node-2", "add", "default", "via", "192.0.2.1", "metric", "50");
      await gateways("node-2", { eth0: [other, v6], eth1: ["192.0.2.1"] });
      await lab.exec("node-2", ["ip", "-6", "route", "delete", "default"]);
      await gateways("node-2", { eth0: [other], eth1: ["192.0.2.1"] });
      await gateways("node-1", { eth0: [v4, v6], eth1: [] });
    } finally {
      await route("node-2", "flush", "exact", "0.0.0.0/0");
      await route("node-2", "replace", "default", "via", v4);
      await lab.exec("node-2", ["ip", "-6", "route", "replace", "default", "via", v6]);
    }
    await gateways("node-2", { eth0: [v4, v6], eth1: [] });
  });

  /** Waits until node-2 answers on eth1, and expects that it does so within the bound. */
  async function handedOver(asking: readonly Asking[]): Promise<void> {
    const [from, to] = [macOf("node-1"), macOf("node-2")];
    for (const one of asking) {
      await one.until(lab, "node-2", ({ mac }) => mac === to);
      const silentMs = silentBetween(one.answers, from, to);
      console.log(`      ${one.address}: the other MAC after ${silentMs.toFixed(0)} ms`);
      expect(silentMs, one.address).to.be.below(ANSWERED_WITHIN_MS);
    }
  }

  /** The advertisement of the second segment's addresses, which prefers node-1. */
  function second(spec: Readonly<Record<string, unknown>> = {}): Manifest {
    const preference = { matchLabels: { "kubernetes.io/hostname": "node-1" } };
    const preferredNodeSelectors = [{ weight: 1, preference }];
    return advertisement("second", { ipAddressPools: ["second"], preferredNodeSelectors, ...spec });
  }

  async function addresses(): Promise<readonly string[]> {
    const annotations = { "fairlead.dev/address-pool": "second" };
    await apply(lab, service("second", { annotations, spec: DUAL_STACK }));
    return addressed(lab, "second", 2);
  }

  /** Addresses of the second segment that node-1 tells and the client knows, one a family. */
  async function held(): Promise<readonly string[]> {
    const vips = await addresses();
    for (const vip of vips) {
      await on(vip, { node: "node-1", interface: "eth1", mac: macOf("node-1") });
      await proxied(lab, "second", vip);
      await lab.flushNeighbors("client-1", vip);
      await page(lab, "client-1", vip);
      expect(await knownMac(lab, "client-1", vip)).to.equal(macOf("node-1"));
    }
    return vips;
  }

  function listen(): Promise<Capture> {
    return lab.capture("client-1", "arp or icmp6", { interface: "eth1" });
  }

  /** Expects that the client follows the addresses to the other node without asking, and is served there. */
  async function moved(capture: Capture, vips: readonly string[], from: string, to: string): Promise<void> {
    for (const vip of vips) {
      expect(await followed(lab, "client-1", vip, macOf(from))).to.equal(macOf(to));
      expect(questionsOf(capture.frames, macOf("client-1"), vip)).to.equal(0);
      expect(await lab.fetch("client-1", urlOf(vip))).to.include({ ok: true, status: 200 });
      expect(await announcer(lab, virtualIPNameOf(vip), from)).to.equal(to);
      expect(await told(vip, "eth1")).to.deep.equal([macOf(to)]);
    }
    await capture.stop();
  }

  /** Expects that the node is in the group that solicitations for the address of IPv6 go to. */
  async function joined(node: string, interfaceName: string, vips: readonly string[]): Promise<void> {
    const groups = (await lab.exec(node, ["ip", "maddr", "show", "dev", interfaceName])).stdout;
    expect(groups).to.contain(solicitedNode(vips[1] ?? "").address);
  }

  /** Waits until the VirtualIP says that it is answered for at one place, which is this. */
  async function on(vip: string, wanted: Readonly<Record<string, string>>): Promise<void> {
    await lab.waitFor(`${vip} is announced on ${JSON.stringify(wanted)}`, async (see) => {
      const all = await announcers(vip);
      see(all);
      const [one] = all;
      return all.length === 1 && Object.entries(wanted).every(([key, value]) => one?.[key] === value);
    });
  }

  async function announcers(vip: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const { status } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
    return (status?.announcers ?? []).map((one) => ({
      node: one.node,
      interface: one.interface ?? "",
      mac: one.mac ?? "",
    }));
  }

  function told(vip: string, interfaceName: string): Promise<readonly string[]> {
    return resolutions(lab, "client-1", vip, interfaceName);
  }

  async function silent(vip: string): Promise<void> {
    await lab.waitFor(`nobody tells ${vip}`, async (see) => {
      const macs = await told(vip, "eth1");
      see(macs);
      return macs.length === 0;
    });
  }

  /** Waits until both speakers report the interface with a link and two addresses. */
  async function bothReported(interfaceName: string): Promise<void> {
    await lab.waitFor(`both speakers report ${interfaceName}`, async (see) => {
      const all = await speakers(lab);
      see(all.map(({ status }) => status?.interfaces));
      return all.every(({ status }) =>
        status?.interfaces.some(
          (one) => one.name === interfaceName && one.carrier && one.addresses.length > 1,
        ),
      );
    });
  }

  /** Waits until the speaker of the node reports the interface with a link and two addresses. */
  async function carried(node: string, name: string): Promise<void> {
    await lab.waitFor(`${node} reports ${name} with a link`, async (see) => {
      const found = await reported(node, name);
      see(found);
      return found?.carrier === true && found.addresses.length > 1;
    });
  }

  /** Waits until the speaker of the node reports that eth1 has no link. */
  async function unplugged(node: string): Promise<void> {
    await lab.waitFor(`${node} reports eth1 without a link`, async (see) => {
      const found = await reported(node, "eth1");
      see(found);
      return found?.carrier === false;
    });
  }

  async function reported(
    node: string,
    name: string,
  ): Promise<NonNullable<Speaker["status"]>["interfaces"][number] | undefined> {
    const { status } = await lab.api.get<Speaker>(paths.speaker(node));
    return status?.interfaces.find((one) => one.name === name);
  }

  /** Waits until the speaker of the node reports these gateways, by interface. */
  async function gateways(node: string, wanted: Readonly<Record<string, readonly string[]>>): Promise<void> {
    await lab.waitFor(`${node} reports the gateways ${JSON.stringify(wanted)}`, async (see) => {
      const { status } = await lab.api.get<Speaker>(paths.speaker(node));
      see(status?.interfaces);
      return Object.entries(wanted).every(([name, all]) => {
        const told = status?.interfaces.find((one) => one.name === name);
        return told !== undefined && (told.gateways ?? []).join(" ") === all.join(" ");
      });
    });
  }

  async function route(node: string, ...argv: readonly string[]): Promise<void> {
    await lab.exec(node, ["ip", "route", ...argv]);
  }

  async function has(node: string, interfaceName: string): Promise<boolean> {
    const argv = ["ip", "link", "show", "dev", interfaceName];
    return (await lab.exec(node, argv, { accept: [0, 1] })).code === 0;
  }

  function macOf(member: string, cable = 1): string {
    return lab.member(member).cables[cable]?.mac ?? "";
  }

  async function link(node: string, ...argv: readonly string[]): Promise<void> {
    await lab.exec(node, ["ip", "link", ...argv]);
  }

  async function rename(node: string, from: string, to: string): Promise<void> {
    await lab.exec(node, ["ip", "link", "set", "dev", from, "name", to]);
  }

  async function setMac(node: string, mac: string): Promise<void> {
    await lab.exec(node, ["ip", "link", "set", "dev", "eth1", "address", mac]);
  }
});
