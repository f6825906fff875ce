import { setTimeout as pause } from "node:timers/promises";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { expect } from "chai";
import type { Attempt } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { Audit, type AuditedRequest, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { accepted, controllerArguments } from "./support/controllers.ts";
import { DUAL_STACK } from "./support/held.ts";
import { clear, gone } from "./support/keepings.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { ATTEMPT_MS } from "./support/onlookers.ts";
import { outcomes } from "./support/outcomes.ts";
import { rolledOut } from "./support/served.ts";
import { recordOf } from "./support/sharers.ts";
import { announcer, apply, merge, page, paths, reset, urlOf, virtualIPNameOf } from "./support/steps.ts";

/** For how long a pool that is gone, or an address that is not valid any more, is waited for. */
const GRACE_MS = 3000;
const POOLS = "/apis/fairlead.dev/v1beta1/ipaddresspools";
/** Within the grace, and long enough for a controller that waited for nothing to have acted. */
const MOMENT_MS = 1000;
/** How often a client asks. */
const EVERY_MS = 50;

const RENUMBER = { onInvalid: "Renumber" };

/** Addresses of the LAN by their last digits, the same in both families: `range(200, 203)`. */
const range = (first: number, last = first): readonly string[] => [
  `198.51.100.${first}-198.51.100.${last}`,
  `2001:db8:10::${first}-2001:db8:10::${last}`,
];
const both = (last: number): readonly string[] => [`198.51.100.${last}`, `2001:db8:10::${last}`];
/** What a Service of both families has if it has the addresses that end so. */
const pair = (last: number): string => both(last).join(" ");

/** A Service of both families that asks for a pool by nothing but its labels. */
const dual = (name: string, more: { readonly labels?: Readonly<Record<string, string>> } = {}): Manifest =>
  service(name, { ...more, spec: DUAL_STACK });

const asking = (name: string, last: number): Manifest =>
  service(name, {
    annotations: { "fairlead.dev/loadBalancerIPs": both(last).join() },
    spec: DUAL_STACK,
  });

describe("a change of pools", () => {
  let lab: Lab;
  let probings: Probing[] = [];

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await controllerArguments(lab, `--gone-grace-seconds=${GRACE_MS / 1000}`);
    await apply(lab, web(), advertisement("all", {}));
    await rolledOut(lab, "web");
  });
  after(async () => {
    await controllerArguments(lab);
    await clear(lab);
    await reset(lab);
  });
  afterEach(async () => {
    await Promise.all(probings.map((probing) => probing.stop()));
    probings = [];
    await clear(lab);
  });

  /** What may not change of those who hold these addresses. */
  const records = (held: Readonly<Record<string, string>>): Promise<readonly object[]> =>
    Promise.all(
      Object.values(held)
        .flatMap((ips) => ips.split(" "))
        .map(async (ip) => {
          const { metadata, spec, status } = await recordOf(lab, ip);
          const { services, placement } = spec;
          return { uid: metadata.uid, services, placement, announcers: status?.announcers };
        }),
    );

  /** Waits until each has these addresses and answers for them. */
  const settledWith = async (held: Readonly<Record<string, string>>): Promise<void> => {
    await outcomes(lab, held);
    for (const ip of Object.values(held).flatMap((ips) => ips.split(" ")))
      await announcer(lab, virtualIPNameOf(ip));
    await settled(lab, 1500);
  };

  const poolsOf = async (held: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(held).map(async ([name, ips]) => {
          const found = await Promise.all(ips.split(" ").map((ip) => recordOf(lab, ip)));
          return [name, [...new Set(found.map(({ spec }) => spec.pool))].join()] as const;
        }),
      ),
    );

  const invalid = (name: string, count: string | undefined): Promise<boolean> =>
    lab.waitFor(`pool ${name} counts ${count} invalid addresses`, async (see) => {
      const { status } = await lab.api.get<IPAddressPool>(paths.pool(name));
      see(status);
      return status?.ipv4 !== undefined && status.invalid === count;
    });

  const given = (name: string, addresses: readonly string[]): Promise<void> =>
    merge(lab, paths.pool(name), { spec: { addresses } });

  const made = (manifest: Manifest): Promise<void> => accepted(lab, "POST", POOLS, { body: manifest });

  describe("moves nobody", () => {
    it("when a range goes from one pool to another in two steps, a pool gets another name, or one is deleted and made again", async function () {
      this.timeout(240_000);
      await apply(
        lab,
        pool("from", { addresses: range(200, 203), ...RENUMBER }),
        pool("into", { addresses: range(220), ...RENUMBER }),
        pool("old-name", { addresses: range(205, 206), ...RENUMBER }),
        pool("comes-back", { addresses: range(208, 209), ...RENUMBER }),
        pool("edited", { addresses: range(211, 212), ...RENUMBER }),
        // Where everybody would go who is renumbered.
        pool("spare", { addresses: range(230, 239) }),
      );
      const held = {
        "goes-first": pair(200),
        "comes-first": pair(201),
        stays: pair(202),
        renamed: pair(205),
        back: pair(208),
        undone: pair(211),
      };
      const lasts = [200, 201, 202, 205, 208, 211];
      await apply(lab, ...Object.keys(held).map((name, i) => asking(name, lasts[i] ?? 0)));
      await settledWith(held);
      await apply(lab, ...Object.keys(held).map((name) => dual(name)));
      const before = await records(held);
      // Taken out here first, put in there a moment later; and the other way round. Not by kubectl, which may take longer than a moment.
      const takenMs = Date.now();
      await given("from", range(201, 203));
      await given("edited", range(212));
      for (const name of ["old-name", "comes-back"]) await accepted(lab, "DELETE", paths.pool(name));
      await pause(MOMENT_MS);
      await given("into", [...range(220), ...range(200), ...range(201)]);
      await given("edited", range(211, 212));
      await made(pool("new-name", { addresses: range(205, 206), ...RENUMBER }));
      await made(pool("comes-back", { addresses: range(208, 209), ...RENUMBER }));
      expect(Date.now() - takenMs, "put in again in time").to.be.below(GRACE_MS);
      await pause(MOMENT_MS);
      await apply(lab, pool("from", { addresses: range(202, 203), ...RENUMBER }));
      await pause(2 * GRACE_MS);
      await outcomes(lab, held);
      expect(await records(held)).to.deep.equal(before);
      expect(await poolsOf(held)).to.deep.equal({
        "goes-first": "into",
        "comes-first": "into",
        stays: "from",
        renamed: "new-name",
        back: "comes-back",
        undone: "edited",
      });
      for (const ip of both(205)) await page(lab, "client-1", ip);
    });

    it("whose address is valid no more unless its pool says so: it is told, counted, and mended with the pool", async function () {
      this.timeout(120_000);
      const gold = { serviceAllocation: { serviceSelectors: [{ matchLabels: { tier: "gold" } }] } };
      const whole = pool("lan", { addresses: range(200, 205) });
      const tiered = pool("tiered", { addresses: range(210, 211) });
      const doomed = pool("doomed", { addresses: range(215) });
      await apply(lab, whole, tiered, doomed, pool("spare", { addresses: range(230, 239) }));
      const held = {
        valid: pair(200),
        outside: pair(205),
        "left-out": pair(202),
        unwelcome: pair(210),
        orphan: pair(215),
      };
      await apply(
        lab,
        ...[asking("valid", 200), asking("outside", 205), asking("left-out", 202)],
        ...[asking("unwelcome", 210), asking("orphan", 215)],
      );
      await settledWith(held);
      await apply(lab, ...Object.keys(held).map((name) => dual(name)));
      const before = await records(held);
      await apply(
        lab,
        pool("lan", { addresses: range(200, 204), exclude: both(202) }),
        pool("tiered", { addresses: range(210, 211), ...gold }),
      );
      await lab.kubectl(["delete", "ippool", "doomed"]);
      const kept = (name: keyof typeof held): string => `${held[name]} KeptOutsidePools`;
      const told = await outcomes(lab, {
        valid: held.valid,
        outside: kept("outside"),
        "left-out": kept("left-out"),
        unwelcome: kept("unwelcome"),
        orphan: kept("orphan"),
      });
      expect(told.outside)
        .to.contain('No pool has 198.51.100.205 any more (it came from pool "lan")')
        .and.to.contain('No pool has 2001:db8:10::205 any more (it came from pool "lan")');
      expect(told["left-out"]).to.contain('Pool "lan" leaves 198.51.100.202 out now (exclude)');
      expect(told.unwelcome).to.contain('Pool "tiered" does not select the Service\'s labels any more');
      expect(told.orphan).to.contain('No pool has 198.51.100.215 any more (it came from pool "doomed")');
      await invalid("lan", "4");
      await pause(2 * GRACE_MS);
      expect(await records(held)).to.deep.equal(before);
      for (const ip of both(205)) await page(lab, "client-1", ip);
      await apply(lab, whole, tiered, doomed);
      await outcomes(lab, held);
      await invalid("lan", undefined);
      expect(await records(held)).to.deep.equal(before);
    });
  });

  describe("renumbers a Service whose address is valid no more if its pool says so", () => {
    it("once that has stood for a while: the new address is there before the old one goes, and no client is without an answer", async function () {
      this.timeout(120_000);
      await apply(lab, pool("lan", { addresses: range(204, 205), ...RENUMBER }), dual("moves"));
      await settledWith({ moves: pair(204) });
      for (const ip of both(204)) await page(lab, "client-1", ip);
      const asked = new Map<string, Probing>();
      for (const last of [204, 205]) {
        for (const ip of both(last)) {
          const question = { kind: "http", url: urlOf(ip) } as const;
          const probing = await lab.probe("client-1", question, { everyMs: EVERY_MS, timeoutMs: ATTEMPT_MS });
          probings.push(probing);
          asked.set(ip, probing);
        }
      }
      const audit = new Audit(lab);
      const changedMs = Date.now();
      await given("lan", range(205, 205));
      const { moves } = await outcomes(lab, { moves: `${pair(204)} KeptOutsidePools` });
      expect(moves).to.match(/keeps it until it gets another one \(onInvalid: Renumber\)/);
      await outcomes(lab, { moves: pair(205) });
      for (const ip of both(204)) await gone(lab, ip);
      for (const ip of both(205)) await page(lab, "client-1", ip);
      await settled(lab, 1500);
      for (const index of [0, 1]) {
        const [old = "", fresh = ""] = [204, 205].map((last) => both(last)[index] ?? "");
        const order = orderOf(audit, old, fresh);
        expect(order.map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([
          "create virtualips",
          "patch services/status",
          "delete virtualips",
        ]);
        expect(order[0]?.atMs).to.be.at.least(changedMs + GRACE_MS - 500);
        const before = (await asked.get(old)?.stop()) ?? [];
        const after = (await asked.get(fresh)?.stop()) ?? [];
        const toldMs = order[1]?.atMs ?? Number.POSITIVE_INFINITY;
        const endedMs = before.find(({ ok }) => !ok)?.startedAtMs ?? Number.POSITIVE_INFINITY;
        expect(endedMs, `${old} answers until the Service says ${fresh}`).to.be.above(toldMs - EVERY_MS);
        // How long that is, is up to the kube-proxies: one forgets the old address when it is told, another learns the
        // new one in its own time.
        const gapMs = begunMs(after) - endedMs;
        console.log(
          `      ${old} and ${fresh}: ${gapMs.toFixed(0)} ms from the last of one to the first of the other`,
        );
        expect(gapMs).to.be.below(Number.POSITIVE_INFINITY);
      }
    });

    it("also one that its pool leaves out or admits no more; if there is no other address it keeps its own, is told, and gets one later", async function () {
      this.timeout(120_000);
      const home = (name: string) => ({
        serviceAllocation: { serviceSelectors: [{ matchLabels: { home: name } }] },
      });
      const full = { autoAssign: false, ...RENUMBER };
      const lan = { ...home("lan"), ...RENUMBER };
      await apply(
        lab,
        pool("lan", { addresses: range(200, 201), ...lan }),
        pool("tiered", { addresses: range(210, 211), ...home("tiered"), ...RENUMBER }),
        pool("full", { addresses: range(220), ...full }),
        pool("open", { addresses: range(230) }),
      );
      await apply(
        lab,
        dual("left-out", { labels: { home: "lan" } }),
        dual("unwelcome", { labels: { home: "tiered" } }),
        service("stuck", { annotations: FULL, spec: DUAL_STACK }),
      );
      await settledWith({ "left-out": pair(200), unwelcome: pair(210), stuck: pair(220) });
      const stuck = await recordOf(lab, "198.51.100.220");
      await apply(
        lab,
        pool("lan", { addresses: range(200, 201), exclude: both(200), ...lan }),
        pool("tiered", { addresses: range(210, 211), ...home("nobody"), ...RENUMBER }),
        pool("full", { addresses: range(220), exclude: both(220), ...full }),
      );
      await outcomes(lab, { "left-out": pair(201), unwelcome: pair(230) });
      for (const ip of [...both(200), ...both(210)]) await gone(lab, ip);
      const waits = await outcomes(lab, { stuck: `${pair(220)} PoolExhausted` });
      expect(waits.stuck).to.contain('Pool "full" leaves 198.51.100.220 out now (exclude)');
      expect((await recordOf(lab, "198.51.100.220")).metadata.uid).to.equal(stuck.metadata.uid);
      await apply(lab, pool("full", { addresses: range(220, 221), exclude: both(220), ...full }));
      await outcomes(lab, { stuck: pair(221) });
    });
  });
});

const FULL = { "fairlead.dev/address-pool": "full" };

/** What the controller wrote, in its order, to give one address for another. */
function orderOf(audit: Audit, old: string, fresh: string): readonly AuditedRequest[] {
  const names = [virtualIPNameOf(old), virtualIPNameOf(fresh)];
  const steps = audit.writes
    .filter(({ component, code }) => component === "controller" && code < 300)
    .filter(
      ({ verb, resource, name }) =>
        (resource === "virtualips" && /^(create|delete)$/.test(verb) && names.includes(name)) ||
        (resource === "services/status" && name === "moves"),
    );
  const created = steps.findIndex(({ verb }) => verb === "create");
  return steps.slice(created);
}

/** From when on an address answered for good, ms since 1970; infinite if it did not. */
function begunMs(attempts: readonly Attempt[]): number {
  const failed = attempts.findLast(({ ok }) => !ok)?.startedAtMs ?? 0;
  const begun = attempts.find(({ startedAtMs, ok }) => ok && startedAtMs > failed);
  return begun?.startedAtMs ?? Number.POSITIVE_INFINITY;
}
