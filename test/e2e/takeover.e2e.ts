import { EXCLUDE_NODE_LABEL, OUT_OF_SERVICE_TAINT, TO_BE_DELETED } from "@fairlead/api/core/node.ts";
import type { Move, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { installationReady } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { leaderNode, whilePaused } from "./support/controllers.ts";
import { failedApart, switchTo } from "./support/cut-connections.ts";
import { eventAbout } from "./support/events.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { adopted, figure, lastMove, type Placed, place, turns, unplace } from "./support/placed.ts";
import { signalSpeaker, speakersReady } from "./support/speaker-pod.ts";
import { announcer, macOf, page, paths, reset, urlOf, virtualIPNameOf } from "./support/steps.ts";
import { expectRounds, whenTold } from "./support/takeover.ts";
import { claimsOf, followed, knownMac, misattributed, questionsOf, resolutions } from "./support/wire.ts";

/** What makes addresses leave the node, and what undoes it. */
interface Way {
  readonly why: string;
  readonly move: (node: string) => Promise<unknown>;
  readonly undo: (node: string) => Promise<unknown>;
  /** Those that connect meanwhile notice nothing. */
  readonly planned: boolean;
  /** Pods go with the addresses. */
  readonly takesPods?: true;
  /** Who moves them and why, as the status says. */
  readonly told: Pick<Move, "by" | "reason">;
}

/** How often a new holder has measured a hand-over. */
const HAND_OVERS = "fairlead_speaker_overlap_seconds_count";

describe("an address that another node takes over", function () {
  this.timeout(240_000);
  let lab: Lab;
  let placed: Placed;

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(() => reset(lab));
  beforeEach(async () => {
    placed = await place(lab, "moved");
  });
  afterEach(async () => {
    await lab.nodesReady();
    await speakersReady(lab);
    await installationReady(lab);
    await unplace(lab, "moved");
  });

  const uncordon = (node: string): Promise<string> => lab.kubectl(["uncordon", node]);
  const ways: readonly Way[] = [
    {
      why: "because its owner dies",
      move: (node) => lab.kill(node),
      undo: (node) => lab.start(node),
      planned: false,
      takesPods: true,
      told: { by: "Speakers", reason: "HolderDead" },
    },
    {
      why: "because its owner is excluded from load balancers",
      move: (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}=true`]),
      undo: (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}-`]),
      planned: true,
      told: { by: "Controller", reason: "NodeExcluded" },
    },
    {
      why: "because its owner has no network for pods",
      move: (node) => networkUnavailable(node, "True"),
      undo: (node) => networkUnavailable(node, "False"),
      planned: true,
      told: { by: "Controller", reason: "NetworkUnavailable" },
    },
    {
      why: "because its owner is said to be out of service",
      move: (node) => taint(node, `${OUT_OF_SERVICE_TAINT}=nodeshutdown:NoSchedule`),
      undo: (node) => taint(node, `${OUT_OF_SERVICE_TAINT}-`),
      planned: true,
      told: { by: "Controller", reason: "NodeOutOfService" },
    },
    {
      why: "because the cluster autoscaler is about to delete its owner",
      move: (node) => taint(node, `${TO_BE_DELETED}=1:NoSchedule`),
      undo: (node) => taint(node, `${TO_BE_DELETED}-`),
      planned: true,
      told: { by: "Controller", reason: "NodeCordoned" },
    },
    {
      why: "because its owner says that it is shutting down",
      move: shuttingDown,
      undo: () => lab.nodesReady(),
      planned: true,
      told: { by: "Controller", reason: "NodeShuttingDown" },
    },
    {
      why: "because its owner is cordoned",
      move: (node) => lab.kubectl(["cordon", node]),
      undo: uncordon,
      planned: true,
      told: { by: "Controller", reason: "NodeCordoned" },
    },
    {
      why: "because its owner is drained",
      move: (node) => lab.kubectl(["drain", node, "--ignore-daemonsets", "--timeout=60s"]),
      undo: uncordon,
      planned: true,
      takesPods: true,
      told: { by: "Controller", reason: "NodeCordoned" },
    },
    {
      why: "because the speaker of a cordoned owner is told to stop before a controller has decided",
      move: (node) =>
        whilePaused(lab, async () => {
          await lab.kubectl(["cordon", node]);
          await signalSpeaker(lab, node, "SIGTERM");
          for (const vip of placed.vips) await followed(lab, "client-1", vip, macOf(lab, node));
        }),
      undo: uncordon,
      planned: true,
      told: { by: "Speakers", reason: "Offered" },
    },
  ];
  for (const { why, move, undo, planned, takesPods, told } of ways)
    it(`${why} is told in spaced rounds and followed by a client that knows it and need not ask, in both families`, async () => {
      const [holder, standIn] = placed.nodes;
      for (const vip of placed.vips) await known(vip, holder);
      const turnsBefore = await turns(lab, standIn, told.reason);
      const handOvers = new Map<string, number>();
      for (const node of placed.nodes) handOvers.set(node, await figure(lab, node, HAND_OVERS));
      // The Event is a courtesy of who leads at that moment.
      const hasEvent = takesPods === undefined || (await leaderNode(lab)) !== holder;
      const beganMs = Date.now();
      const capture = await lab.capture("client-1", "arp or icmp6");
      const probings = await Promise.all(placed.vips.map(connecting));
      try {
        await move(holder);
        for (const [i, vip] of placed.vips.entries()) {
          const mac = await followed(lab, "client-1", vip, macOf(lab, holder));
          expect(questionsOf(capture.frames, macOf(lab, "client-1"), vip)).to.equal(0);
          expect(await lab.fetch("client-1", urlOf(vip))).to.include({ ok: true, status: 200 });
          const next = await announcer(lab, virtualIPNameOf(vip), holder);
          expect(mac).to.equal(macOf(lab, next));
          await whenTold(lab, capture, vip, mac);
          await adopted(lab, vip, next);
          expect(await lastMove(lab, vip)).to.deep.equal({ from: holder, to: next, ...told });
          const verb = told.by === "Controller" ? "moved" : "was passed on by the speakers";
          const note = `${vip} ${verb} from node ${holder} to node ${next}: ${told.reason}.`;
          if (hasEvent) await eventAbout(lab, "Service", "moved", "Moved", beganMs, note);
          const attempts = (await probings[i]?.stop()) ?? [];
          expect(attempts.length, vip).to.be.greaterThan(20);
          const claims = claimsOf(capture.frames, vip);
          if (planned) expect(failedApart(attempts, switchTo(claims, mac)), vip).to.deep.equal([]);
          expectRounds(claims, vip, mac);
          expect(await resolutions(lab, "client-2", vip)).to.deep.equal([mac]);
          const nodes = lab.nodeNames.map((name) => macOf(lab, name));
          expect(misattributed(capture.frames, nodes)).to.deep.equal([]);
          if (planned)
            expect(await figure(lab, next, HAND_OVERS), next).to.be.above(handOvers.get(next) ?? 0);
        }
        if (told.by === "Speakers")
          expect(await turns(lab, standIn, told.reason), told.reason).to.equal(
            turnsBefore + placed.vips.length,
          );
      } finally {
        for (const probing of probings) await probing.stop();
        await capture.stop();
        await undo(holder);
      }
    });

  function taint(node: string, what: string): Promise<string> {
    return lab.kubectl(["taint", "node", node, what]);
  }

  /** Says of a node what a network plugin says that has not laid its routes. */
  function networkUnavailable(node: string, status: "True" | "False"): Promise<string> {
    return say(node, { type: "NetworkUnavailable", status, reason: "Test", message: "as the test says" });
  }

  /** Says of a node what its kubelet says when the machine is told to turn itself off; the kubelet, which knows better, corrects it. */
  function shuttingDown(node: string): Promise<string> {
    const message = "node is shutting down";
    return say(node, { type: "Ready", status: "False", reason: "KubeletNotReady", message });
  }

  function say(node: string, condition: object): Promise<string> {
    const patch = JSON.stringify({ status: { conditions: [condition] } });
    return lab.kubectl(["patch", "node", node, "--subresource=status", "--type=strategic", "-p", patch]);
  }

  /** Expects that the address is told to be at the holder's MAC, and that client-1 knows it. */
  async function known(vip: string, holder: string): Promise<void> {
    await lab.flushNeighbors("client-1", vip);
    await page(lab, "client-1", vip);
    const mac = await knownMac(lab, "client-1", vip);
    const record = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
    expect(mac, `${holder} announced it; ${JSON.stringify(record)}`).to.equal(macOf(lab, holder));
  }

  /** Opens a connection every 20 ms; less patient than a kernel that sends a SYN again. */
  function connecting(vip: string): Promise<Probing> {
    const question = { kind: "tcp", address: vip, port: 80 } as const;
    return lab.probe("client-1", question, { everyMs: 20, timeoutMs: 900 });
  }
});
