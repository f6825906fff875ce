import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { type Attempt, longestOutageMs, unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { ANSWERED_WITHIN_MS, turnsApart } from "./support/asking.ts";
import { DUAL_STACK } from "./support/held.ts";
import { lan } from "./support/lan.ts";
import { advertisement, type Ending } from "./support/objects.ts";
import { ATTEMPT_MS, failuresOf, Onlookers, type Seen } from "./support/onlookers.ts";
import { slicesOf } from "./support/outage.ts";
import { nodeOf, podNames, rolledOut, serve, served } from "./support/served.ts";
import {
  addressed,
  apply,
  condition,
  macOf,
  noneHeld,
  paths,
  removeServices,
  reset,
  urlOf,
  virtualIPNameOf,
} from "./support/steps.ts";
import { resolutions } from "./support/wire.ts";

const LOCAL = { ...DUAL_STACK, externalTrafficPolicy: "Local" };

/**
 * Pods that take no new connections 10 s after they were told to end, and are there for 40 s more. Kubernetes may take half of that to say
 * that they end: a controller whose own view is late tries again after 1, 2 and 4 s.
 */
const DEAF_SOON: Ending = { unawareSeconds: 10, listensMs: 0, servesMs: 40_000 };
const DEAF_AFTER_MS = 10_000;
/** Pods that serve for 9 s after they were told to end, and are gone then. */
const TO_THE_END: Ending = { unawareSeconds: 1, listensMs: 8000, servesMs: 8000 };
const ENDS_AFTER_MS = 9000;

describe("an address whose endpoints", function () {
  this.timeout(240_000);
  let lab: Lab;

  before(async () => {
    lab = await lan();
  });
  after(() => reset(lab));
  afterEach(async () => {
    await apply(lab, advertisement("lan", {}));
    await removeServices(lab);
    await noneHeld(lab);
  });

  it("are replaced one after the other follows them, and no client that connects notices, every 20 ms with Local, every 50 ms with Cluster", async () => {
    await serve(lab, "rolled", { replicas: 1, apart: true, ending: DEAF_SOON });
    const local = await served(lab, "rolled-local", "rolled", LOCAL);
    const anywhere = await served(lab, "rolled-cluster", "rolled", DUAL_STACK);
    const onlookers = await Onlookers.begin(lab, local);
    const probings = await Promise.all(anywhere.map((vip) => connecting(vip, 50)));
    const nodes = [await nodeOf(lab, local[0])];
    for (let i = 0; i < 2; i++) {
      await lab.kubectl(["rollout", "restart", "deployment/rolled"]);
      await rolledOut(lab, "rolled");
      nodes.push(await nodeOf(lab, local[0], nodes.at(-1)));
      // Past the time when the old Pod takes no connections any more.
      await delay(DEAF_AFTER_MS + 3000);
    }
    for (const [i, probing] of probings.entries()) unharmed(anywhere[i] ?? "", await probing.stop());
    for (const seen of await onlookers.stop()) followed(seen, nodes);
  });

  it("begin to terminate leaves at once for a node with a ready one, and no new connection fails though the Pod stops listening", async () => {
    await serve(lab, "left", { replicas: 3, apart: true, ending: DEAF_SOON });
    const vips = await served(lab, "left", "left", LOCAL);
    const owner = await nodeOf(lab, vips[0]);
    const onlookers = await Onlookers.begin(lab, vips);
    const lines = await Promise.all(vips.map(established));
    const endedMs = await endOn("left", owner);
    const saidMs = await leaving("left", owner);
    const next = await nodeOf(lab, vips[0], owner);
    const movedMs = await onlookers.movedTo(macOf(lab, next));
    const [asked, said] = [endedMs, saidMs].map((ms) => `${(movedMs - ms).toFixed(0)} ms`);
    console.log(
      `      told by the next node ${asked} after kubectl had asked for it, ${said} after Kubernetes said so`,
    );
    expect(movedMs - saidMs).to.be.below(ANSWERED_WITHIN_MS);
    await delay(DEAF_AFTER_MS + 3000);
    for (const [i, line] of lines.entries()) printLine(vips[i] ?? "", await line.stop());
    for (const seen of await onlookers.stop()) followed(seen, [owner, next]);
  });

  it("begin to terminate stays with onTermination Drain until they have ended, and no established connection breaks before", async () => {
    await apply(lab, advertisement("lan", { onTermination: "Drain" }));
    await serve(lab, "drained", { replicas: 3, apart: true, ending: TO_THE_END });
    const vips = await served(lab, "drained", "drained", LOCAL);
    const owner = await nodeOf(lab, vips[0]);
    const onlookers = await Onlookers.begin(lab, vips);
    const lines = await Promise.all(vips.map(established));
    await endOn("drained", owner);
    await delay(ENDS_AFTER_MS - 3000);
    expect(await nodeOf(lab, vips[0])).to.equal(owner);
    const untilMs = Date.now();
    const next = await nodeOf(lab, vips[0], owner);
    await onlookers.movedTo(macOf(lab, next));
    for (const [i, line] of lines.entries()) {
      const attempts = await line.stop();
      printLine(vips[i] ?? "", attempts);
      const before = attempts.filter(({ startedAtMs }) => startedAtMs < untilMs);
      expect(unanswered(before), vips[i]).to.deep.equal([]);
      expect(new Set(before.map(portOf)).size, "connections that were needed").to.equal(1);
    }
    for (const { vip, answers, attempts } of await onlookers.stop()) {
      console.log(`      ${vip}: ${printed(attempts)}`);
      expect(turnsApart(answers), vip).to.deep.equal([macOf(lab, owner), macOf(lab, next)]);
      expect(unanswered(attempts.filter(({ startedAtMs }) => startedAtMs < untilMs))).to.deep.equal([]);
    }
  });

  it("all terminate stays where it is while they serve, is answered by nobody after that, and says why", async () => {
    await serve(lab, "last", { replicas: 1, ending: TO_THE_END });
    const vips = await served(lab, "last", "last", LOCAL);
    const owner = await nodeOf(lab, vips[0]);
    const onlookers = await Onlookers.begin(lab, vips);
    await lab.kubectl(["scale", "deployment/last", "--replicas=0"]);
    await delay(ENDS_AFTER_MS - 3000);
    for (const seen of await onlookers.stop()) followed(seen, [owner]);
    for (const vip of vips) {
      const path = paths.virtualIP(virtualIPNameOf(vip));
      await condition(lab, path, { type: "Announced", status: "False", reason: "NoEndpoints" });
    }
    for (const vip of vips) expect(await resolutions(lab, "client-1", vip), vip).to.deep.equal([]);
    expect(await addressed(lab, "last", 2)).to.deep.equal(vips);
  });

  /** Takes the Pod on a node away without another in its place. @returns when that was asked for, ms since 1970 */
  async function endOn(app: string, node: string): Promise<number> {
    const [pod = ""] = await podNames(lab, `app=${app}`, node);
    await lab.kubectl(["annotate", "pod", pod, "controller.kubernetes.io/pod-deletion-cost=-100"]);
    const atMs = Date.now();
    await lab.kubectl(["scale", `deployment/${app}`, "--replicas=2"]);
    return atMs;
  }

  /** Waits until Kubernetes says that no endpoint on the node is ready. @returns when that was seen, ms since 1970 */
  function leaving(name: string, node: string): Promise<number> {
    const look = async (see: (value: unknown) => void): Promise<number | false> => {
      const endpoints = (await slicesOf(lab, name)).flatMap((slice) => slice.endpoints ?? []);
      see(endpoints);
      const ready = endpoints.some(
        ({ nodeName, conditions }) => nodeName === node && conditions?.ready !== false,
      );
      return !ready && Date.now();
    };
    return lab.waitFor(`no endpoint of ${name} on ${node} is ready`, look, { everyMs: 20 });
  }

  function connecting(vip: string, everyMs: number): Promise<Probing> {
    const question = { kind: "tcp", address: vip, port: 80 } as const;
    return lab.probe("client-1", question, { everyMs, timeoutMs: ATTEMPT_MS });
  }

  /** Asks for a page again and again over one connection. */
  function established(vip: string): Promise<Probing> {
    const question = { kind: "http", url: urlOf(vip) } as const;
    return lab.probe("client-2", question, { everyMs: 100, oneConnection: true });
  }

  /** Expects that the address was told to be on these nodes, in this order, and that every connection was taken. */
  function followed({ vip, answers, attempts }: Seen, nodes: readonly string[]): void {
    unharmed(vip, attempts, failuresOf({ answers, attempts }));
    expect(turnsApart(answers), vip).to.deep.equal(nodes.map((node) => macOf(lab, node)));
  }
});

function unharmed(vip: string, attempts: readonly Attempt[], failures = unanswered(attempts)): void {
  console.log(`      ${vip}: ${printed(attempts)}`);
  expect(attempts.length, vip).to.be.greaterThan(100);
  expect(failures, vip).to.deep.equal([]);
}

function printed(attempts: readonly Attempt[]): string {
  const failed = attempts.filter(({ ok }) => !ok).length;
  return `${failed} of ${attempts.length} connections failed, at most ${longestOutageMs(attempts).toFixed(0)} ms long`;
}

/** Prints what became of a connection that was to last. */
function printLine(vip: string, attempts: readonly Attempt[]): void {
  const needed = new Set(attempts.flatMap((one) => (one.ok ? [one.localPort] : []))).size;
  console.log(
    `      ${vip}: ${needed} connection(s) for ${attempts.length} pages, ${unanswered(attempts).length} break(s)`,
  );
}

function portOf(attempt: Attempt): number | undefined {
  return attempt.ok ? attempt.localPort : undefined;
}
