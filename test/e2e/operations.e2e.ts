import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { memoryOf } from "../bench/memory.ts";
import { MANIFESTS, NAMESPACE } from "../install/fairlead.ts";
import { installedPods } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { FROM_SPARE, FULL_POOL, fillPool, inventory } from "./support/full-pool.ts";
import { type Manifest, service, web } from "./support/objects.ts";
import { requestCounts, since, totalOf } from "./support/request-counts.ts";
import { rolledOut } from "./support/served.ts";
import { address, announcer, apply, condition, merge, paths, reset, virtualIPs } from "./support/steps.ts";

describe("a running installation", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await fillPool(lab);
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
    await rolledOut(lab, "once");
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
      "speaker patch virtualips/status: 1",
    ]);
    const ip = await address(lab, "once");
    const emptied = await written(async () => {
      // A pod that begins would be told of as one that is not ready, once that has lasted a while.
      await merge(lab, paths.service("once"), { spec: { selector: { app: "nobody" } } });
      await condition(lab, paths.virtualIP(ip), {
        type: "Announced",
        status: "False",
        reason: "NoEndpoints",
      });
    });
    const filled = await written(async () => {
      await merge(lab, paths.service("once"), { spec: { selector: { app: "once" } } });
      await announcer(lab, ip);
    });
    const deleted = await written(async () => {
      await lab.kubectl(["delete", "service,deployment", "once"]);
      await lab.waitFor("its address is free", async () =>
        (await virtualIPs(lab)).every(({ metadata }) => metadata.name !== ip),
      );
    });
    expect(emptied).to.deep.equal([
      "controller create events: 1",
      "controller patch services/status: 1",
      "controller patch virtualips/status: 1",
      "controller update virtualips: 1",
      "speaker patch virtualips/status: 1",
    ]);
    expect(filled).to.deep.equal([
      "controller patch services/status: 1",
      "controller update virtualips: 1",
      "speaker patch virtualips/status: 1",
    ]);
    expect(deleted).to.deep.equal([
      "controller delete virtualips: 1",
      "controller patch ipaddresspools/status: 1",
    ]);
  });

  it("makes no write and begins no read in a quiet minute, except for the Lease and a look at the keys", async function () {
    this.timeout(150_000);
    await settled(lab);
    const audit = new Audit(lab);
    const before = await requestCounts(lab);
    await pause(60_000);
    const counts = since(before, await requestCounts(lab));
    const { requests } = audit;
    const lease = requests.filter(({ resource }) => resource === "leases");
    const looks = requests.filter(({ resource, verb }) => resource === "secrets" && verb === "get");
    const others = requests.filter((request) => request.resource !== "leases" && !looks.includes(request));
    const renewals = lease.filter(({ verb }) => verb === "update").length;
    console.log(
      `      in one minute: ${renewals} renewals and ${lease.length - renewals} reads of the Lease, ` +
        `${looks.length} of the keys, ${others.length} other requests`,
    );
    const ours = { group: "fairlead.dev" };
    const writes = { verb: /^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)$/ };
    expect(totalOf(counts, { ...ours, ...writes })).to.equal(0);
    expect(totalOf(counts, { resource: "services", ...writes })).to.equal(0);
    expect(totalOf(counts, { ...ours, verb: /^(GET|LIST)$/ })).to.equal(0);
    expect(others.filter(({ verb }) => verb !== "watch")).to.deep.equal([]);
    expect(others.length).to.be.at.most(15);
    // The one that leads looks at the speakers' keys every 20 s.
    expect(looks.length).to.be.within(2, 4);
    // One renewal every 2 s by the one that leads, one look every 2 to 2.4 s by the one that waits.
    expect(renewals).to.be.within(25, 31);
    expect(lease.length).to.be.within(45, 62);
    expect(totalOf(counts, { resource: "leases", verb: /^PUT$/ })).to.be.at.least(renewals);
  });

  it("shows no difference to what was applied, and is no other manager's rival", async () => {
    await settled(lab);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: FULL_POOL });
    expect(await lab.kubectl(["diff", "-k", MANIFESTS])).to.equal("");
    expect(await lab.kubectl(["diff", "-f", "-"], { input })).to.equal("");
    const mine = JSON.stringify({ apiVersion: "v1", kind: "List", items: FULL_POOL.filter(isRead) });
    await lab.kubectl(["apply", "--server-side", "--field-manager=gitops", "--dry-run=server", "-f", "-"], {
      input: mine,
    });
    const versions = (await inventory(lab)).versions;
    await lab.kubectl(["apply", "-f", "-"], { input });
    expect((await inventory(lab)).versions).to.deep.equal(versions);
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

  it("uses so much memory", async () => {
    for (const { name } of await installedPods(lab)) {
      const { rssKiB, anonymousKiB } = await memoryOf(lab, `${NAMESPACE}/${name}`);
      const [rss, anonymous] = [rssKiB, anonymousKiB].map((kib) => (kib / 1024).toFixed(1));
      console.log(`      ${name}: ${rss} MiB resident, ${anonymous} MiB of it anonymous`);
      expect(anonymousKiB).to.be.within(1, rssKiB);
    }
  });
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
