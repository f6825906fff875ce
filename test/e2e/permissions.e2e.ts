import { expect } from "chai";
import { type InstalledPod, installedPods, type LogLine, logOf } from "../install/pods.ts";
import type { Attempt } from "../lab/attempt.ts";
import { unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { cluster } from "./support/cluster.ts";
import { ROUNDS, type Stage } from "./support/missing-rights.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import { giveBack, namesRight, RIGHTS, type Right, rightText, takeAway, tellsOf } from "./support/rights.ts";
import { rolledOut } from "./support/served.ts";
import { address, announcer, apply, macOf, reset } from "./support/steps.ts";

const EVERY_MS = 100;
/** What failed for long is tried again within a minute; the rest is for the machine. */
const BACK_WITHIN_MS = 60_000 + 30_000;

describe("a right that is missing", () => {
  let lab: Lab;
  let steady: string;
  let stage: Stage;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, pool("lan", { addresses: ["198.51.100.200-198.51.100.239"] }), advertisement("lan", {}));
    await apply(lab, web(), service("steady"));
    await rolledOut(lab, "web");
    steady = await address(lab, "steady");
    const holder = await announcer(lab, steady);
    const [one = "", other = ""] = lab.nodeNames.filter((name) => name !== holder);
    stage = { lab, others: [one, other] };
  });
  after(async () => {
    await giveBack(lab);
    await reset(lab);
  });

  it("is one of those that the manifests give, each in one round below", () => {
    const rounds = RIGHTS.map((right) => [
      rightText(right),
      ROUNDS.filter(({ lacks }) => lacks(right)).length,
    ]);
    expect(rounds.filter(([, count]) => count !== 1)).to.deep.equal([]);
    expect(new Set(rounds.map(([text]) => text)).size).to.equal(RIGHTS.length);
  });

  for (const round of ROUNDS) {
    const rights = RIGHTS.filter(round.lacks);

    describe(round.name, () => {
      let begunMs: number;
      let podsBefore: readonly InstalledPod[];
      let podsDuring: readonly InstalledPod[];
      let probing: Probing;
      let answers: readonly Attempt[] | undefined;

      before(async () => {
        await round.prepare?.(stage);
        podsBefore = await installedPods(lab);
        const question = { kind: "http", url: `http://${steady}/` } as const;
        probing = await lab.probe("client-1", question, { everyMs: EVERY_MS });
        begunMs = Date.now();
        await takeAway(lab, rights);
        await round.provoke(stage);
        podsDuring = await installedPods(lab);
      });
      after(async () => {
        if (answers === undefined) await probing?.stop();
        await giveBack(lab);
      });

      for (const right of rights) {
        it(`"${rightText(right)}" is named with its account in the log`, async () => {
          const line = await told(right);
          expect(line.level).to.equal("warn");
          if (right.verb === "list") await namedByReadiness(right);
        });
      }

      it("restarts no pod and leaves the addresses answered, and when it is given back all goes on", async () => {
        expect(await macs()).to.deep.equal([macOf(lab, await announcer(lab, steady))]);
        await giveBack(lab);
        const backMs = Date.now();
        await round.made(stage);
        await works(`after-${ROUNDS.indexOf(round)}`);
        console.log(`      all went on ${Date.now() - backMs} ms after the rights were back`);
        expect(Date.now() - backMs).to.be.lessThan(BACK_WITHIN_MS);
        const after = await installedPods(lab);
        expect(after.map(({ uid }) => uid).sort()).to.deep.equal(podsDuring.map(({ uid }) => uid).sort());
        for (const { uid, name, restarts } of after) {
          const known = podsBefore.find((pod) => pod.uid === uid);
          expect(restarts, `restarts of ${name}`).to.equal(known?.restarts ?? 0);
        }
        answers = await probing.stop();
        expect(unanswered(answers)).to.deep.equal([]);
        expect(answers.length).to.be.greaterThan(10);
      });

      it("says each complaint once", async () => {
        for (const { name } of await installedPods(lab)) {
          const said = (await complaintsOf(name)).map(({ time, failures, ...rest }) => JSON.stringify(rest));
          expect(
            said.filter((line, i) => said.indexOf(line) !== i),
            name,
          ).to.deep.equal([]);
        }
      });

      async function complaintsOf(pod: string): Promise<readonly LogLine[]> {
        return (await logOf(lab, pod, begunMs)).filter(({ level }) => level !== "info");
      }

      function told(right: Right): Promise<LogLine> {
        return lab.waitFor(`the log names "${rightText(right)}"`, async (see) => {
          const pods = await installedPods(lab, right.component);
          const complaints = (await Promise.all(pods.map(({ name }) => complaintsOf(name)))).flat();
          see(complaints.slice(-10));
          return complaints.find((line) => tellsOf(line, right));
        });
      }

      /** What a pod says that cannot begin without it. */
      async function namedByReadiness(right: Right): Promise<void> {
        const port = right.component === "controller" ? 7951 : 7952;
        await lab.waitFor(`the pods that are not ready name "${rightText(right)}"`, async (see) => {
          const pods = (await installedPods(lab, right.component)).filter(({ ready }) => !ready);
          const said = pods.map(({ ip, node }) => lab.fetch(node, `http://${ip}:${port}/readyz`));
          const answers = await Promise.all(said);
          see(answers);
          return (
            answers.length > 0 &&
            answers.every((one) => one.ok && one.status === 503 && namesRight(one.body, right))
          );
        });
      }
    });
  }

  /** The MACs that answer for the steady address. */
  async function macs(): Promise<readonly string[]> {
    const replies = await lab.arping("client-2", steady, { count: 2 });
    return [...new Set(replies.map(({ mac }) => mac))];
  }

  /** A new Service is served from end to end. */
  async function works(name: string): Promise<void> {
    await apply(lab, service(name));
    const ip = await address(lab, name);
    const node = await announcer(lab, ip);
    const replies = await lab.arping("client-2", ip);
    expect(replies.map(({ mac }) => mac)).to.deep.equal([macOf(lab, node)]);
    await lab.waitFor(`a page through ${ip}`, async (see) => {
      const attempt = await lab.fetch("client-2", `http://${ip}/`);
      see(attempt);
      return attempt.ok && attempt.status === 200;
    });
  }
});
