import { DRAIN_ANNOTATION, MOVE_PENDING, MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { turnsApart } from "./support/asking.ts";
import { fairlead } from "./support/cli.ts";
import { eventAbout } from "./support/events.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { failuresOf, Onlookers } from "./support/onlookers.ts";
import {
  adopted,
  announcedOnlyBy,
  lastMove,
  listOf,
  type Placed,
  place,
  recordOf,
  unplace,
} from "./support/placed.ts";
import { condition, macOf, paths, reset, virtualIPNameOf } from "./support/steps.ts";

const NAME = "sent";

/** After a move no speaker but the new owner's counts the address as announced, and so long is left for that to be seen. */
const ONE_OWNER_WITHIN_MS = 2000;

/** What `-o json` says. */
interface Report {
  readonly done: boolean;
  readonly moves: readonly {
    readonly address: string;
    readonly from: readonly string[];
    readonly to: readonly string[];
  }[];
  readonly waiting: readonly { readonly address: string; readonly reason?: string }[];
}

describe("fairlead move and fairlead drain", function () {
  this.timeout(240_000);
  let lab: Lab;
  let placed: Placed;
  let onlookers: Onlookers | undefined;

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(() => reset(lab));
  beforeEach(async () => {
    placed = await place(lab, NAME);
    onlookers = await Onlookers.begin(lab, placed.vips);
  });
  afterEach(async () => {
    await onlookers?.stop();
    onlookers = undefined;
    for (const node of lab.nodeNames) {
      await lab.kubectl(["annotate", "speaker", node, `${DRAIN_ANNOTATION}-`]);
      await lab.kubectl(["uncordon", node]);
    }
    await unplace(lab, NAME);
  });

  it("move addresses there and back in both families, one at a time, and no client that connects every 20 ms notices", async () => {
    const [owner, second] = placed.nodes;
    for (const [from, to] of [
      [owner, second],
      [second, owner],
    ] as const)
      for (const [i, vip] of placed.vips.entries()) {
        const others = placed.vips.slice(i + 1);
        const before = await Promise.all(others.map((other) => recordOf(lab, other)));
        const beganMs = Date.now();
        const { code, stdout, stderr } = await fairlead(lab, "move", vip, "--to", to);
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
        expect(stdout).to.contain(`\n${vip}: ${from} -> ${to}\n`);
        await announcedOnlyBy(lab, vip, to, ONE_OWNER_WITHIN_MS);
        await adopted(lab, vip, to);
        expect(await lastMove(lab, vip)).to.deep.equal({ from, to, by: "Controller", reason: "Move" });
        const told = await eventAbout(lab, "Service", NAME, "Moved", beganMs);
        expect(told).to.contain(`${vip} moved from node ${from} to node ${to}: Move.`);
        expect(await wishOn(vip)).to.equal(undefined);
        expect(await Promise.all(others.map((other) => recordOf(lab, other)))).to.deep.equal(before);
        await onlookers?.reached(Date.now());
      }
    await onlookers?.answeredBy(macOf(lab, owner), Date.now());
    await unnoticed([owner, second, owner]);
  });

  it("say of a node that has the address already that it has, and change nothing", async () => {
    const [owner] = placed.nodes;
    const [vip = ""] = placed.vips;
    const before = await recordOf(lab, vip);
    const { code, stdout } = await fairlead(lab, "move", vip, "--to", owner);
    expect(code).to.equal(0);
    expect(stdout).to.contain(`\n${vip}: on ${owner} already\n`);
    expect(await wishOn(vip)).to.equal(undefined);
    expect(await recordOf(lab, vip)).to.deep.equal(before);
    await unnoticed([owner]);
  });

  it("leave an address where it is that the node may not have, say why, and move it once the node may", async () => {
    const [owner, second] = placed.nodes;
    await lab.kubectl(["cordon", second]);
    const before = await Promise.all(placed.vips.map((vip) => listOf(lab, vip)));
    for (const vip of placed.vips) {
      const { code, report } = await asked("move", vip, "--to", second, "--wait-seconds", "3");
      expect(code).to.equal(2);
      expect(report).to.deep.include({ done: false, moves: [] });
      expect(report.waiting.map(({ address, reason }) => [address, reason])).to.deep.equal([
        [vip, "NodeCordoned"],
      ]);
      const path = paths.virtualIP(virtualIPNameOf(vip));
      const { message } = await condition(lab, path, { type: MOVE_PENDING, status: "True" });
      expect(message).to.contain(`kubectl uncordon ${second}`);
    }
    expect(await Promise.all(placed.vips.map((vip) => listOf(lab, vip)))).to.deep.equal(before);
    await lab.kubectl(["uncordon", second]);
    for (const vip of placed.vips) {
      await adopted(lab, vip, second);
      await settled(vip);
    }
    await unnoticed([owner, second]);
  });

  it("give up a move when the annotation is taken off", async () => {
    const [owner] = placed.nodes;
    const [vip = ""] = placed.vips;
    const { code, stderr } = await fairlead(lab, "move", vip, "--to", "nobody", "--wait-seconds", "3");
    expect(code).to.equal(2);
    expect(stderr)
      .to.contain(`${vip} is not on node nobody after 3 s: `)
      .and.to.contain("there is no such node");
    await lab.kubectl(["annotate", "vip", virtualIPNameOf(vip), `${MOVE_TO_ANNOTATION}-`]);
    await settled(vip);
    await unnoticed([owner]);
  });

  it("take all addresses off a node, which its speaker does not undo, until the node may have some again", async () => {
    const [owner, second] = placed.nodes;
    const { code, report } = await asked("drain", owner);
    expect(code).to.equal(0);
    expect(report.waiting).to.deep.equal([]);
    expect(report.moves.map(({ address }) => address).toSorted()).to.deep.equal(placed.vips.toSorted());
    for (const { from, to } of report.moves) expect([from, to]).to.deep.equal([[owner], [second]]);
    for (const vip of placed.vips) {
      await adopted(lab, vip, second);
      const move = { from: owner, to: second, by: "Controller", reason: "NodeDrained" };
      expect(await lastMove(lab, vip)).to.deep.equal(move);
    }

    const refused = await asked("move", placed.vips[0] ?? "", "--to", owner, "--wait-seconds", "2");
    expect([refused.code, refused.report.waiting[0]?.reason]).to.deep.equal([2, "NodeDrained"]);
    await lab.kubectl(["annotate", "vip", virtualIPNameOf(placed.vips[0] ?? ""), `${MOVE_TO_ANNOTATION}-`]);

    await speakerWrites(owner);
    expect(await drainOn(owner)).to.equal("true");
    expect((await fairlead(lab, "drain", owner, "--undo")).code).to.equal(0);
    expect(await drainOn(owner)).to.equal(undefined);
    for (const vip of placed.vips) {
      await adopted(lab, vip, second);
      expect((await fairlead(lab, "move", vip, "--to", owner)).code).to.equal(0);
      await adopted(lab, vip, owner);
    }
    await unnoticed([owner, second, owner]);
  });

  it("leave an address on a drained node that no other node may have, and move it when another may", async () => {
    const [owner, second, last] = placed.nodes;
    for (const node of [second, last]) await exclude(node, true);
    try {
      const { code, report } = await asked("drain", owner, "--wait-seconds", "3");
      expect(code).to.equal(2);
      expect(report.waiting.map(({ address }) => address).toSorted()).to.deep.equal(placed.vips.toSorted());
      await exclude(second, false);
      for (const vip of placed.vips) await adopted(lab, vip, second);
    } finally {
      for (const node of [second, last]) await exclude(node, false);
    }
    await unnoticed([owner, second]);
  });

  async function asked(
    ...argv: readonly string[]
  ): Promise<{ readonly code: number; readonly report: Report }> {
    const { code, stdout, stderr } = await fairlead(lab, ...argv, "-o", "json");
    expect(stderr).to.equal("");
    return { code, report: JSON.parse(stdout) };
  }

  /** Expects that every address was told to be at the MACs of these nodes, in this order, and that every connection was taken. */
  async function unnoticed(nodes: readonly string[]): Promise<void> {
    const macs = nodes.map((node) => macOf(lab, node));
    for (const seen of (await onlookers?.stop()) ?? []) {
      expect(seen.attempts.length, seen.vip).to.be.greaterThan(20);
      expect(failuresOf(seen), seen.vip).to.deep.equal([]);
      expect(turnsApart(seen.answers), seen.vip).to.deep.equal(macs);
    }
    onlookers = undefined;
  }

  async function wishOn(vip: string): Promise<string | undefined> {
    const { metadata } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
    return metadata.annotations?.[MOVE_TO_ANNOTATION];
  }

  async function drainOn(node: string): Promise<string | undefined> {
    return (await lab.api.get<Speaker>(paths.speaker(node))).metadata.annotations?.[DRAIN_ANNOTATION];
  }

  /** Waits until neither a wish nor a condition about one is on the VirtualIP. */
  async function settled(vip: string): Promise<void> {
    await lab.waitFor(`no move of ${vip} is pending`, async (see) => {
      const { metadata, status } = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
      see({ annotations: metadata.annotations, conditions: status?.conditions });
      const told = status?.conditions?.some(({ type }) => type === MOVE_PENDING) === true;
      return !told && metadata.annotations?.[MOVE_TO_ANNOTATION] === undefined;
    });
  }

  /** Has the speaker of a node write its Speaker again, by having somebody else write nonsense into it. */
  async function speakerWrites(node: string): Promise<void> {
    const patch = JSON.stringify({ status: { version: "none" } });
    await lab.kubectl(["patch", "speaker", node, "--type=merge", "-p", patch]);
    await lab.waitFor(`the speaker of ${node} has written its Speaker`, async (see) => {
      const { status } = await lab.api.get<Speaker>(paths.speaker(node));
      see(status);
      return status?.version !== "none";
    });
  }

  function exclude(node: string, excluded: boolean): Promise<string> {
    const label = "node.kubernetes.io/exclude-from-external-load-balancers";
    return lab.kubectl(["label", "--overwrite", "node", node, excluded ? `${label}=true` : `${label}-`]);
  }
});
