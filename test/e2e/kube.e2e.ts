import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { namespaces } from "@fairlead/api/core/namespace.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder, events } from "@fairlead/kube/events.ts";
import { HttpsTransport } from "@fairlead/kube/https-transport.ts";
import { LeaderElection } from "@fairlead/kube/leader-election.ts";
import { leases } from "@fairlead/kube/lease.ts";
import { ListWatch } from "@fairlead/kube/list-watch.ts";
import { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { type Change, Reflector } from "@fairlead/kube/reflector.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { ApiError, type ApiTransport } from "@fairlead/kube/transport.ts";
import { systemClock } from "@fairlead/runtime/clock.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { systemRandom } from "@fairlead/runtime/random.ts";
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { Lab } from "../lab/lab.ts";
import { CuttableLine } from "./support/cuttable-line.ts";
import { expiringAfter, serviceAccountToken } from "./support/service-account-token.ts";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const configMaps: Resource<ConfigMap> = {
  apiVersion: "v1",
  kind: "ConfigMap",
  path: "/api/v1",
  plural: "configmaps",
  namespaced: true,
};

const probes: Resource<KubeObject> = {
  apiVersion: "example.org/v1",
  kind: "Probe",
  path: "/apis/example.org/v1",
  plural: "probes",
  namespaced: false,
};

const PROBE_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "probes.example.org" },
  spec: {
    group: "example.org",
    scope: "Cluster",
    names: { kind: "Probe", plural: "probes" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};

const NAMESPACE = "kube-test";
const environment = { clock: systemClock, random: systemRandom };

describe("the kube package on a real API server", () => {
  let lab: Lab;
  let line: CuttableLine;
  let client: ApiClient;
  let direct: HttpsTransport;
  const ended: (() => unknown)[] = [];

  before(async () => {
    lab = await Lab.up({ name: "kube", nodes: 1, clients: 0, ifExists: "replace" });
    line = await CuttableLine.to(adminConfig().getCurrentCluster()?.server ?? "");
    // Not over the line: what the test itself does happens whatever is cut.
    direct = new HttpsTransport({ kubeConfig: adminConfig(), ...environment, log: new RecordingLog() });
    client = new ApiClient({ transport: direct, fieldManager: "e2e" });
    await client.create(namespaces, { metadata: { name: NAMESPACE } });
  });

  afterEach(async () => {
    for (const end of ended.splice(0).reverse()) await end();
  });

  after(async () => {
    direct?.stop();
    await line?.close();
    await lab?.down();
  });

  function adminConfig(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(lab.kubeconfig);
    return config;
  }

  /** A transport over the line that may be cut, as the administrator or with a token in a file. */
  function connect(tokenFile?: string): { transport: HttpsTransport; metrics: Metrics; log: RecordingLog } {
    const kubeConfig = adminConfig();
    const cluster = kubeConfig.getCurrentCluster();
    const admin = kubeConfig.getCurrentUser();
    if (cluster === null || admin === null) throw new Error("the lab's kubeconfig is empty");
    const byToken = { name: "by-token", authProvider: { name: "tokenFile", config: { tokenFile } } };
    kubeConfig.loadFromClusterAndUser(
      { ...cluster, server: line.url },
      tokenFile === undefined ? admin : byToken,
    );
    const metrics = new Metrics();
    const log = new RecordingLog();
    const transport = new HttpsTransport({
      kubeConfig,
      ...environment,
      log,
      metrics: new KubeMetrics(metrics),
    });
    return { transport, metrics, log };
  }

  /** Follows a kind and records what it was told and which requests it made. */
  async function follow<T extends KubeObject>(
    resource: Resource<T>,
    tokenFile?: string,
  ): Promise<Following<T>> {
    const { transport, log } = connect(tokenFile);
    const changes: Change<T>[] = [];
    const requests: string[] = [];
    const opened: string[] = [];
    const errors: unknown[] = [];
    const reflector = new Reflector<T>({
      transport: recorded(transport, { requests, opened, errors }),
      resource,
      ...(resource.namespaced && { namespace: NAMESPACE }),
      ...environment,
      log,
      onChange: (change) => changes.push(change),
    });
    ended.push(() => transport.stop());
    ended.push(() => reflector.stop());
    reflector.start();
    return { reflector, changes, log, requests, opened, errors };
  }

  const until = (what: string, probe: () => boolean, deadlineMs = 40_000): Promise<true> =>
    lab.waitFor(what, () => probe() || undefined, { deadlineMs, everyMs: 20 });

  const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
    metadata: { namespace: NAMESPACE, name },
    data,
  });

  describe("a reflector", () => {
    it("sees what is there, what comes, changes and goes", async () => {
      await client.create(configMaps, configMap("first", { a: "1" }));
      const { reflector, changes } = await follow(configMaps);
      await reflector.whenSynced(AbortSignal.timeout(10_000));
      const key = `${NAMESPACE}/first`;
      const kept = reflector.store.get(key);
      expect(kept).to.include({ apiVersion: "v1", kind: "ConfigMap" });
      expect(kept?.metadata).to.not.have.property("managedFields");
      await client.apply(configMaps, configMap("first", { a: "2" }), { force: true });
      await until("the change", () => reflector.store.get(key)?.data?.a === "2");
      await client.delete(configMaps, { namespace: NAMESPACE, name: "first" });
      await until("the deletion", () => reflector.store.get(key) === undefined);
      const own = changes.filter((change) => change.key === key);
      expect(own.map(({ previous, current }) => [previous?.data?.a, current?.data?.a])).to.deep.equal([
        [undefined, "1"],
        ["1", "2"],
        ["2", undefined],
      ]);
    });

    it("resumes after a reset without reading everything again, and misses nothing", async () => {
      const { reflector, requests, opened, log } = await follow(configMaps);
      await reflector.whenSynced(AbortSignal.timeout(10_000));
      for (let i = 0; i < 5; i++) {
        await until("an open watch", () => opened.length > i);
        line.reset();
        await client.create(configMaps, configMap(`reset-${i}`));
        await until("the object", () => reflector.store.get(`${NAMESPACE}/reset-${i}`) !== undefined);
      }
      expect(requests.filter((path) => !isWatch(path)).length).to.equal(1);
      expect(log.complaints).to.deep.equal([]);
    });

    it("survives a restart of the API server, and reads again when history is gone (410, compacted etcd)", async () => {
      await client.create(configMaps, configMap("doomed"));
      const { reflector, changes, errors } = await follow(configMaps);
      await reflector.whenSynced(AbortSignal.timeout(10_000));
      line.cut();
      await lab.kubectl(["delete", "configmap", "doomed", "--namespace", NAMESPACE]);
      await lab.kubectl(["create", "configmap", "born", "--namespace", NAMESPACE]);
      await compactEtcd(lab);
      await lab.stopApiServer();
      await until("the outage is told", () => reflector.problem !== undefined);
      expect(reflector.problem).to.match(/^cannot watch configmaps: /);
      await lab.startApiServer();
      line.mend();
      await until("the deletion", () => reflector.store.get(`${NAMESPACE}/doomed`) === undefined);
      expect(reflector.store.get(`${NAMESPACE}/born`)).to.not.equal(undefined);
      expect(changes.at(-1)).to.deep.include({ key: `${NAMESPACE}/doomed`, current: undefined });
      expect(
        errors.filter((error) => error instanceof Error && /410|too old/i.test(String(error))),
      ).to.have.length(1);
      await until("no problem", () => reflector.problem === undefined);
    });

    it("reads what there is when it asks for a version that the server does not have, as after a restore", async () => {
      const { transport } = connect();
      ended.push(() => transport.stop());
      const source = new ListWatch<ConfigMap>({ transport, resource: configMaps, ...environment });
      const listing = await source.list("999999999", AbortSignal.timeout(10_000));
      expect(Number(listing.resourceVersion)).to.be.lessThan(999_999_999);
      expect(listing.objects.length).to.be.greaterThan(0);
    });

    it("waits out a frozen API server", async () => {
      const { reflector, log } = await follow(configMaps);
      await reflector.whenSynced(AbortSignal.timeout(10_000));
      await lab.freeze("control-plane", "kube-apiserver");
      const late = client.create(configMaps, configMap("late"));
      const impatient = client
        .with({ deadlineMs: 1_000 })
        .get(configMaps, { namespace: NAMESPACE, name: "late" });
      expect(await impatient.catch((error: unknown) => error)).to.include({ failure: "deadline" });
      await pause(3_000);
      await lab.thaw("control-plane", "kube-apiserver");
      await late;
      await until("the object", () => reflector.store.get(`${NAMESPACE}/late`) !== undefined);
      expect(log.complaints).to.deep.equal([]);
    });

    it("goes on with a new token when the old one has expired", async () => {
      await lab.kubectl(["create", "serviceaccount", "reader", "--namespace", NAMESPACE]);
      await lab.kubectl([
        "create",
        "role",
        "reader",
        "--verb=list,watch",
        "--resource=configmaps",
        "--namespace",
        NAMESPACE,
      ]);
      const account = `${NAMESPACE}:reader`;
      await lab.kubectl([
        "create",
        "rolebinding",
        "reader",
        "--role=reader",
        `--serviceaccount=${account}`,
        "--namespace",
        NAMESPACE,
      ]);
      const folder = mkdtempSync(join(tmpdir(), "fairlead-e2e-"));
      ended.push(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "token");
      const token = await serviceAccountToken(lab, NAMESPACE, "reader");
      writeFileSync(file, await expiringAfter(lab, token, 6_000));
      const { reflector, errors, log } = await follow(configMaps, file);
      await reflector.whenSynced(AbortSignal.timeout(10_000));
      await lab.waitFor(
        "the token is refused",
        () => {
          // Only an open watch is cut, not the request that is being refused.
          if (reflector.problem === undefined) line.reset();
          return /does not accept the credentials/.test(reflector.problem ?? "") || undefined;
        },
        { deadlineMs: 90_000, everyMs: 500 },
      );
      expect(errors.some((error) => error instanceof ApiError && error.status === 401)).to.equal(true);
      writeFileSync(file, token);
      await client.create(configMaps, configMap("after-expiry"));
      await until("the object", () => reflector.store.get(`${NAMESPACE}/after-expiry`) !== undefined);
      expect(JSON.stringify(log.lines)).to.not.include(token.split(".")[2]);
    });

    it("names verb, kind and account when it may not, and recovers when it may", async () => {
      await lab.kubectl(["create", "serviceaccount", "stranger", "--namespace", NAMESPACE]);
      const folder = mkdtempSync(join(tmpdir(), "fairlead-e2e-"));
      ended.push(() => rmSync(folder, { recursive: true }));
      const file = join(folder, "token");
      writeFileSync(file, await serviceAccountToken(lab, NAMESPACE, "stranger"));
      const { reflector, log } = await follow(configMaps, file);
      const account = `system:serviceaccount:${NAMESPACE}:stranger`;
      await until("the refusal", () => /forbidden/.test(reflector.problem ?? ""));
      expect(reflector.problem).to.equal(
        `cannot list configmaps: forbidden; give ${account} this right by RBAC`,
      );
      await pause(2_000);
      expect(log.complaints.length).to.equal(1);
      await lab.kubectl([
        "create",
        "clusterrolebinding",
        "stranger",
        "--clusterrole=view",
        `--serviceaccount=${NAMESPACE}:stranger`,
      ]);
      await reflector.whenSynced(AbortSignal.timeout(40_000));
      expect(reflector.problem).to.equal(undefined);
    });

    it("waits for a kind, sees it go object by object, and sees it come back", async () => {
      const { reflector, changes } = await follow(probes);
      await until("the problem", () => /does not know this kind/.test(reflector.problem ?? ""));
      await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(PROBE_CRD) });
      await reflector.whenSynced(AbortSignal.timeout(40_000));
      for (const name of ["one", "two"]) await client.create(probes, { metadata: { name } });
      await until("two objects", () => reflector.store.size === 2);
      await lab.kubectl(["delete", "crd", "probes.example.org"]);
      await until("no objects", () => reflector.store.size === 0);
      await until("the problem", () => /does not know this kind/.test(reflector.problem ?? ""));
      await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(PROBE_CRD) });
      await lab.waitFor("the kind is served", () => client.create(probes, { metadata: { name: "three" } }));
      await until("the object", () => reflector.store.get("three") !== undefined);
      expect(
        changes.map(({ key, current }) => `${key} ${current === undefined ? "gone" : "there"}`),
      ).to.include.members(["one gone", "two gone", "three there"]);
    });
  });

  describe("the client", () => {
    it("uses one connection for requests in a row", async () => {
      const { transport, metrics } = connect();
      ended.push(() => transport.stop());
      const own = new ApiClient({ transport, fieldManager: "e2e" });
      for (let i = 0; i < 100; i++) await own.get(namespaces, { name: NAMESPACE });
      expect(await metrics.text()).to.match(/fairlead_api_connections_total 1\n/);
    });

    it("applies fields that it then owns, conflicts with other owners, takes over by force and lets go", async () => {
      const name = "shared";
      const apply = (fieldManager: string, data: Record<string, string>, force = false): Promise<ConfigMap> =>
        client.apply(configMaps, configMap(name, data), { fieldManager, force });
      await apply("one", { a: "1", b: "1" });
      await apply("two", { c: "2" });
      const conflict = await apply("two", { a: "2" }).catch((error: unknown) => error);
      expect(conflict).to.include({ status: 409, reason: "Conflict" });
      expect(String(conflict)).to.match(/conflict with "one"/);
      expect((await apply("two", { a: "2" }, true)).data).to.deep.equal({ a: "2", b: "1" });
      expect((await apply("one", { b: "1" })).data).to.deep.equal({ a: "2", b: "1" });
      expect((await apply("two", {})).data).to.deep.equal({ b: "1" });
    });

    it("applies a Service's status, and takes it back by applying nothing", async () => {
      const metadata = { namespace: NAMESPACE, name: "web" };
      const spec: Service["spec"] = { type: "LoadBalancer", ports: [{ port: 80 }] };
      await client.create(services, { metadata, spec });
      const ingress = [{ ip: "192.0.2.1", ipMode: "VIP" }];
      const write = (status: NonNullable<Service["status"]>): Promise<Service> =>
        client.apply(services, { metadata, status }, { subresource: "status" });
      expect((await write({ loadBalancer: { ingress } })).status?.loadBalancer?.ingress).to.deep.equal(
        ingress,
      );
      const before = await client.get(services, metadata);
      await write({ loadBalancer: { ingress } });
      const again = await client.get(services, metadata);
      expect(again.metadata.resourceVersion).to.equal(before.metadata.resourceVersion);
      expect((await write({})).status?.loadBalancer?.ingress).to.equal(undefined);
    });

    it("replaces and deletes only what has not changed", async () => {
      const first = await client.create(configMaps, configMap("versioned"));
      await client.update(configMaps, { ...first, data: { a: "1" } });
      const late = await client
        .update(configMaps, { ...first, data: { a: "2" } })
        .catch((error: unknown) => error);
      expect(late).to.include({ status: 409, reason: "Conflict" });
      const wrong = await client
        .delete(configMaps, first.metadata, { uid: "other" })
        .catch((error: unknown) => error);
      expect(wrong).to.include({ status: 409 });
      await client.delete(configMaps, first.metadata, { uid: first.metadata.uid ?? "" });
      const gone = await client.delete(configMaps, first.metadata).catch((error: unknown) => error);
      expect(gone).to.include({ status: 404, reason: "NotFound" });
    });
  });

  it("events appear once, repeats left out, at their object or in default", async () => {
    const recorder = new EventRecorder({
      client,
      clock: systemClock,
      log: new RecordingLog(),
      component: "fairlead.dev/e2e",
      instance: "e2e-0",
    });
    const regarding = {
      ...(await client.create(configMaps, configMap("told"))),
      apiVersion: "v1",
      kind: "ConfigMap",
    };
    const node = {
      ...(await client.get(namespaces, { name: NAMESPACE })),
      apiVersion: "v1",
      kind: "Namespace",
    };
    const event = { type: "Normal", reason: "Tested", action: "Test", note: "it works" } as const;
    recorder.record({ ...event, regarding });
    recorder.record({ ...event, regarding });
    recorder.record({ ...event, regarding, type: "Warning", note: "it does not" });
    recorder.record({ ...event, regarding: node });
    await recorder.stop();
    const notes = async (namespace: string): Promise<readonly string[]> => {
      const found = await client.list(events, { namespace });
      return found
        .filter(({ reason }) => reason === "Tested")
        .map(({ type, note }) => `${type}: ${note}`)
        .sort();
    };
    expect(await notes(NAMESPACE)).to.deep.equal(["Normal: it works", "Warning: it does not"]);
    expect(await notes("default")).to.deep.equal(["Normal: it works"]);
    expect(await lab.kubectl(["describe", "configmap", "told", "--namespace", NAMESPACE])).to.match(
      /it does not/,
    );
  });

  it("one of two holds the lease, hands it over on stop, loses it when it cannot renew, and never do both lead", async () => {
    const times = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 };
    const told: string[] = [];
    const candidate = (identity: string): LeaderElection => {
      const made = new LeaderElection({
        client,
        namespace: NAMESPACE,
        name: "e2e",
        identity,
        ...environment,
        log: new RecordingLog(),
        ...times,
        onGained: () => told.push(`${identity} gained`),
        onLost: () => void told.push(`${identity} lost`),
      });
      ended.push(() => made.stop());
      made.start();
      return made;
    };
    const one = candidate("one");
    await until("one leads", () => one.leading);
    const two = candidate("two");
    let both = 0;
    const watching = setInterval(() => {
      if (one.leading && two.leading) both += 1;
    }, 5);
    ended.push(() => clearInterval(watching));
    await pause(3_000);
    expect(told).to.deep.equal(["one gained"]);

    const stoppedAt = performance.now();
    await one.stop();
    await until("two leads", () => two.leading);
    expect(performance.now() - stoppedAt).to.be.lessThan(2_000);
    const { spec } = await client.get(leases, { namespace: NAMESPACE, name: "e2e" });
    expect(spec).to.include({ holderIdentity: "two", leaseTransitions: 1, leaseDurationSeconds: 4 });

    const three = candidate("three");
    await lab.freeze("control-plane", "kube-apiserver");
    await until("two stops leading", () => !two.leading, 5_000);
    await pause(3_000);
    expect([two.leading, three.leading]).to.deep.equal([false, false]);
    await lab.thaw("control-plane", "kube-apiserver");
    await until("somebody leads", () => two.leading || three.leading);
    expect(both).to.equal(0);
    expect(told.slice(0, 4)).to.deep.equal(["one gained", "one lost", "two gained", "two lost"]);
  });
});

