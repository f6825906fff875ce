import { setTimeout as delay } from "node:timers/promises";
import { EXCLUDE_NODE_LABEL, type Node } from "@fairlead/api/core/node.ts";
import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { turnsApart } from "./support/asking.ts";
import { cluster } from "./support/cluster.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { failuresOf, Onlookers } from "./support/onlookers.ts";
import { adopted, announcedOnlyBy, listOf, pinnedWeb, place, unplace } from "./support/placed.ts";
import { rolledOut } from "./support/served.ts";
import { nodesSettled, speakersReady } from "./support/speaker-pod.ts";
import {
  addressed,
  announcer,
  apply,
  condition,
  macOf,
  noneHeld,
  paths,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

const RANGES = ["198.51.100.200-198.51.100.229", "2001:db8:10::200-2001:db8:10::229"];
/** Until then after its return a node may answer for what it had. */
const RETURNED_MS = 1500;
const QUIET_MS = 8000;

const on = (...nodes: readonly string[]) => ({
  matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: nodes }],
});
const prefer = (weight: number, ...nodes: readonly string[]) => ({ weight, preference: on(...nodes) });

describe("where addresses are placed", function () {
  this.timeout(240_000);
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, pool("lan", { addresses: RANGES }), web());
    await rolledOut(lab, "web");
    await nodesSettled(lab);
  });
  after(() => reset(lab));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-l", "fairlead-e2e", "--wait=true"]);
    await lab.kubectl(["delete", "l2advertisements", "-l", "fairlead-e2e", "--ignore-not-found"]);
    await noneHeld(lab);
  });

  it("is even over all nodes, and even over those that the advertisement selects and on no other", async () => {
    await apply(lab, advertisement("lan", {}), ...many("all", 12));
    expect(await spread(12)).to.deep.equal({ "node-1": 4, "node-2": 4, "node-3": 4 });
    await apply(lab, advertisement("lan", { nodeSelectors: [on("node-1", "node-3")] }));
    await lab.waitFor("nothing is on node-2", async (see) => {
      const counts = await spread(12);
      see(counts);
      return counts["node-2"] === undefined;
    });
    expect(await spread(12)).to.deep.equal({ "node-1": 6, "node-3": 6 });
  });

  it("is the node of the highest sum of weights, for both addresses of a pair and however many it has", async () => {
    const preferredNodeSelectors = [prefer(10, "node-1"), prefer(6, "node-2", "node-3"), prefer(5, "node-3")];
    await apply(lab, advertisement("lan", { preferredNodeSelectors }), ...many("all", 3));
    await apply(lab, service("pair", { spec: DUAL_STACK }));
    expect(await spread(5)).to.deep.equal({ "node-3": 5 });
  });

  it("is one node for both addresses of a pair, though others have fewer", async () => {
    await apply(lab, advertisement("lan", {}));
    for (const i of [1, 2, 3]) {
      await apply(lab, service(`pair-${i}`, { spec: DUAL_STACK }));
      const vips = await addressed(lab, `pair-${i}`, 2);
      const nodes = await Promise.all(vips.map((vip) => announcer(lab, virtualIPNameOf(vip))));
      expect(nodes[1], `pair-${i}`).to.equal(nodes[0]);
    }
    expect(await spread(6)).to.deep.equal({ "node-1": 2, "node-2": 2, "node-3": 2 });
  });

  it("is a node that each of the Services that share an address may have; if there is none, all are named", async () => {
    const shares = (app: string, port: number): Manifest =>
      service(app, {
        labels: { app },
        annotations: { "fairlead.dev/allow-shared-ip": "k" },
        spec: { ports: [{ name: "http", port, targetPort: 8080, protocol: "TCP" }] },
      });
    const lets = (app: string, ...nodes: readonly string[]): Manifest =>
      advertisement(app, { serviceSelectors: [{ matchLabels: { app } }], nodeSelectors: [on(...nodes)] });
    await apply(lab, lets("one", "node-1", "node-2"), lets("other", "node-2", "node-3"));
    await apply(lab, shares("one", 80), shares("other", 81));
    const [vip = ""] = await addressed(lab, "one");
    expect(await addressed(lab, "other")).to.deep.equal([vip]);
    await adopted(lab, vip, "node-2");

    await apply(lab, lets("other", "node-3"));
    const wanted = { type: "Announced", status: "False", reason: "NoEligibleNode" };
    const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(vip)), wanted);
    expect(message).to.contain(
      '(default/one by L2Advertisement "one"; default/other by L2Advertisement "other")',
    );
    await apply(lab, lets("other", "node-1"));
    await adopted(lab, vip, "node-1");
  });

  /** How many addresses each node has, once so many are answered for by the nodes on which they are placed. */
  function spread(total: number): Promise<Readonly<Record<string, number>>> {
    return lab.waitFor(`${total} addresses are answered where they are placed`, async (see) => {
      const all = await virtualIPs(lab);
      see(all.map(({ spec, status }) => [spec.address, spec.placement?.nodes[0], status?.announcers]));
      const counts: Record<string, number> = {};
      for (const { spec, status } of all) {
        const [node] = spec.placement?.nodes ?? [];
        const [one, other] = status?.announcers ?? [];
        if (node === undefined || one?.node !== node || other !== undefined) return false;
        counts[node] = (counts[node] ?? 0) + 1;
      }
      return all.length === total && counts;
    });
  }

  /** Services with one address each, IPv4 and IPv6 by turns. */
  function many(name: string, count: number): readonly Manifest[] {
    return Array.from({ length: count }, (_, i) =>
      service(`${name}-${i}`, { spec: { ipFamilies: [i % 2 === 0 ? "IPv4" : "IPv6"] } }),
    );
  }
});

