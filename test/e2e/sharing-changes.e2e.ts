import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { NAMESPACE } from "../install/fairlead.ts";
import { installationReady, installedPods } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments, killLeader, leader, replacePod } from "./support/controllers.ts";
import { eventAbout } from "./support/events.ts";
import { controllerDecides } from "./support/full-pool.ts";
import { advertisement, pool, web } from "./support/objects.ts";
import { rolledOut } from "./support/served.ts";
import { ServiceHistory } from "./support/service-history.ts";
import {
  change,
  expectHolders,
  FAMILY_DIGITS,
  ipOf,
  RANGES,
  recordUids,
  served,
  sharedOutcomes,
  sharer,
  terms,
} from "./support/sharers.ts";
import { announcer, apply, noneHeld, paths, reset, virtualIPNameOf } from "./support/steps.ts";

/** For how long a contradiction between holders is taken for a change that is still going on. */
const GRACE_MS = 6000;
/** By then everything that was to happen after it has happened. */
const AFTER_GRACE_MS = GRACE_MS + 15_000;

describe("holders of a shared address", () => {
  let lab: Lab;
  let history: ServiceHistory | undefined;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await controllerArguments(lab, `--gone-grace-seconds=${GRACE_MS / 1000}`);
    await apply(lab, web(), advertisement("all", {}));
    await rolledOut(lab, "web");
  });
  after(async () => {
    await controllerArguments(lab);
    await reset(lab);
  });
  beforeEach(() => apply(lab, pool("lan", { addresses: RANGES })));
  afterEach(async () => {
    await history?.end();
    history = undefined;
    await lab.kubectl(["delete", "services", "-A", "-l", "fairlead-e2e", "--wait=true"]);
    await lab.kubectl(["delete", "ippool", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
  });

  const versionOf = async (name: string): Promise<string | undefined> =>
    (await lab.api.get<Service>(paths.service(name))).metadata.resourceVersion;

  describe("when one of them changes", () => {
    const GROUPS = ["k", "p", "q"];

    /** Three groups of two on the first three addresses: `ka` and `kb`, `pa` and `pb`, `qa` and `qb`. */
    async function groups(): Promise<void> {
      for (const key of GROUPS) {
        await apply(lab, ...sharer(`${key}a`, { key }), ...sharer(`${key}b`, { key, port: 81 }));
      }
      await sharedOutcomes(lab, { ka: 200, kb: 200, pa: 201, pb: 201, qa: 202, qb: 202 });
      await settled(lab, 1000);
    }

    const each = (suffix: string): readonly string[] =>
      GROUPS.flatMap((key) => FAMILY_DIGITS.map((digit) => `${key}${suffix}-${digit}`));

    it("its key, its policy or its ports, the others are left alone, and it gets another address after a grace, which is secured first", async () => {
      await groups();
      const uids = await recordUids(lab, 200, 201, 202);
      const versions = await Promise.all(each("a").map(versionOf));
      history = await ServiceHistory.begin(lab);
      const audit = new Audit(lab);
      const changedMs = performance.now();
      await change(lab, "kb", { key: "j", port: 81 });
      await change(lab, "pb", { key: "p", port: 81, local: true });
      await change(lab, "qb", { key: "q", port: 80 });
      const moved = await lab.waitFor(
        "each that changed has an address of its own",
        async (see) => {
          const seen = new Map(each("b").map((name) => [name, history?.addresses(name) ?? []]));
          see(Object.fromEntries(seen));
          return [...seen.values()].every((states) => states.length > 1) && seen;
        },
        { deadlineMs: AFTER_GRACE_MS },
      );
      await settled(lab, 1500);
      const fresh = [...moved.values()].map((states) => states[1] ?? "");
      expect(new Set(fresh).size, "addresses of their own").to.equal(6);
      for (const [name, states] of moved) {
        expect(states, `${name} never was without one`).to.have.length(2).and.not.to.include("");
        const afterMs = (history.movedAtMs(name) ?? 0) - changedMs;
        expect(afterMs, `${name} moved`).to.be.at.least(GRACE_MS - 50);
        const [from = "", to = ""] = states;
        const steps = audit.writes
          .filter(({ component }) => component === "controller")
          .map(({ verb, resource, name: written }) => `${verb} ${resource} ${written}`);
        const order = [
          `create virtualips ${virtualIPNameOf(to)}`,
          `patch services/status ${name}`,
          `update virtualips ${virtualIPNameOf(from)}`,
        ].map((step) => steps.indexOf(step));
        expect(order, `${name} in ${JSON.stringify(steps)}`).to.deep.equal(order.toSorted((a, b) => a - b));
        expect(order).not.to.include(-1);
      }
      await expectHolders(lab, 200, { ka: terms("k", 80) });
      await expectHolders(lab, 201, { pa: terms("p", 80) });
      await expectHolders(lab, 202, { qa: terms("q", 80) });
      expect(await recordUids(lab, 200, 201, 202)).to.deep.equal(uids);
      expect(await Promise.all(each("a").map(versionOf)), "the others were not written").to.deep.equal(
        versions,
      );
    });

    it("and the others follow, or it changes back, within the grace, nobody gets another address", async function () {
      this.timeout(240_000);
      await groups();
      const uids = await recordUids(lab, 200, 201, 202);
      history = await ServiceHistory.begin(lab);
      const beganMs = performance.now();
      await change(lab, "ka", { key: "j" });
      await change(lab, "pb", { key: "p", port: 81, local: true });
      await change(lab, "qb", { key: "q", port: 80 });
      await pause(1000);
      await change(lab, "kb", { key: "j", port: 81 });
      await change(lab, "pa", { key: "p", local: true });
      await change(lab, "qb", { key: "q", port: 81 });
      expect(performance.now() - beganMs, "the second changes came within the grace").to.be.below(GRACE_MS);
      await settled(lab, GRACE_MS + 2000);
      await history.caughtUp();
      for (const name of [...each("a"), ...each("b")])
        expect(history.addresses(name), name).to.have.length(1);
      await sharedOutcomes(lab, { ka: 200, kb: 200, pa: 201, pb: 201, qa: 202, qb: 202 });
      expect(await recordUids(lab, 200, 201, 202)).to.deep.equal(uids);
      const local = { backend: "app=web" };
      await expectHolders(lab, 200, { ka: terms("j", 80), kb: terms("j", 81) });
      await expectHolders(lab, 201, { pa: terms("p", 80, local), pb: terms("p", 81, local) });
      await expectHolders(lab, 202, { qa: terms("q", 80), qb: terms("q", 81) });
    });

    it("and nothing else is free, it keeps the address and is told, but lets go of it where its ports clash", async () => {
      const full = (name: string, more: readonly number[] = []) =>
        pool(name, {
          addresses: FAMILY_DIGITS.flatMap((digit) =>
            [name === "key" ? 220 : 221, ...more].map((last) => ipOf(digit, last)),
          ),
          autoAssign: false,
        });
      await apply(lab, full("key"), full("ports"));
      const [key, clash] = [{ pool: "key" }, { pool: "ports" }];
      await apply(
        lab,
        ...sharer("ka", key),
        ...sharer("kb", { ...key, port: 81 }),
        ...sharer("qa", { ...clash, key: "q" }),
        ...sharer("qb", { ...clash, key: "q", port: 81 }),
      );
      await sharedOutcomes(lab, { ka: 220, kb: 220, qa: 221, qb: 221 });
      const uids = await recordUids(lab, 220, 221);
      await settled(lab, 1000);
      const audit = new Audit(lab);
      await change(lab, "kb", { ...key, port: 81, key: "j" });
      await change(lab, "qb", { ...clash, key: "q", port: 80 });
      const told = await sharedOutcomes(
        lab,
        { ka: 220, kb: "220 SharingConflict", qa: 221, qb: "PoolExhausted" },
        AFTER_GRACE_MS,
      );
      for (const digit of FAMILY_DIGITS) {
        expect(told[`kb-${digit}`]).to.contain(
          `default/ka-${digit} holds it under the sharing key "k", not "j"`,
        );
        const shares = `may not share ${ipOf(digit, 221)}, since default/qa-${digit} holds it and uses port TCP/80 too`;
        expect(told[`qb-${digit}`]).to.contain(shares);
        const note = await eventAbout(lab, "Service", `qb-${digit}`, "PoolExhausted");
        expect(note).to.contain(`It may not share ${ipOf(digit, 221)} any more, since default/qa-${digit}`);
      }
      await settled(lab, 1500);
      for (const name of FAMILY_DIGITS.flatMap((digit) => [`kb-${digit}`, `qb-${digit}`]))
        expect(
          audit.writes.filter((write) => write.name === name),
          name,
        ).to.have.length(1);
      await expectHolders(lab, 221, { qa: terms("q", 80) });
      expect(await served(lab, ipOf("4", 221), 80)).to.match(/^web-/);
      await apply(lab, full("key", [222]), full("ports", [223]));
      await sharedOutcomes(lab, { ka: 220, kb: 222, qa: 221, qb: 223 });
      expect(await recordUids(lab, 220, 221)).to.deep.equal(uids);
    });
  });

  describe("when their pool gives their address up", () => {
    it("they are renumbered together, each with its old address until the new one is there", async () => {
      const lan = (first: number) =>
        pool("lan", {
          addresses: FAMILY_DIGITS.map((digit) => `${ipOf(digit, first)}-${ipOf(digit, 209)}`),
          onInvalid: "Renumber",
        });
      await apply(lab, lan(200), ...sharer("a"), ...sharer("b", { port: 81 }), ...sharer("c", { port: 82 }));
      await sharedOutcomes(lab, { a: 200, b: 200, c: 200 });
      await settled(lab, 1000);
      history = await ServiceHistory.begin(lab);
      await apply(lab, lan(205));
      await sharedOutcomes(lab, { a: 205, b: 205, c: 205 }, AFTER_GRACE_MS);
      await settled(lab, 1500);
      await history.caughtUp();
      for (const digit of FAMILY_DIGITS)
        for (const name of ["a", "b", "c"])
          expect(history.addresses(`${name}-${digit}`)).to.deep.equal([ipOf(digit, 200), ipOf(digit, 205)]);
      await expectHolders(lab, 205, { a: terms("k", 80), b: terms("k", 81), c: terms("k", 82) });
    });
  });

  describe("when one of them goes", () => {
    it("by deletion or by its type, it stays with the others, who are not written", async () => {
      await apply(
        lab,
        ...sharer("stays"),
        ...sharer("deleted", { port: 81 }),
        ...sharer("changed", { port: 82 }),
      );
      await sharedOutcomes(lab, { stays: 200, deleted: 200, changed: 200 });
      const uids = await recordUids(lab, 200);
      const names = FAMILY_DIGITS.map((digit) => `stays-${digit}`);
      const versions = await Promise.all(names.map(versionOf));
      await lab.kubectl(["delete", "service", "deleted-4", "deleted-6"]);
      for (const digit of FAMILY_DIGITS)
        await lab.kubectl(["patch", "service", `changed-${digit}`, "-p", '{"spec":{"type":"ClusterIP"}}']);
      await settled(lab, 1500);
      await expectHolders(lab, 200, { stays: terms("k", 80) });
      expect(await recordUids(lab, 200)).to.deep.equal(uids);
      expect(await Promise.all(names.map(versionOf))).to.deep.equal(versions);
      for (const digit of FAMILY_DIGITS) expect(await served(lab, ipOf(digit, 200), 80)).to.match(/^web-/);
      await apply(lab, ...sharer("next", { port: 81 }));
      await sharedOutcomes(lab, { next: 200 });
    });
  });

  describe("over restarts", () => {
    const ROUNDS = ["crash", "delete", "crash", "delete both", "delete"] as const;

    /** Has another controller begin anew, and waits until it has decided upon something. */
    async function restart(how: (typeof ROUNDS)[number], round: number): Promise<void> {
      if (how === "crash") await replacePod(lab, (await killLeader(lab)).pod);
      const doomed = how === "delete both" ? await installedPods(lab, "controller") : [];
      const names = how === "delete" ? [await leader(lab)] : doomed.map(({ name }) => name);
      if (names.length > 0) await lab.kubectl(["-n", NAMESPACE, "delete", "pod", ...names]);
      await controllerDecides(lab, `round-${round}`);
      await installationReady(lab);
    }

    it("everybody keeps what they have, two groups of one key too, while others wait for their addresses", async function () {
      this.timeout(300_000);
      await apply(
        lab,
        pool("lan", { addresses: FAMILY_DIGITS.flatMap((digit) => [ipOf(digit, 200), ipOf(digit, 201)]) }),
        pool("one", { addresses: FAMILY_DIGITS.map((digit) => ipOf(digit, 220)), autoAssign: false }),
        pool("spare", { addresses: ["198.51.100.210-198.51.100.219"], autoAssign: false }),
      );
      await apply(
        lab,
        ...sharer("a"),
        ...sharer("b", { port: 81 }),
        ...sharer("c"),
        ...sharer("d", { port: 82 }),
      );
      const shared = { a: 200, b: 200, c: 201, d: 200 };
      await sharedOutcomes(lab, shared);
      await apply(lab, ...sharer("waits", { key: "" }), ...sharer("waits-too", { key: "" }));
      const own = { pool: "one", key: "x" };
      await apply(lab, ...sharer("x", own), ...sharer("y", { ...own, port: 81 }));
      await sharedOutcomes(lab, { x: 220, y: 220 });
      await change(lab, "y", { ...own, port: 81, key: "z" });
      const waiting = { waits: "PoolExhausted", "waits-too": "PoolExhausted" };
      const all = { ...shared, ...waiting, x: 220, y: "220 SharingConflict" };
      await sharedOutcomes(lab, all, AFTER_GRACE_MS);
      for (const digit of FAMILY_DIGITS) await announcer(lab, virtualIPNameOf(ipOf(digit, 201)));
      await settled(lab);
      const names = FAMILY_DIGITS.flatMap((digit) => Object.keys(all).map((name) => `${name}-${digit}`));
      const statuses = async (): Promise<readonly string[]> =>
        Promise.all(
          names.map(async (name) => JSON.stringify((await lab.api.get<Service>(paths.service(name))).status)),
        );
      const before = await statuses();
      const audit = new Audit(lab);
      for (const [round, how] of ROUNDS.entries()) {
        await restart(how, round);
        expect(await statuses(), `round ${round}: ${how}`).to.deep.equal(before);
      }
      await settled(lab);
      expect(await statuses()).to.deep.equal(before);
      const records = FAMILY_DIGITS.flatMap((digit) =>
        [200, 201].map((last) => virtualIPNameOf(ipOf(digit, last))),
      );
      expect(audit.writes.filter(({ name }) => [...names, ...records].includes(name))).to.deep.equal([]);
      await sharedOutcomes(lab, all);
    });

    it("a key that has no holder any more leads nobody to an address that has become somebody else's", async function () {
      this.timeout(240_000);
      await apply(lab, pool("spare", { addresses: ["198.51.100.210-198.51.100.219"], autoAssign: false }));
      await apply(lab, ...sharer("a"));
      await sharedOutcomes(lab, { a: 200 });
      await lab.kubectl(["delete", "service", "a-4", "a-6"]);
      await apply(lab, ...sharer("c", { key: "", asksFor: 200 }));
      await sharedOutcomes(lab, { c: 200 });
      await apply(lab, ...sharer("d", { port: 81 }));
      await sharedOutcomes(lab, { d: 201 });
      await restart("delete", 0);
      await apply(lab, ...sharer("e", { port: 82 }), ...sharer("f", { port: 83, asksFor: 200 }));
      await sharedOutcomes(lab, { c: 200, d: 201, e: 201, f: "AddressTaken" });
      await expectHolders(lab, 200, { c: undefined });
    });
  });
});
