import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { ProxyHealth, Speaker } from "@fairlead/api/speaker.ts";
import { expect } from "chai";
import { unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import { withoutOverlap } from "./support/asking.ts";
import { eventAbout } from "./support/events.ts";
import { lanWithPinnedWeb } from "./support/lan.ts";
import { faultsOf, Onlookers, printMove } from "./support/onlookers.ts";
import { adopted, type Placed, place, recordOf, unplace } from "./support/placed.ts";
import { macOf, merge, paths, reset, virtualIPNameOf } from "./support/steps.ts";
import { speakerMetrics } from "./support/wire.ts";

const NAME = "proxied";
/** Four questions 3 s apart, each answered within 2 s or not at all, and a busy machine. */
const MOVED_WITHIN_MS = 45_000;

/** What befalls a kube-proxy. */
interface ProxyFault {
  readonly what: string;
  readonly strike: (lab: Lab, node: string) => Promise<void>;
  readonly undo: (lab: Lab, node: string) => Promise<void>;
  /** What the Event quotes. */
  readonly said: RegExp;
}

const DEATH: ProxyFault = {
  what: "dies",
  strike: (lab, node) => lab.stopComponent(node, "kube-proxy"),
  undo: (lab, node) => lab.startComponent(node, "kube-proxy"),
  said: /ECONNREFUSED/,
};
const FAULTS: readonly ProxyFault[] = [
  DEATH,
  {
    what: "stands still",
    strike: (lab, node) => lab.freeze(node, "kube-proxy"),
    undo: (lab, node) => lab.thaw(node, "kube-proxy"),
    said: /it took too long/,
  },
];

describe("an address on a node whose kube-proxy", function () {
  this.timeout(240_000);
  let lab: Lab;
  let placed: Placed;
  let onlookers: Onlookers | undefined;
  /** What is to be undone. */
  let struck: readonly (readonly [ProxyFault, string])[] = [];

  before(async () => {
    lab = await lanWithPinnedWeb();
  });
  after(() => reset(lab));
  beforeEach(async () => {
    for (const node of lab.nodeNames) await told(node, "Healthy");
    placed = await place(lab, NAME);
    onlookers = await Onlookers.begin(lab, placed.vips);
  });
  afterEach(async () => {
    await onlookers?.stop();
    onlookers = undefined;
    for (const [fault, node] of struck) await fault.undo(lab, node);
    struck = [];
    for (const node of lab.nodeNames) await told(node, "Healthy");
    await unplace(lab, NAME);
  });

  for (const fault of FAULTS)
    it(`${fault.what} moves to another node, without a connection that fails, is told why, and may come back when it is well again`, async () => {
      const [owner, second] = placed.nodes;
      const sinceMs = Date.now() - 1000;
      await strike(fault, owner);
      await onlookers?.movedTo(macOf(lab, second), MOVED_WITHIN_MS);
      for (const vip of placed.vips) await adopted(lab, vip, second);
      await told(owner, "Unhealthy");
      expect(await eventAbout(lab, "Node", owner, "ProxyUnhealthy", sinceMs))
        .to.contain(`kube-proxy is unhealthy on node ${owner}`)
        .and.to.match(fault.said);
      expect(await speakerMetrics(lab, owner)).to.contain(
        'fairlead_speaker_proxy_health{health="Unhealthy"} 1',
      );
      for (const seen of (await onlookers?.stop()) ?? []) {
        const [from, to] = [macOf(lab, owner), macOf(lab, second)];
        printMove(seen, from, to);
        const answers = withoutOverlap(seen.answers, to);
        expect(faultsOf({ ...seen, answers }, [from, to])).to.deep.equal([]);
      }
      const before = await records();
      await undo(fault, owner);
      await told(owner, "Healthy");
      // An Event that says the same as the last of its reason is left out for a while, so an earlier one will do.
      await eventAbout(lab, "Node", owner, "ProxyHealthy");
      expect(await records(), "it does not go back by itself").to.deep.equal(before);
      for (const vip of placed.vips) {
        const metadata = { annotations: { [MOVE_TO_ANNOTATION]: owner } };
        await merge(lab, paths.virtualIP(virtualIPNameOf(vip)), { metadata });
        await adopted(lab, vip, owner);
      }
    });

  it("dies stays there if no other kube-proxy is healthy, and without a connection that fails", async () => {
    const [owner, second, last] = placed.nodes;
    const before = await records();
    for (const node of [second, last]) await strike(DEATH, node);
    for (const node of [second, last]) await told(node, "Unhealthy");
    await strike(DEATH, owner);
    await told(owner, "Unhealthy");
    await onlookers?.reached(Date.now());
    expect(await records()).to.deep.equal(before);
    for (const { vip, attempts } of (await onlookers?.stop()) ?? [])
      expect(unanswered(attempts), vip).to.deep.equal([]);
  });

  async function strike(fault: ProxyFault, node: string): Promise<void> {
    struck = [...struck, [fault, node]];
    await fault.strike(lab, node);
  }

  async function undo(fault: ProxyFault, node: string): Promise<void> {
    struck = struck.filter((one) => one[0] !== fault || one[1] !== node);
    await fault.undo(lab, node);
  }

  /** Waits until the node's speaker says this of its kube-proxy. */
  async function told(node: string, health: ProxyHealth): Promise<void> {
    const saying = async (see: (value: unknown) => void): Promise<boolean> => {
      const { status } = await lab.api.get<Speaker>(paths.speaker(node));
      see(status);
      return status?.proxy === health;
    };
    await lab.waitFor(`kube-proxy of ${node} is told to be ${health}`, saying, { deadlineMs: 60_000 });
  }

  function records(): Promise<readonly object[]> {
    return Promise.all(placed.vips.map((vip) => recordOf(lab, vip)));
  }
});
