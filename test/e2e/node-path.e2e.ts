import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { installFairlead } from "../install/fairlead.ts";
import { installationReady } from "../install/pods.ts";
import { Lab } from "../lab/lab.ts";
import { Asking, silentBetween, turnsApart } from "./support/asking.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import { adopted, announcedOnlyBy, lastMove, recordOf, turns } from "./support/placed.ts";
import { rolledOut } from "./support/served.ts";
import { nodesSettled } from "./support/speaker-pod.ts";
import { addressed, announcer, apply, condition, page, paths, virtualIPNameOf } from "./support/steps.ts";

const SECOND = ["192.0.2.200-192.0.2.209", "2001:db8:11::200-2001:db8:11::209"];
const OWNER = "node-1";
/** A holder looks once a second whether it is heard. */
const SEEN_AGAIN_MS = 3000;

/** The nodes' own addresses, and with them the API and the way to the pods, are on eth0; what is announced is on eth1. */
describe("the network of the nodes' own addresses", () => {
  const name = `node-path-${process.pid}`;
  let lab: Lab;
  let vips: readonly string[];

  before(async () => {
    lab = await Lab.up({ name, nodes: 3, clients: 1, secondSegment: true });
    await installFairlead(lab);
    const preference = { matchLabels: { "kubernetes.io/hostname": OWNER } };
    const preferredNodeSelectors = [{ weight: 1, preference }];
    await apply(lab, pool("second", { addresses: SECOND }), web());
    await apply(lab, advertisement("second", { ipAddressPools: ["second"], preferredNodeSelectors }));
    await rolledOut(lab, "web");
    await nodesSettled(lab);
    await apply(lab, service("second", { spec: DUAL_STACK }));
    vips = await addressed(lab, "second", 2);
    for (const vip of vips) expect(await announcer(lab, virtualIPNameOf(vip))).to.equal(OWNER);
    for (const vip of vips) await page(lab, "client-1", vip);
  });
  after(() => Lab.takeDown(name));

  it("may let none of the speakers' messages pass: that is told on who announces, and nothing moves", async () => {
    const before = await Promise.all(vips.map((vip) => recordOf(lab, vip)));
    try {
      for (const from of lab.nodeNames)
        for (const to of lab.nodeNames)
          if (from !== to) await lab.drop({ from, to, match: "udp dport 7953" });
      const { message } = await lost(OWNER);
      expect(message).to.contain("UDP port 7953").and.to.contain("eth1");
      for (const vip of vips) await announcedOnlyBy(lab, vip, OWNER);
      expect(await Promise.all(vips.map((vip) => recordOf(lab, vip)))).to.deep.equal(before);
    } finally {
      await lab.heal();
    }
    // It is back for all at once, and nobody is better off than the others.
    await delay(SEEN_AGAIN_MS);
    for (const vip of vips) await announcedOnlyBy(lab, vip, OWNER);
    expect(await Promise.all(vips.map((vip) => recordOf(lab, vip)))).to.deep.equal(before);
  });

  it("may be dead for a node that announces: it passes its addresses on to one that reaches the others, and no question stays without an answer", async () => {
    const asking = await Promise.all(vips.map((vip) => Asking.begin(lab, "client-1", vip, "eth1")));
    const others = lab.nodeNames.filter((node) => node !== OWNER);
    const offered = async (): Promise<number> =>
      (await Promise.all(others.map((node) => turns(lab, node, "Offered")))).reduce((a, b) => a + b, 0);
    const before = await offered();
    const mac = macOf(OWNER);
    try {
      await lab.cutCable(OWNER, "eth0");
      for (const one of asking) await one.until(lab, "another node", (told) => told.mac !== mac);
      for (const vip of vips) await page(lab, "client-1", vip);
      expect((await offered()) - before).to.equal(vips.length);
    } finally {
      await Promise.all(asking.map((one) => one.stop()));
      await lab.plugCable(OWNER, "eth0");
    }
    for (const one of asking) {
      // A question may be read just before the claim of the next one.
      const [from, to = "", more] = turnsApart(one.answers);
      expect([from, more], one.address).to.deep.equal([mac, undefined]);
      const silentMs = silentBetween(one.answers, mac, to);
      console.log(`      ${one.address}: ${silentMs.toFixed(0)} ms between the two MACs`);
      expect(silentMs, one.address).to.be.below(500);
    }
    await lab.nodesReady();
    await installationReady(lab);
    await lost(OWNER);
    for (const vip of vips) {
      const node = await announcer(lab, virtualIPNameOf(vip), OWNER);
      await adopted(lab, vip, node);
      await announcedOnlyBy(lab, vip, node);
      expect(await lastMove(lab, vip)).to.deep.include({ from: OWNER, to: node });
    }
  });

  function lost(node: string) {
    const told = { type: "NodePathLost", status: "True", reason: "NoAcknowledgments" };
    return condition(lab, paths.speaker(node), told);
  }

  function macOf(node: string): string {
    return lab.member(node).cables[1]?.mac ?? "";
  }
});
