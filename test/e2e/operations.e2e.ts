import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { memoryOf } from "../bench/memory.ts";
import { MANIFESTS, NAMESPACE } from "../install/fairlead.ts";
import { installedPods, leaderPod, logOf, programOf } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { requestCounts, since, totalOf } from "./support/request-counts.ts";
import {
  address,
  addressesOf,
  announcer,
  apply,
  condition,
  paths,
  reset,
  virtualIPs,
} from "./support/steps.ts";

/** As many addresses as there are holders, and one pool beside it for Services that show that the controller works. */
const POOLS = [
  pool("lan", { addresses: ["198.51.100.200-198.51.100.202"] }),
  pool("spare", { addresses: ["198.51.100.210-198.51.100.239"], autoAssign: false }),
  advertisement("all", {}),
];
const FROM_SPARE = { annotations: { "fairlead.dev/address-pool": "spare" } };
const HOLDERS = ["holder-1", "holder-2", "holder-3"];
const WAITING = ["waiting-1", "waiting-2"];
const ROUNDS = 10;
const OUTAGE_MS = 20_000;

describe("a running installation", () => {
  let lab: Lab;
  const applied: readonly Manifest[] = [
    ...POOLS,
    web(),
    ...HOLDERS.map((name) => service(name)),
    ...WAITING.map((name) => service(name)),
    service("nowhere", { app: "nobody", ...FROM_SPARE }),
  ];

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, ...POOLS, web());
    await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
    await apply(lab, ...HOLDERS.map((name) => service(name)));
    for (const name of HOLDERS) await announcer(lab, await address(lab, name));
    await apply(lab, ...applied);
    for (const name of WAITING) {
      const wanted = { type: "fairlead.dev/Allocated", status: "False", reason: "PoolExhausted" };
      await condition(lab, paths.service(name), wanted);
    }
    await condition(lab, paths.virtualIP(await address(lab, "nowhere")), {
      type: "Announced",
      status: "False",
      reason: "NoEndpoints",
    });
    await allReady();
    await settled(lab);
  });
  after(() => reset(lab));

  it("writes each record, condition and Event once per change", async () => {
    const written = async (change: () => Promise<unknown>): Promise<readonly string[]> => {
      const audit = new Audit(lab);
      await change();
      await settled(lab);
      return audit.tally;
    };
    await apply(lab, web("once", { replicas: 1 }));
    await lab.kubectl(["rollout", "status", "deployment/once", "--timeout=60s"]);
    // Endpoints come a moment after their Service, which would be a change of its own.
    await apply(lab, service("once", { app: "once", ...FROM_SPARE, spec: { type: "ClusterIP" } }));
    await settled(lab);
    const created = await written(async () => {
      await apply(lab, service("once", { app: "once", ...FROM_SPARE }));
      await announcer(lab, await address(lab, "once"));
    });
    expect(created).to.deep.equal([
      "controller create events: 1",
      "controller create virtualips: 1",
      "controller patch ipaddresspools/status: 1",
      "controller patch services/status: 1",
      "speaker create events: 1",
      "speaker patch virtualips/status: 1",
    ]);
    const ip = await address(lab, "once");
    const emptied = await written(async () => {
      await lab.kubectl(["scale", "deployment", "once", "--replicas=0"]);
      await condition(lab, paths.virtualIP(ip), {
        type: "Announced",
        status: "False",
        reason: "NoEndpoints",
      });
    });
    const filled = await written(async () => {
      await lab.kubectl(["scale", "deployment", "once", "--replicas=1"]);
      await announcer(lab, ip);
    });
    const deleted = await written(async () => {
      await lab.kubectl(["delete", "service,deployment", "once"]);
      await lab.waitFor("its address is free", async () =>
        (await virtualIPs(lab)).every(({ metadata }) => metadata.name !== ip),
      );
    });
    console.log({ emptied, filled, deleted });
    expect(deleted).to.deep.equal([
      "controller delete virtualips: 1",
      "controller patch ipaddresspools/status: 1",
    ]);
  });

  it("makes no write and begins no read in a quiet minute, except for the Lease", async function () {
    this.timeout(150_000);
    await settled(lab);
    const audit = new Audit(lab);
    const before = await requestCounts(lab);
    await pause(60_000);
    const counts = since(before, await requestCounts(lab));
    const { requests } = audit;
    const lease = requests.filter(({ resource }) => resource === "leases");
    const others = requests.filter(({ resource }) => resource !== "leases");
    const renewals = lease.filter(({ verb }) => verb === "update").length;
    console.log(
      `      in one minute: ${renewals} renewals and ${lease.length - renewals} reads of the Lease, ` +
        `${others.length} other requests`,
    );
    const ours = { group: "fairlead.dev" };
    const writes = { verb: /^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)$/ };
    expect(totalOf(counts, { ...ours, ...writes })).to.equal(0);
    expect(totalOf(counts, { resource: "services", ...writes })).to.equal(0);
    expect(totalOf(counts, { ...ours, verb: /^(GET|LIST)$/ })).to.equal(0);
    expect(others.filter(({ verb }) => verb !== "watch")).to.deep.equal([]);
    expect(others.length).to.be.at.most(15);
    // One renewal every 2 s by the one that leads, one look every 2 to 2.4 s by the one that waits.
    expect(renewals).to.be.within(25, 31);
    expect(lease.length).to.be.within(45, 62);
    expect(totalOf(counts, { resource: "leases", verb: /^PUT$/ })).to.be.at.least(renewals);
  });

  it("keeps every address when the controller is restarted or crashes, and gives none of them to those who wait", async function () {
    this.timeout(300_000);
    const before = await held();
    const audit = new Audit(lab);
    for (let round = 1; round <= ROUNDS; round++) {
      const leader = await lab.waitFor("somebody leads", () => leaderPod(lab));
      // A program that crashed twice is kept waiting by kubelet, so the pod that crashed goes in the next round.
      if (round % 2 === 1) await crash(leader);
      else await lab.kubectl(["-n", NAMESPACE, "delete", "pod", leader]);
      const ip = await decides(`round-${round}`);
      expect(Object.values(before.addresses), `round ${round}`).not.to.include(ip);
      expect(await held(), `round ${round}`).to.deep.equal(before);
      await allReady();
    }
    await settled(lab);
    expect(await held()).to.deep.equal(before);
    const known = [...Object.keys(before.versions)];
    expect(audit.writes.filter(({ name }) => known.includes(name))).to.deep.equal([]);
  });

  it("has another replica take over when the leader is frozen, and the one that wakes up writes nothing", async () => {
    const before = await held();
    const leader = await lab.waitFor("somebody leads", () => leaderPod(lab));
    const names = Array.from({ length: 8 }, (_, i) => `amid-${i}`);
    const busy = new Audit(lab);
    const creating = apply(lab, ...names.map((name) => service(name, FROM_SPARE)));
    await lab.waitFor("the leader is at work", () => busy.writes.length > 0, { everyMs: 1 });
    await lab.freezePod(`${NAMESPACE}/${leader}`);
    try {
      await creating;
      await lab.waitFor("another one leads", async (see) => {
        const now = await leaderPod(lab);
        see(now);
        return now !== undefined && now !== leader;
      });
      const given = [];
      for (const name of names) given.push(await address(lab, name));
      expect(new Set([...given, ...Object.values(before.addresses)]).size).to.equal(
        given.length + HOLDERS.length + 1,
      );
      await lab.kubectl(["delete", "service", "amid-0"]);
      await settled(lab);
    } finally {
      const woken = new Audit(lab);
      const wokenMs = Date.now();
      await lab.thawPod(`${NAMESPACE}/${leader}`);
      await lab.waitFor("the old leader knows that it is none", async (see) => {
        const lines = await logOf(lab, leader, wokenMs - 1000);
        see(lines);
        return lines.some(({ event }) => event === "leadership lost");
      });
      await decides("after-freeze");
      await settled(lab);
      const late = woken.requests.filter(
        ({ pod, verb }) => pod === leader && !/^(get|list|watch)$/.test(verb),
      );
      expect(late).to.deep.equal([]);
      expect(
        woken.requests.some(({ pod }) => pod === leader),
        "it went on reading",
      ).to.equal(true);
    }
    expect(await held()).to.deep.equal(before);
    await lab.kubectl(["delete", "service", ...names.slice(1), "after-freeze"]);
    await allReady();
  });

  it("shows no difference to what was applied, and is no other manager's rival", async () => {
    await settled(lab);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: applied });
    expect(await lab.kubectl(["diff", "-k", MANIFESTS])).to.equal("");
    expect(await lab.kubectl(["diff", "-f", "-"], { input })).to.equal("");
    const mine = JSON.stringify({ apiVersion: "v1", kind: "List", items: applied.filter(isRead) });
    await lab.kubectl(["apply", "--server-side", "--field-manager=gitops", "--dry-run=server", "-f", "-"], {
      input: mine,
    });
    const versions = (await held()).versions;
    await lab.kubectl(["apply", "-f", "-"], { input });
    expect((await held()).versions).to.deep.equal(versions);
    for (const [args, of] of [
      [["-f", "-"], { input }],
      [["-k", MANIFESTS], {}],
    ] as const) {
      const shown = await lab.kubectl(["get", ...args, "--show-managed-fields", "-o", "json"], of);
      const owned = (JSON.parse(shown) as { items: readonly Managed[] }).items.flatMap(({ metadata }) =>
        (metadata.managedFields ?? []).filter(({ manager }) => manager.startsWith("fairlead")),
      );
      expect(owned.filter(({ subresource }) => subresource !== "status")).to.deep.equal([]);
      expect(
        owned.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1)).filter((key) => key !== "f:status"),
      ).to.deep.equal([]);
      expect(owned.length > 0).to.equal("input" in of);
    }
  });

  it("answers without a gap while the API server is away, and does nothing when it is back", async () => {
    const before = await held();
    const placed = await placements();
    const pods = await installedPods(lab);
    const [ip = ""] = Object.values(before.addresses);
    const probing = await lab.probe("client-1", { kind: "http", url: `http://${ip}/` }, { everyMs: 50 });
    await lab.stopApiServer();
    const downMs = Date.now();
    const silent: string[] = [];
    while (Date.now() - downMs < OUTAGE_MS) {
      for (const each of Object.values(before.addresses).slice(0, HOLDERS.length)) {
        if ((await lab.arping("client-2", each)).length !== 1) silent.push(each);
      }
    }
    const audit = new Audit(lab);
    await lab.startApiServer();
    await lab.waitFor("everybody reads again", (see) => {
      const readers = audit.requests.filter(({ verb, code }) => verb === "watch" && code === 200);
      const found = pods.map(({ name }) => readers.some(({ pod }) => pod === name));
      see(found);
      return found.every(Boolean);
    });
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
    expect(attempts.filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(attempts.length).to.be.greaterThan(OUTAGE_MS / 100);
    expect(silent).to.deep.equal([]);
    expect(await held()).to.deep.equal(before);
    expect(await placements()).to.deep.equal(placed);
    expect(await restartsByPod()).to.deep.equal(pods.map(({ uid, restarts }) => `${uid} ${restarts}`).sort());
    await decides("after-outage");
    await lab.kubectl(["delete", "service", "after-outage"]);
  });

  /** The versions of everything that must stay, and the addresses of its Services. */
  async function held(): Promise<{
    readonly addresses: Readonly<Record<string, string>>;
    readonly versions: Readonly<Record<string, string | undefined>>;
  }> {
    const versions: Record<string, string | undefined> = {};
    const addresses: Record<string, string> = {};
    for (const name of [...HOLDERS, ...WAITING, "nowhere"]) {
      const object = await lab.api.get<Service>(paths.service(name));
      versions[name] = object.metadata.resourceVersion;
      for (const each of addressesOf(object)) addresses[name] = each;
    }
    for (const { metadata } of await virtualIPs(lab)) {
      if (Object.values(addresses).includes(metadata.name))
        versions[metadata.name] = metadata.resourceVersion;
    }
    expect(Object.keys(addresses)).to.deep.equal([...HOLDERS, "nowhere"]);
    return { addresses, versions };
  }

  async function placements(): Promise<readonly string[]> {
    return (await virtualIPs(lab)).map(({ spec }) => `${spec.address} ${JSON.stringify(spec.placement)}`);
  }

  async function restartsByPod(): Promise<readonly string[]> {
    return (await installedPods(lab)).map(({ uid, restarts }) => `${uid} ${restarts}`).sort();
  }

  /** A new Service gets an address, so whoever leads now has looked at everything that it found. */
  async function decides(name: string): Promise<string> {
    await apply(lab, service(name, FROM_SPARE));
    return await address(lab, name);
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

  function allReady(): Promise<true> {
    return lab.waitFor(
      "two controllers and a speaker on each node are ready",
      async (see) => {
        const pods = await installedPods(lab);
        see(pods);
        const well = pods.filter(({ ready, terminating }) => ready && !terminating).length;
        return pods.length === well && well === 2 + lab.nodeNames.length;
      },
      { deadlineMs: 60_000 },
    );
  }
});

/** What Fairlead reads, and so might write into. */
function isRead({ kind }: Manifest): boolean {
  return kind !== "Deployment";
}

interface Managed {
  readonly metadata: {
    readonly managedFields?: readonly {
      readonly manager: string;
      readonly subresource?: string;
      readonly fieldsV1: Readonly<Record<string, unknown>>;
    }[];
  };
}

describe("what runs", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
  });

  it("uses so much memory", async () => {
    for (const { name } of await installedPods(lab)) {
      const { rssKiB, anonymousKiB } = await memoryOf(lab, `${NAMESPACE}/${name}`);
      const [rss, anonymous] = [rssKiB, anonymousKiB].map((kib) => (kib / 1024).toFixed(1));
      console.log(`      ${name}: ${rss} MiB resident, ${anonymous} MiB of it anonymous`);
      expect(anonymousKiB).to.be.within(1, rssKiB);
    }
  });
});