describe("failback of an address", function () {
  this.timeout(300_000);
  let lab: Lab;
  let onlookers: Onlookers | undefined;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, pool("lan", { addresses: RANGES }));
    await pinnedWeb(lab);
    await nodesSettled(lab);
  });
  after(() => reset(lab));
  afterEach(async () => {
    await onlookers?.stop();
    onlookers = undefined;
    await exclude("node-1", false);
    await lab.nodesReady();
    await speakersReady(lab);
    await installationReady(lab);
    await unplace(lab, "kept");
  });

  async function notReady(node: string): Promise<boolean> {
    const { status } = await lab.api.get<Node>(`/api/v1/nodes/${node}`);
    return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is !== "True") ?? false;
  }

  it("Immediate gives it back to a node that was dead, make before break", async () => {
    await advertise({ failback: "Immediate" });
    const { vips, nodes } = await place(lab, "kept");
    const [owner, standIn] = nodes;
    expect(owner).to.equal("node-1");
    onlookers = await Onlookers.begin(lab, vips);
    try {
      await lab.kill(owner);
      await onlookers.movedTo(macOf(lab, standIn));
      // Until then the API says that the better node is there.
      await lab.waitFor(`${owner} is not Ready`, () => notReady(owner), { deadlineMs: 180_000 });
      for (const vip of vips) await adopted(lab, vip, standIn);
    } finally {
      await lab.start(owner);
    }
    await lab.nodesReady();
    await speakersReady(lab);
    // One that was away may answer once more until then (docs/takeover.md).
    await delay(RETURNED_MS);
    const backMs = Date.now();
    for (const vip of vips) {
      await adopted(lab, vip, owner);
      await announcedOnlyBy(lab, vip, owner);
    }
    await onlookers.reached(Date.now());
    for (const { vip, answers, attempts } of (await onlookers.stop()) ?? []) {
      const late = attempts.filter(({ startedAtMs }) => startedAtMs > backMs);
      expect(late.length, vip).to.be.greaterThan(20);
      expect(failuresOf({ answers, attempts: late }), vip).to.deep.equal([]);
      const since = turnsApart(answers.filter(({ atMs }) => atMs > backMs));
      expect(since, vip).to.deep.equal([standIn, owner].map((node) => macOf(lab, node)));
    }
  });

  it("Quiet gives it back once the node was there for the time, not to one that comes and goes, and nobody notices", async () => {
    await advertise({ failback: "Quiet", failbackAfter: `${QUIET_MS / 1000}s` });
    const { vips, nodes } = await place(lab, "kept");
    const [owner, standIn] = nodes;
    expect(owner).to.equal("node-1");
    onlookers = await Onlookers.begin(lab, vips);
    await exclude(owner, true);
    for (const vip of vips) await adopted(lab, vip, standIn);
    for (let i = 0; i < 3; i++) {
      await exclude(owner, false);
      await delay(QUIET_MS / 2);
      await exclude(owner, true);
      await delay(QUIET_MS / 4);
    }
    for (const vip of vips) expect((await listOf(lab, vip))[0], vip).to.equal(standIn);
    const sinceMs = Date.now();
    await exclude(owner, false);
    for (const vip of vips) {
      await adopted(lab, vip, owner);
      await announcedOnlyBy(lab, vip, owner);
    }
    expect(Date.now() - sinceMs).to.be.greaterThan(QUIET_MS);
    await onlookers.reached(Date.now());
    await unnoticed([owner, standIn, owner]);
  });

  it("does not take an address back from where a person sent it", async () => {
    await advertise({ failback: "Immediate" });
    const { vips, nodes } = await place(lab, "kept");
    const [owner, standIn] = nodes;
    onlookers = await Onlookers.begin(lab, vips);
    for (const vip of vips) {
      await lab.kubectl(["annotate", "vip", virtualIPNameOf(vip), `${MOVE_TO_ANNOTATION}=${standIn}`]);
      await adopted(lab, vip, standIn);
    }
    await delay(3000);
    for (const vip of vips) {
      const { spec } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
      expect(spec.placement).to.deep.include({ byHand: true });
      expect(spec.placement?.nodes[0]).to.equal(standIn);
    }
    await unnoticed([owner, standIn]);
  });

  /** Expects that every address was told to be at the MACs of these nodes, in this order, and that every connection was taken. */
  async function unnoticed(nodes: readonly string[]): Promise<void> {
    const macs = nodes.map((node) => macOf(lab, node));
    for (const seen of (await onlookers?.stop()) ?? []) {
      const { vip, answers, attempts } = seen;
      expect(attempts.length, vip).to.be.greaterThan(20);
      expect(failuresOf(seen), vip).to.deep.equal([]);
      expect(turnsApart(answers), vip).to.deep.equal(macs);
    }
  }

  /** Prefers node-1. */
  function advertise(spec: Readonly<Record<string, unknown>>): Promise<void> {
    return apply(lab, advertisement("lan", { preferredNodeSelectors: [prefer(50, "node-1")], ...spec }));
  }

  function exclude(node: string, excluded: boolean): Promise<string> {
    const argument = excluded ? `${EXCLUDE_NODE_LABEL}=true` : `${EXCLUDE_NODE_LABEL}-`;
    return lab.kubectl(["label", "--overwrite", "node", node, argument]);
  }
});
