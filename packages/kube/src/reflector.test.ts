import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { HttpsTransport } from "./https-transport.ts";
import { KubeMetrics } from "./metrics.ts";
import { pruneMetadata } from "./prune.ts";
import { type Change, Reflector, type ReflectorOptions } from "./reflector.ts";
import { eventually, pass } from "./testing/eventually.ts";
import { RecordingLog } from "./testing/recording-log.ts";
import {
  after,
  hang,
  list,
  reset,
  ScriptedServer,
  status,
  trickle,
  watch,
} from "./testing/scripted-server.ts";

interface Thing extends KubeObject {
  readonly spec?: { readonly size: number; readonly parts?: readonly { readonly name: string }[] };
}

const things: Resource<Thing> = {
  apiVersion: "example.org/v1",
  kind: "Thing",
  path: "/apis/example.org/v1",
  plural: "things",
  namespaced: true,
};

describe("Reflector", () => {
  let clock: FakeClock;
  let log: RecordingLog;
  let metrics: Metrics;
  let kubeMetrics: KubeMetrics;
  let server: ScriptedServer;
  let transport: HttpsTransport;
  let reflector: Reflector<Thing>;
  let changes: Change<Thing>[];

  beforeEach(async () => {
    clock = new FakeClock();
    log = new RecordingLog();
    metrics = new Metrics();
    kubeMetrics = new KubeMetrics(metrics);
    changes = [];
    server = await ScriptedServer.start();
    server.on("watch", watch([]));
    transport = new HttpsTransport({
      kubeConfig: server.kubeConfig(),
      clock,
      random: seededRandom(2),
      log,
      mostLineChars: 10_000,
    });
  });

  afterEach(async () => {
    await reflector.stop();
    transport.stop();
    await server.stop();
  });

  function begin(options: Partial<ReflectorOptions<Thing>> = {}): void {
    reflector = new Reflector<Thing>({
      transport,
      resource: things,
      clock,
      random: seededRandom(3),
      log,
      metrics: kubeMetrics,
      onChange: (change) => changes.push(change),
      ...options,
    });
    reflector.start();
  }

  const synced = (): Promise<void> => eventually("synced", () => reflector.synced, { clock });
  const lists = (): number => server.seen("list").length;
  const watches = (): number => server.seen("watch").length;
  const nextWatch = async (count: number): Promise<void> =>
    eventually(`watch number ${count}`, () => watches() >= count, { clock });
  const lastWatch = (): Readonly<Record<string, string>> => server.seen("watch").at(-1)?.query ?? {};
  const told = (): readonly string[] =>
    changes.map(({ key, previous, current }) => `${key} ${size(previous)} -> ${size(current)}`);

  describe("keeps a copy", () => {
    it("of what the list has, then of what the watch brings", async () => {
      server.on("list", list([thing("a", "1"), thing("b", "2")], "10"));
      server.on(
        "watch",
        watch([
          { type: "MODIFIED", object: thing("a", "11", 2) },
          { type: "ADDED", object: thing("c", "12") },
          { type: "DELETED", object: thing("b", "13") },
        ]),
      );
      begin();
      await synced();
      await eventually("5 changes", () => changes.length === 5, { clock });
      expect(told()).to.deep.equal([
        "ns/a none -> 1",
        "ns/b none -> 1",
        "ns/a 1 -> 2",
        "ns/c none -> 1",
        "ns/b 1 -> none",
      ]);
      expect([...reflector.store.values()].map(({ metadata }) => metadata.name)).to.deep.equal(["a", "c"]);
      expect(reflector.store.get("ns/a")?.spec?.size).to.equal(2);
      expect(reflector.store.size).to.equal(2);
      expect(reflector.problem).to.equal(undefined);
    });

    it("asking for any version first, in pages, with bookmarks and a random timeout", async () => {
      server.on("list", list([thing("a", "1")], "10", "more"), list([thing("b", "2")], "10"));
      begin({ labelSelector: "app=x", fieldSelector: "metadata.name=a", namespace: "ns" });
      await synced();
      await nextWatch(1);
      const [first, second] = server.seen("list");
      const selectors = { labelSelector: "app=x", fieldSelector: "metadata.name=a" };
      expect(first?.path).to.equal("/apis/example.org/v1/namespaces/ns/things");
      expect(first?.query).to.deep.equal({ ...selectors, limit: "500", resourceVersion: "0" });
      expect(second?.query).to.deep.equal({ ...selectors, limit: "500", continue: "more" });
      const { timeoutSeconds, ...query } = lastWatch();
      expect(query).to.deep.equal({
        ...selectors,
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: "10",
      });
      expect(Number(timeoutSeconds)).to.be.within(290, 590);
      expect(changes.length).to.equal(2);
    });

    it("of frozen objects that look alike from list and watch, without what nobody reads", async () => {
      const heavy = {
        ...thing("a", "1"),
        metadata: {
          ...thing("a", "1").metadata,
          managedFields: [{ manager: "x" }],
          annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", keep: "me" },
        },
        spec: { size: 1, parts: [{ name: "p" }], secret: "x" },
      };
      server.on("list", list([heavy], "10"));
      server.on("watch", watch([{ type: "ADDED", object: { ...thing("b", "11"), apiVersion: "odd/v1" } }]));
      begin({
        prune: ({ apiVersion, kind, metadata, spec }) => ({
          ...head({ apiVersion, kind }),
          ...pruneMetadata({ metadata }),
          ...(spec && { spec: { size: spec.size, parts: spec.parts ?? [] } }),
        }),
      });
      await eventually("both", () => reflector.store.size === 2, { clock });
      const object = reflector.store.get("ns/a");
      expect(object).to.deep.equal({
        apiVersion: "example.org/v1",
        kind: "Thing",
        metadata: {
          name: "a",
          namespace: "ns",
          uid: "uid-a",
          resourceVersion: "1",
          annotations: { keep: "me" },
        },
        spec: { size: 1, parts: [{ name: "p" }] },
      });
      expect(Object.isFrozen(object?.spec?.parts?.[0])).to.equal(true);
      expect(reflector.store.get("ns/b")).to.include({ apiVersion: "example.org/v1", kind: "Thing" });
    });

    it("and tells the changes of a list when the store holds all of them", async () => {
      server.on("list", list([thing("a", "1"), thing("b", "2")], "10"));
      const sizes: number[] = [];
      begin({ onChange: () => sizes.push(reflector.store.size) });
      await synced();
      expect(sizes).to.deep.equal([2, 2]);
    });

    it("even if a handler throws", async () => {
      server.on("list", list([thing("a", "1"), thing("b", "2")], "10"));
      let calls = 0;
      begin({
        onChange: () => {
          calls += 1;
          throw new Error("broken");
        },
      });
      await synced();
      expect(calls).to.equal(2);
      expect(log.complaints).to.deep.equal(["change handler failed", "change handler failed"]);
    });
  });

  describe("resumes from the last version", () => {
    beforeEach(() => server.on("list", list([thing("a", "1")], "10")));

    it("after a reset in mid-stream", async () => {
      server.on("watch", watch([{ type: "MODIFIED", object: thing("a", "11", 2) }], "resets"), watch([]));
      begin();
      await nextWatch(2);
      expect(lastWatch().resourceVersion).to.equal("11");
      expect(lists()).to.equal(1);
      expect(reflector.restarts).to.equal(1);
      expect(log.complaints).to.deep.equal([]);
    });

    it("after a reset before the head", async () => {
      server.on("watch", reset, reset, watch([]));
      begin();
      await nextWatch(3);
      expect(lists()).to.equal(1);
    });

    it("of a bookmark too", async () => {
      server.on("watch", watch([bookmark("50")], "resets"), watch([]));
      begin();
      await nextWatch(2);
      expect(lastWatch().resourceVersion).to.equal("50");
    });

    it("after the server ended the watch in time, without delay or complaint", async () => {
      server.on(
        "watch",
        (response) => {
          response.flushHeaders();
          let beats = 0;
          const beat = (): void => {
            beats += 1;
            if (beats > 5) response.end();
            else response.write(`${JSON.stringify(bookmark("20"))}\n`);
            if (beats <= 5) clock.after(60_000, beat);
          };
          beat();
        },
        watch([]),
      );
      begin();
      await nextWatch(1);
      await pass(clock, 290_000, 10_000);
      expect(watches()).to.equal(1);
      await clock.advanceAsync(20_000);
      await eventually("the next watch", () => watches() === 2);
      expect(lastWatch().resourceVersion).to.equal("20");
      expect(log.complaints).to.deep.equal([]);
    });

    it("after 500, 503 and 429 with Retry-After", async () => {
      server.on(
        "watch",
        status(500, "InternalError"),
        status(503, "ServiceUnavailable"),
        status(429, "TooManyRequests", { "retry-after": "60" }),
        watch([]),
      );
      begin();
      await nextWatch(3);
      await pass(clock, 55_000, 1_000);
      expect(watches()).to.equal(3);
      await nextWatch(4);
      expect(lists()).to.equal(1);
    });

    it("after a head that never came", async () => {
      server.on("watch", hang, watch([]));
      begin();
      await nextWatch(1);
      await pass(clock, 29_000, 1_000);
      expect(watches()).to.equal(1);
      await nextWatch(2);
    });

    it("after an error event other than 410, and says so if it persists", async () => {
      const error = { type: "ERROR", object: { kind: "Status", code: 500, message: "etcd is unhappy" } };
      server.on("watch", watch([bookmark("12"), error]), watch([error]));
      begin();
      await nextWatch(2);
      expect(lastWatch().resourceVersion).to.equal("12");
      expect(lists()).to.equal(1);
      await eventually("a complaint", () => log.complaints.length > 0, { clock });
      expect(log.lines.find(({ level }) => level === "warn")?.fields.problem).to.equal(
        "cannot watch things.example.org: 500 etcd is unhappy",
      );
    });

    it("after 150 s without event or bookmark, and not sooner", async () => {
      server.on("watch", watch([bookmark("12")]), watch([]));
      begin();
      await eventually("the bookmark", () => reflector.lastEventAgeMs === 0);
      await nextWatch(1);
      await pass(clock, 148_000, 2_000);
      expect(watches()).to.equal(1);
      await nextWatch(2);
      expect(lastWatch().resourceVersion).to.equal("12");
      expect(lists()).to.equal(1);
      await eventually("the silent connection is closed", () => server.open.size === 1);
    });

    it("after 150 s in which bytes came but no line", async () => {
      server.on("watch", watch([bookmark("12")], "resets"), trickle("x"), watch([]));
      begin();
      await nextWatch(2);
      await pass(clock, 200_000, 10_000);
      await nextWatch(3);
    });
  });

  describe("reads everything again", () => {
    const relisted = { resourceVersion: "12", resourceVersionMatch: "NotOlderThan" };
    const modified = { type: "MODIFIED", object: thing("a", "12", 2) };

    beforeEach(() => {
      server.on(
        "list",
        list([thing("a", "1"), thing("b", "2"), thing("c", "3")], "10"),
        list(
          [
            thing("a", "12", 2),
            thing("b", "15", 3),
            { ...thing("d", "16"), metadata: { ...thing("d", "16").metadata, uid: "other" } },
          ],
          "20",
        ),
      );
    });

    for (const [what, answer] of [
      ["a 410 answer", status(410, "Expired")],
      ["a 410 event", watch([{ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } }])],
      ["a line that is not JSON", watch(["{"])],
      ["a line without an object", watch([{ type: "ADDED" }])],
      ["an event of an unknown type", watch([{ type: "MOVED", object: thing("a", "13") }])],
      ["a line beyond all bounds", trickle("x".repeat(1_000))],
    ] as const) {
      it(`after ${what}, and tells only the differences, deletions among them`, async () => {
        server.on("watch", watch([modified], "resets"), answer, watch([]));
        begin();
        await nextWatch(3);
        expect(server.seen("list").at(-1)?.query).to.include(relisted);
        expect(lists()).to.equal(2);
        expect(lastWatch().resourceVersion).to.equal("20");
        expect(told().slice(3)).to.deep.equal([
          "ns/a 1 -> 2",
          "ns/b 1 -> 3",
          "ns/d none -> 1",
          "ns/c 1 -> none",
        ]);
        expect(reflector.synced).to.equal(true);
      });
    }

    it("from etcd if the server has not that version, as after a restore from a backup", async () => {
      const tooLarge = { details: { causes: [{ reason: "ResourceVersionTooLarge" }] } };
      server.on("list", list([], "10"), status(504, "Timeout", {}, tooLarge), list([thing("z", "1")], "3"));
      server.on("watch", status(410, "Expired"), watch([]));
      begin();
      await nextWatch(2);
      expect(server.seen("list").at(-1)?.query).to.deep.equal({ limit: "500" });
      expect(lastWatch().resourceVersion).to.equal("3");
    });

    it("from the start if a page's token has expired", async () => {
      server.on(
        "list",
        list([thing("a", "1")], "10", "more"),
        status(410, "Expired"),
        list([thing("b", "2")], "11"),
      );
      begin();
      await synced();
      expect([...reflector.store.values()].map(({ metadata }) => metadata.name)).to.deep.equal(["b"]);
    });

    it("if a resumed watch brings nothing at all for 150 s", async () => {
      begin();
      await nextWatch(1);
      await pass(clock, 155_000, 5_000);
      await nextWatch(2);
      expect(lists()).to.equal(2);
    });

    it("as seen when an object was deleted and made again: one change, two uids", async () => {
      const again = { ...thing("a", "18"), metadata: { ...thing("a", "18").metadata, uid: "second" } };
      server.on("list", list([thing("a", "1")], "10"), list([again], "20"));
      server.on("watch", status(410, "Expired"), watch([]));
      begin();
      await nextWatch(2);
      expect(changes.length).to.equal(2);
      expect(changes[1]?.previous?.metadata.uid).to.equal("uid-a");
      expect(changes[1]?.current?.metadata.uid).to.equal("second");
    });
  });

  describe("spares the server", () => {
    it("a storm of clean ends", async () => {
      server.on("list", list([], "10"));
      server.on("watch", watch([], "ends"));
      begin();
      await synced();
      await pass(clock, 120_000, 250);
      expect(watches()).to.be.within(8, 20);
      expect(reflector.problem).to.match(/is closed by the server again and again/);
    });

    it("a storm of 410", async () => {
      server.on("list", list([], "10"));
      server.on("watch", status(410, "Expired"));
      begin();
      await synced();
      await pass(clock, 120_000, 250);
      expect(lists()).to.be.within(8, 20);
    });

    it("a storm of refused connections, and notices when they are accepted", async () => {
      server.on("list", reset);
      begin();
      await pass(clock, 120_000, 250);
      expect(lists()).to.be.within(8, 20);
      expect(reflector.synced).to.equal(false);
      expect(log.complaints).to.deep.equal(["kind became unreadable"]);
      server.on("list", list([], "10"));
      await synced();
      expect(reflector.problem).to.equal(undefined);
    });
  });

  describe("tells what is wrong", () => {
    it("when a kind does not exist yet, once, and recovers by itself", async () => {
      server.on("list", status(404, "NotFound"));
      begin();
      expect(reflector.problem).to.equal("things.example.org have not been read yet");
      await eventually("several lists", () => lists() >= 5, { clock });
      expect(reflector.problem).to.equal(
        "cannot list things.example.org: the API server does not know this kind; install its CustomResourceDefinition",
      );
      expect(log.complaints).to.deep.equal(["kind became unreadable"]);
      server.on("list", list([thing("a", "1")], "10"));
      await synced();
      expect(reflector.problem).to.equal(undefined);
      expect(log.lines.map(({ event }) => event)).to.include("kind became readable again");
    });

    it("when RBAC forbids it: verb, resource and account", async () => {
      const message =
        'things.example.org is forbidden: User "system:serviceaccount:x:y" cannot watch resource "things"';
      server.on("list", list([], "10"));
      server.on("watch", status(403, "Forbidden", {}, { message }));
      begin();
      await eventually("several watches", () => watches() >= 4, { clock });
      expect(reflector.problem).to.equal(
        "cannot watch things.example.org: forbidden; give system:serviceaccount:x:y this right by RBAC",
      );
      const complaints = log.lines.filter(({ level }) => level === "warn");
      expect(complaints.map(({ fields }) => fields.account)).to.deep.equal(["system:serviceaccount:x:y"]);
      expect(lists()).to.equal(1);
    });

    it("when a kind is removed: its objects leave one by one, and those of its successor come", async () => {
      server.on("list", list([thing("a", "1")], "10"), status(404, "NotFound"));
      server.on(
        "watch",
        watch([{ type: "DELETED", object: thing("a", "11") }], "ends"),
        status(404, "NotFound"),
      );
      begin();
      await eventually("the problem", () => /does not know/.test(reflector.problem ?? ""), { clock });
      expect(told()).to.deep.equal(["ns/a none -> 1", "ns/a 1 -> none"]);
      expect(reflector.synced).to.equal(true);
      server.on("list", list([thing("b", "21")], "30"));
      server.on("watch", watch([bookmark("31")]));
      await eventually("the new kind", () => reflector.problem === undefined, { clock });
      expect(told().at(-1)).to.equal("ns/b none -> 1");
    });

    it("as metrics", async () => {
      server.on("list", list([thing("a", "1")], "10"));
      server.on("watch", watch(["{"], "resets"), watch([]));
      begin();
      await nextWatch(2);
      const text = await metrics.text();
      expect(text).to.match(/fairlead_watch_synced\{resource="things.example.org"\} 1/);
      expect(text).to.match(/fairlead_watch_objects\{resource="things.example.org"\} 1/);
      expect(text).to.match(/fairlead_watch_malformed_events_total\{resource="things.example.org"\} 1/);
      expect(text).to.match(
        /fairlead_watch_restarts_total\{resource="things.example.org",cause="malformed"\} 1/,
      );
      expect(text).to.match(/fairlead_watch_last_event_age_seconds\{/);
    });
  });

  describe("starts and stops", () => {
    it("is begun once, however often it is started", async () => {
      server.on("list", list([], "10"));
      begin();
      reflector.start();
      await nextWatch(1);
      reflector.start();
      await pass(clock, 10_000, 1_000);
      expect([lists(), watches()]).to.deep.equal([1, 1]);
    });

    it("stops during the first list, for good", async () => {
      let answer = (): void => {};
      const gate = new Promise<void>((resolve) => {
        answer = resolve;
      });
      server.on("list", after(gate, list([thing("a", "1")], "10")));
      begin();
      await eventually("the list", () => lists() === 1);
      await reflector.stop();
      await eventually("the connection is closed", () => server.open.size === 0);
      answer();
      reflector.start();
      await pass(clock, 60_000, 5_000);
      expect([lists(), watches(), changes.length]).to.deep.equal([1, 0, 0]);
      expect(reflector.synced).to.equal(false);
    });

    it("takes nothing from an answer that comes after the stop", async () => {
      let answer = (): void => {};
      const deaf = {
        request: <R>(): Promise<R> =>
          new Promise((resolve) => {
            answer = () => resolve({ metadata: { resourceVersion: "1" }, items: [thing("a", "1")] } as R);
          }),
        stream: (): Promise<void> => Promise.reject(new Error("no watches here")),
      };
      begin({ transport: deaf });
      const stopped = reflector.stop();
      answer();
      await stopped;
      expect([reflector.store.size, reflector.synced, changes.length]).to.deep.equal([0, false, 0]);
    });

    it("stops during a watch, closing it at once, and during a delay", async () => {
      server.on("list", list([], "10"));
      begin();
      await nextWatch(1);
      await reflector.stop();
      await eventually("the connection is closed", () => server.open.size === 0);
      const first = clock.pending;
      server.on("list", status(500, "InternalError"));
      begin();
      await eventually("a failed list", () => reflector.restarts === 1);
      await reflector.stop();
      expect(clock.pending).to.equal(first);
      expect(first).to.equal(0);
    });

    it("lets one wait for the first list, until that is given up", async () => {
      let answer = (): void => {};
      const gate = new Promise<void>((resolve) => {
        answer = resolve;
      });
      server.on("list", after(gate, list([thing("a", "1")], "10")));
      begin();
      const controller = new AbortController();
      const impatient = reflector.whenSynced(controller.signal).catch((error: unknown) => error);
      const patient = reflector.whenSynced(new AbortController().signal);
      controller.abort(new Error("enough"));
      expect(await impatient).to.have.property("message", "enough");
      answer();
      await patient;
      expect(reflector.store.size).to.equal(1);
      const other = new Reflector<Thing>({
        transport,
        resource: things,
        clock,
        random: seededRandom(1),
        log,
        onChange() {},
      });
      const left = other.whenSynced(new AbortController().signal).catch((error: unknown) => error);
      await other.stop();
      expect(await left).to.have.property("message", "the reflector was stopped");
    });
  });
});

function thing(name: string, resourceVersion: string, size = 1): Thing {
  return { metadata: { name, namespace: "ns", uid: `uid-${name}`, resourceVersion }, spec: { size } };
}

function head(parts: {
  apiVersion: string | undefined;
  kind: string | undefined;
}): Pick<Thing, "apiVersion" | "kind"> {
  const { apiVersion = "", kind = "" } = parts;
  return { apiVersion, kind };
}

function bookmark(resourceVersion: string): unknown {
  return { type: "BOOKMARK", object: { kind: "Thing", metadata: { resourceVersion } } };
}

function size(object: Thing | undefined): string {
  return object === undefined ? "none" : String(object.spec?.size);
}