interface Following<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  readonly changes: Change<T>[];
  readonly log: RecordingLog;
  /** Paths with query. */
  readonly requests: string[];
  /** Those of watches that the server began to answer. */
  readonly opened: string[];
  readonly errors: unknown[];
}

function isWatch(path: string): boolean {
  return path.includes("watch=true");
}

function recorded(
  transport: ApiTransport,
  record: Pick<Following<KubeObject>, "requests" | "opened" | "errors">,
): ApiTransport {
  const noted = async <T>(promise: Promise<T>): Promise<T> => {
    try {
      return await promise;
    } catch (error) {
      record.errors.push(error);
      throw error;
    }
  };
  return {
    request: (request) => {
      record.requests.push(request.path);
      return noted(transport.request(request));
    },
    stream: (request, onLine, onOpen) => {
      record.requests.push(request.path);
      const opened = (): void => {
        record.opened.push(request.path);
        onOpen?.();
      };
      return noted(transport.stream(request, onLine, opened));
    },
  };
}

/** Makes etcd forget all history up to now. The control plane has a /tmp of its own, so it is asked with what is installed. */
async function compactEtcd(lab: Lab): Promise<void> {
  const ask = async (what: string, body: unknown): Promise<{ header?: { revision: string } }> => {
    const url = `http://127.0.0.1:2379/v3/kv/${what}`;
    const curl = ["curl", "--silent", "--fail", "--data", JSON.stringify(body), url];
    return JSON.parse((await lab.exec("control-plane", curl)).stdout);
  };
  const { header } = await ask("range", { key: "AA==" });
  const answer = await ask("compaction", { revision: header?.revision, physical: true });
  if (answer.header === undefined) throw new Error(`etcd was not compacted: ${JSON.stringify(answer)}`);
}
