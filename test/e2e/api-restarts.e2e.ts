import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { installedPods } from "../install/pods.ts";
import { unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import { servedAgain } from "./support/outage.ts";
import { RIGHTS } from "./support/rights.ts";
import { rolledOut } from "./support/served.ts";
import { addressed, announcer, apply, reset, urlOf, virtualIPNameOf, virtualIPs } from "./support/steps.ts";
import { claimsOf, toldMac } from "./support/wire.ts";

/** How long the API server is up between two restarts, in ms, and how long it is away in the one that takes long. */
const APART_MS = [5000, 12_000, 5000, 8000, 5000, 17_000, 5000, 6000, 5000, 9000];
const LONG_MS = 20_000;
const SERVICES = 8;
/** An address is told again about once a minute; no two such tellings are closer (docs/layer2.md). */
const REFRESH_MS = 48_000;
/** After all rounds of a first announcement. */
const ROUNDS_OVER_MS = 4000;
/** Lists and watches of one kind after one restart; what is refused while the API server is not ready counts too. */
const READS_OF_A_KIND = 4;

describe("an API server that restarts ten times, once with an etcd that takes its time,", function () {
  this.timeout(400_000);
  let lab: Lab;
  let vips: readonly string[];
  let probing: Probing | undefined;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    const ranges = ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"];
    await apply(lab, pool("lan", { addresses: ranges }), advertisement("all", {}), web());
    await rolledOut(lab, "web");
    const names = Array.from({ length: SERVICES }, (_, i) => `steady-${i}`);
    await apply(lab, ...names.map((name) => service(name, { spec: DUAL_STACK })));
    vips = (await Promise.all(names.map((name) => addressed(lab, name, 2)))).flat();
    for (const vip of vips) await announcer(lab, virtualIPNameOf(vip));
    await delay(ROUNDS_OVER_MS);
    await settled(lab);
  });
  afterEach(() => probing?.stop());
  after(async () => {
    await apply(lab, service("afterwards"));
    await servedAgain(lab, "afterwards");
    await reset(lab);
  });

  it("changes nothing on the wire and on record, and costs a few reads each time", async () => {
    const before = await records();
    const pods = await installedPods(lab);
    const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
    probing = await lab.probe("client-2", { kind: "http", url: urlOf(vips[0] ?? "") }, { everyMs: 50 });
    const audit = new Audit(lab);
    const begunMs = Date.now();
    for (const [i, apartMs] of APART_MS.entries()) {
      await lab.stopApiServer();
      if (i === 0) await delay(LONG_MS);
      await lab.startApiServer();
      await delay(apartMs);
    }
    await settled(lab, 10_000);
    const lastedMs = Date.now() - begunMs;
    const frames = await capture.stop();

    expect(unanswered(await probing.stop())).to.deep.equal([]);
    expect(await records()).to.deep.equal(before);
    expect(audit.writes).to.deep.equal([]);
    const told = new Map(
      vips.map((vip) => [vip, claimsOf(frames, vip).filter(({ form }) => form !== "answer")]),
    );
    for (const [vip, claims] of told) {
      expect(new Set(claims.map(toldMac)).size, `MACs told for ${vip}`).to.be.at.most(1);
      expect(
        claims.filter(({ form }) => form === "reply"),
        `${vip} was announced anew`,
      ).to.deep.equal([]);
      expect(claims.length, `${vip} was told`).to.be.at.most(Math.floor(lastedMs / REFRESH_MS) + 1);
    }
    for (const { name } of pods) {
      const reads = audit.requests.filter(
        ({ pod, resource }) => pod === name && resource !== "leases",
      ).length;
      const kinds = RIGHTS.filter(
        ({ verb, component }) => verb === "watch" && name.includes(`-${component}-`),
      ).length;
      console.log(`      ${name}: ${reads} reads of ${kinds} kinds in ${APART_MS.length} restarts`);
      expect(reads, name).to.be.at.most(kinds * APART_MS.length * READS_OF_A_KIND);
    }
    expect((await installedPods(lab)).map(({ uid, restarts }) => `${uid} ${restarts}`).sort()).to.deep.equal(
      pods.map(({ uid, restarts }) => `${uid} ${restarts}`).sort(),
    );
  });

  /** Everything on record of the addresses. */
  async function records(): Promise<readonly string[]> {
    return (await virtualIPs(lab))
      .map((one) => JSON.stringify([one.metadata.name, one.spec, one.status]))
      .sort();
  }
});
