import { expect } from "chai";
import { NAMESPACE } from "../install/fairlead.ts";
import {
  type InstalledPod,
  installationReady,
  installedPods,
  leaderPod,
  logOf,
  programOf,
} from "../install/pods.ts";
import { unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { controllerDecides, FROM_SPARE, fillPool, HOLDERS, inventory } from "./support/full-pool.ts";
import { service } from "./support/objects.ts";
import { servedAgain } from "./support/outage.ts";
import { RIGHTS } from "./support/rights.ts";
import { address, apply, reset, virtualIPs } from "./support/steps.ts";

const ROUNDS = 10;
const OUTAGE_MS = 20_000;

describe("an interruption", () => {
  let lab: Lab;
  let probing: Probing | undefined;

  before(async () => {
    lab = await cluster();
    await fillPool(lab);
  });
  after(() => reset(lab));
  afterEach(async () => {
    await probing?.stop();
    probing = undefined;
  });

  it("of the controller by restart or crash leaves every address where it is, and gives none of them to those who wait", async function () {
    this.timeout(900_000);
    const before = await inventory(lab);
    const audit = new Audit(lab);
    let crashed: string | undefined;
    for (let round = 1; round <= ROUNDS; round++) {
      const leader = await lab.waitFor("somebody leads", () => leaderPod(lab));
      // A program that crashed twice is kept waiting by kubelet, so the pod that crashed goes in the next round.
      if (round % 2 === 1) {
        await crash(leader);
        crashed = leader;
      } else {
        const going = [...new Set([leader, crashed ?? leader])];
        await lab.kubectl(["-n", NAMESPACE, "delete", "pod", ...going], { deadlineMs: 180_000 });
      }
      const ip = await controllerDecides(lab, `round-${round}`);
      expect(Object.values(before.addresses), `round ${round}`).not.to.include(ip);
      expect(await inventory(lab), `round ${round}`).to.deep.equal(before);
      await installationReady(lab);
    }
    await settled(lab);
    expect(await inventory(lab)).to.deep.equal(before);
    const known = Object.keys(before.versions);
    expect(audit.writes.filter(({ name }) => known.includes(name))).to.deep.equal([]);
  });

  it("of the leader by freezing has another replica take over, and the one that wakes up writes nothing but what it had begun", async () => {
    const before = await inventory(lab);
    const leader = await lab.waitFor("somebody leads", () => leaderPod(lab));
    const names = Array.from({ length: 8 }, (_, i) => `amid-${i}`);
    const begunMs = Date.now();
    const busy = new Audit(lab);
    const creating = apply(lab, ...names.map((name) => service(name, FROM_SPARE)));
    await lab.waitFor("the leader is at work", () => busy.writes.length > 0, { everyMs: 1 });
    await lab.freezePod(`${NAMESPACE}/${leader}`);
    let woken: Audit;
    try {
      await creating;
      await lab.waitFor("another one leads", async (see) => {
        const now = await leaderPod(lab);
        see(now);
        return now !== undefined && now !== leader;
      });
      const given = [];
      for (const name of names) given.push(await address(lab, name));
      const all = [...given, ...Object.values(before.addresses)];
      expect(new Set(all).size).to.equal(names.length + HOLDERS.length + 1);
      await lab.kubectl(["delete", "service", "amid-0"]);
      await settled(lab);
    } finally {
      woken = new Audit(lab);
      await lab.thawPod(`${NAMESPACE}/${leader}`);
    }
    await lab.waitFor("the old leader knows that it is none", async (see) => {
      const lines = await logOf(lab, leader, begunMs);
      see(lines);
      return lines.some(({ event }) => event === "leadership lost");
    });
    await controllerDecides(lab, "after-freeze");
    await settled(lab);
    const late = woken.requests.filter(({ pod }) => pod === leader);
    // Nothing that is asked before a request leaves holds back the one that was leaving just then.
    expect(late.filter(({ verb }) => !/^(get|list|watch)$/.test(verb)).length).to.be.at.most(1);
    expect(late, "it went on reading").not.to.deep.equal([]);
    expect(await inventory(lab)).to.deep.equal(before);
    await lab.kubectl(["delete", "service", ...names.slice(1), "after-freeze"]);
    await installationReady(lab);
  });

  it("of the API server leaves every address answered without a gap, and when it is back nothing is written", async function () {
    this.timeout(900_000);
    await settled(lab);
    const before = await inventory(lab);
    const placed = await placements();
    const pods = await installedPods(lab);
    const [ip = ""] = Object.values(before.addresses);
    probing = await lab.probe("client-1", { kind: "http", url: `http://${ip}/` }, { everyMs: 50 });
    await lab.stopApiServer();
    const downMs = Date.now();
    const silent: string[] = [];
    let audit: Audit;
    try {
      while (Date.now() - downMs < OUTAGE_MS) {
        for (const name of HOLDERS) {
          const held = before.addresses[name] ?? "";
          if ((await lab.arping("client-2", held)).length !== 1) silent.push(held);
        }
      }
    } finally {
      audit = new Audit(lab);
      await lab.startApiServer();
    }
    const upMs = Date.now();
    await lab.waitFor(
      "everybody follows everything again",
      (see) => {
        const missing = unfollowed(pods, audit);
        see(missing);
        return missing.length === 0;
      },
      { deadlineMs: 60_000 },
    );
    console.log(`      all watches were open again ${Date.now() - upMs} ms after the API server was`);
    const leads = await lab.waitFor("somebody leads", () => leaderPod(lab));
    await lab.waitFor("its Lease is renewed", () =>
      audit.requests.some(
        ({ pod, resource, verb }) => pod === leads && resource === "leases" && verb === "update",
      ),
    );
    await settled(lab);
    expect(audit.writes).to.deep.equal([]);
    const attempts = await probing.stop();
    console.log(`      ${attempts.length} pages in ${((Date.now() - downMs) / 1000).toFixed(0)} s`);
    expect(unanswered(attempts)).to.deep.equal([]);
    expect(attempts.length).to.be.greaterThan(OUTAGE_MS / 100);
    expect(silent).to.deep.equal([]);
    expect(await inventory(lab)).to.deep.equal(before);
    expect(await placements()).to.deep.equal(placed);
    expect(await restartsByPod()).to.deep.equal(pods.map(({ uid, restarts }) => `${uid} ${restarts}`).sort());
    await controllerDecides(lab, "after-outage");
    await servedAgain(lab, "after-outage");
    await lab.kubectl(["delete", "service", "after-outage"]);
  });

  /** The kinds that a pod ought to follow and does not. */
  function unfollowed(pods: readonly InstalledPod[], audit: Audit): readonly string[] {
    // A watch from a version that the server has forgotten ends as soon as it has begun.
    const open = audit.openWatches.filter(({ atMs }) => Date.now() - atMs > 500);
    return pods.flatMap(({ name }) => {
      const followed = open.filter(({ pod }) => pod === name).map(({ resource }) => resource);
      return RIGHTS.filter(({ verb, component }) => verb === "watch" && name.includes(`-${component}-`))
        .filter(({ resource }) => !followed.includes(resource))
        .map(({ resource }) => `${name} ${resource}`);
    });
  }

  async function placements(): Promise<readonly string[]> {
    return (await virtualIPs(lab)).map(({ spec }) => `${spec.address} ${JSON.stringify(spec.placement)}`);
  }

  async function restartsByPod(): Promise<readonly string[]> {
    return (await installedPods(lab)).map(({ uid, restarts }) => `${uid} ${restarts}`).sort();
  }

  async function crash(pod: string): Promise<void> {
    const before = (await installedPods(lab)).find(({ name }) => name === pod)?.restarts ?? 0;
    process.kill(await programOf(lab, pod), "SIGKILL");
    await lab.waitFor(`${pod} was started again`, async (see) => {
      const restarts = (await installedPods(lab)).find(({ name }) => name === pod)?.restarts;
      see(restarts);
      return restarts === before + 1;
    });
  }
});
