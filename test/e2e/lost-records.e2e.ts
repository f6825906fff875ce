import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { MANIFESTS } from "../install/fairlead.ts";
import { longestOutageMs } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import type { Probing } from "../lab/reach.ts";
import { settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { eventAbout } from "./support/events.ts";
import { DUAL_STACK } from "./support/held.ts";
import { clear } from "./support/keepings.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { OtherWriter, ownedByUs } from "./support/other-writer.ts";
import { outcomes } from "./support/outcomes.ts";
import { rolledOut } from "./support/served.ts";
import { ServiceHistory } from "./support/service-history.ts";
import { recordOf } from "./support/sharers.ts";
import {
  announcer,
  apply,
  condition,
  merge,
  page,
  paths,
  reset,
  urlOf,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";
import { withoutControllers } from "./support/without-controllers.ts";

/** Addresses of the LAN by their last digits, the same in both families: `range(200, 203)`. */
const range = (first: number, last = first): readonly string[] => [
  `198.51.100.${first}-198.51.100.${last}`,
  `2001:db8:10::${first}-2001:db8:10::${last}`,
];
const both = (last: number): readonly string[] => [`198.51.100.${last}`, `2001:db8:10::${last}`];
const pair = (last: number): string => both(last).join(" ");

const dual = (name: string): Manifest => service(name, { spec: DUAL_STACK });
/** One that shares its addresses with the others of its key. */
const sharing = (name: string, port: number): Manifest =>
  service(name, {
    annotations: { "fairlead.dev/allow-shared-ip": "k" },
    spec: { ...DUAL_STACK, ports: [{ name: "http", port, targetPort: 8080, protocol: "TCP" }] },
  });

/** Who has what in a pool of which nothing is left, and one who waits. */
const HELD = { a: pair(200), b: pair(201), "c-1": pair(202), "c-2": pair(202) };
const HOLDERS: readonly (readonly [number, readonly string[]])[] = [
  [200, ["default/a"]],
  [201, ["default/b"]],
  [202, ["default/c-1", "default/c-2"]],
];
const ALL = { ...HELD, waits: "PoolExhausted" };

describe("records that are lost or wrong", () => {
  let lab: Lab;
  let history: ServiceHistory | undefined;
  let probing: Probing | undefined;
  /** Since when Events are this test's. */
  let begunMs = 0;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, web(), advertisement("all", {}));
    await rolledOut(lab, "web");
  });
  after(async () => {
    await clear(lab);
    await reset(lab);
  });
  beforeEach(() => {
    begunMs = Date.now();
  });
  afterEach(async () => {
    await probing?.stop();
    await history?.end();
    probing = undefined;
    history = undefined;
    await clear(lab);
  });

  /** Makes all of them and waits until nothing changes any more; from then on the Services' history is kept. */
  const fill = async (): Promise<ServiceHistory> => {
    await apply(lab, pool("lan", { addresses: range(200, 202) }));
    await apply(lab, dual("a"), dual("b"), sharing("c-1", 80), sharing("c-2", 81));
    await outcomes(lab, HELD);
    await apply(lab, dual("waits"));
    await outcomes(lab, ALL);
    await everybodyAnswered();
    await settled(lab, 1500);
    history = await ServiceHistory.begin(lab);
    return history;
  };

  const everybodyAnswered = async (): Promise<void> => {
    for (const [last] of HOLDERS) for (const ip of both(last)) await announcer(lab, virtualIPNameOf(ip));
  };

  /** Waits until the records say again who holds what, and expects that no Service has shown anything else at any time. */
  const intact = async (seen: ServiceHistory): Promise<void> => {
    for (const [last, services] of HOLDERS) {
      for (const ip of both(last)) {
        await lab.waitFor(`the record of ${ip} is right`, async (see) => {
          const { spec, status } = await recordOf(lab, ip);
          see({ spec, status });
          const holders = [...spec.services].sort().join();
          return holders === services.join() && spec.pool === "lan" && status?.state === "Bound";
        });
      }
    }
    await outcomes(lab, ALL);
    await everybodyAnswered();
    await seen.caughtUp();
    for (const [name, ips] of Object.entries(HELD)) expect(seen.addresses(name)).to.deep.equal([ips]);
    expect(seen.addresses("waits")).to.deep.equal([""]);
    expect((await virtualIPs(lab)).length).to.equal(2 * HOLDERS.length);
    for (const ip of both(200)) await page(lab, "client-1", ip);
  };

  const edit = async (last: number, spec: object): Promise<void> => {
    for (const ip of both(last)) await merge(lab, paths.virtualIP(virtualIPNameOf(ip)), { spec });
  };

  const repaired = async (last: number): Promise<void> => {
    for (const ip of both(last)) {
      const note = await eventAbout(lab, "VirtualIP", virtualIPNameOf(ip), "RecordRepaired", begunMs);
      expect(note).to.contain(ip).and.to.contain("default/");
    }
  };

  /** Measures for how long a client is without an answer meanwhile. */
  const probed = async (): Promise<() => Promise<number>> => {
    const question = { kind: "http", url: urlOf("198.51.100.200") } as const;
    const started = await lab.probe("client-1", question, { everyMs: 50, timeoutMs: 500 });
    probing = started;
    return async () => {
      probing = undefined;
      return longestOutageMs(await started.stop());
    };
  };

  describe("by somebody's hand are repaired, and no Service is touched:", () => {
    it("other holders, no holders, another pool, another placement", async function () {
      this.timeout(240_000);
      const seen = await fill();
      await edit(200, { services: ["default/b"] });
      await edit(201, { services: ["default/nobody"] });
      await edit(202, { services: ["default/c-1"] });
      await intact(seen);
      await repaired(200);
      await repaired(201);
      const emptied = await lab.api.send("PATCH", paths.virtualIP("198.51.100.200"), {
        body: { spec: { services: [] } },
        contentType: "application/merge-patch+json",
      });
      expect(emptied.status).to.equal(422);
      expect(emptied.text).to.contain("write the namespace and name of a Service in spec.claim");
      await edit(200, { services: [], claim: { namespace: "default", name: "a" } });
      await edit(201, {
        services: [],
        claim: { namespace: "default", name: "b" },
        releasedAt: new Date().toISOString(),
      });
      await edit(202, { services: ["default/c-1", "default/c-2", "default/waits"] });
      await intact(seen);
      await edit(200, { pool: "nowhere" });
      await edit(201, { placement: { nodes: [] } });
      await edit(202, { placement: null });
      await intact(seen);
      await edit(200, { placement: { nodes: ["no-such-node"] } });
      await edit(201, { sharing: [{ service: "default/b", key: "x", ports: ["TCP/1"] }] });
      await intact(seen);
    });

    it("a claim for another Service, also one without holders: the holder keeps the address, and both are told", async () => {
      const seen = await fill();
      const claim = { namespace: "default", name: "waits" };
      await edit(200, { claim });
      await edit(201, { services: [], claim });
      for (const [last, holder] of [
        [200, "default/a"],
        [201, "default/b"],
      ] as const) {
        for (const ip of both(last)) {
          const wanted = { type: "Conflict", status: "True" };
          const { message } = await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), wanted);
          expect(message).to.contain("default/waits").and.to.contain(holder);
        }
      }
      await pause(4000);
      await outcomes(lab, ALL);
      await edit(200, { claim: null });
      await edit(201, { claim: null });
      await intact(seen);
      for (const ip of both(200)) {
        await lab.waitFor(`${ip} has no conflict any more`, async (see) => {
          const { status } = await recordOf(lab, ip);
          see(status);
          return !(status?.conditions ?? []).some(({ type }) => type === "Conflict");
        });
      }
    });
  });

  describe("because they were deleted are made again, and no Service is touched:", () => {
    it("one, and all at once", async () => {
      const seen = await fill();
      const before = await uids();
      const outage = await probed();
      await lab.kubectl(["delete", "vip", ...both(201).map(virtualIPNameOf)]);
      await intact(seen);
      await lab.kubectl(["delete", "vip", "--all"]);
      await intact(seen);
      const after = await uids();
      expect(after.filter((uid) => before.includes(uid))).to.deep.equal([]);
      await repaired(201);
      await repaired(200);
      console.log(`      a client was without an answer for ${(await outage()).toFixed(0)} ms`);
    });

    it("with their kind, which is deleted and made again", async function () {
      this.timeout(240_000);
      const seen = await fill();
      const outage = await probed();
      await lab.kubectl(["delete", "crd", "virtualips.fairlead.dev"], { deadlineMs: 60_000 });
      await pause(2000);
      await lab.kubectl(["apply", "-f", join(MANIFESTS, "crds/fairlead.dev_virtualips.yaml")]);
      await lab.waitFor("there is a record again", async () => (await virtualIPs(lab)).length > 0, {
        deadlineMs: 90_000,
      });
      await intact(seen);
      console.log(`      a client was without an answer for ${(await outage()).toFixed(0)} ms`);
    });

    const uids = async (): Promise<readonly (string | undefined)[]> =>
      (await virtualIPs(lab)).map(({ metadata }) => metadata.uid);
  });

  describe("are found by a controller that starts, which goes by what Services show:", () => {
    it("no records at all", async function () {
      this.timeout(240_000);
      const seen = await fill();
      await withoutControllers(lab, async () => {
        await lab.kubectl(["delete", "vip", "--all"]);
        await apply(lab, dual("came-meanwhile"));
      });
      await intact(seen);
      await outcomes(lab, { "came-meanwhile": "PoolExhausted" });
    });

    it("records that name others, and a Service that shows what is another's", async function () {
      this.timeout(240_000);
      const seen = await fill();
      const other = new OtherWriter(lab);
      await withoutControllers(lab, async () => {
        await edit(200, { services: ["default/b"] });
        await edit(201, { services: ["default/a"] });
        await lab.kubectl(["delete", "vip", ...both(202).map(virtualIPNameOf)]);
        await apply(lab, dual("impostor"));
        await other.patch("impostor", ...both(200));
      });
      await outcomes(lab, { impostor: "PoolExhausted" });
      await intact(seen);
      await repaired(200);
      await repaired(201);
    });

    it("one address without a record that two Services show: the older one has it, the other one gets another", async function () {
      this.timeout(240_000);
      await apply(lab, pool("lan", { addresses: range(200, 202) }), dual("z-older"));
      await outcomes(lab, { "z-older": pair(200) });
      const { metadata } = await lab.api.get<VirtualIP>(paths.service("z-older"));
      await lab.waitFor(
        "the next second",
        () => Date.now() >= Date.parse(metadata.creationTimestamp ?? "") + 1000,
      );
      await apply(lab, dual("a-younger"));
      await outcomes(lab, { "a-younger": pair(201) });
      history = await ServiceHistory.begin(lab);
      const other = new OtherWriter(lab);
      await withoutControllers(lab, async () => {
        await lab.kubectl(["delete", "vip", "--all"]);
        await other.patch("a-younger", ...both(200));
      });
      await outcomes(lab, { "z-older": pair(200), "a-younger": pair(201) });
      expect(history.addresses("z-older")).to.deep.equal([pair(200)]);
      for (const [last, service] of [
        [200, "default/z-older"],
        [201, "default/a-younger"],
      ] as const) {
        for (const ip of both(last)) expect((await recordOf(lab, ip)).spec.services).to.deep.equal([service]);
      }
    });
  });

  it("were never there, as Fairlead comes into a cluster whose Services have addresses: they keep them, and who is in no pool is left alone until one has his", async function () {
    this.timeout(240_000);
    const found = {
      adopted: pair(205),
      closed: pair(210),
      "left-out": pair(203),
      unwelcome: pair(220),
      "shares-1": pair(206),
      "shares-2": pair(206),
      outside: pair(240),
    };
    const other = new OtherWriter(lab);
    await withoutControllers(lab, async () => {
      await apply(
        lab,
        ...["adopted", "closed", "left-out", "unwelcome", "outside"].map(dual),
        ...[sharing("shares-1", 80), sharing("shares-2", 81), dual("new-1"), dual("new-2")],
      );
      for (const [name, ips] of Object.entries(found)) await other.patch(name, ...ips.split(" "));
      history = await ServiceHistory.begin(lab);
      await apply(
        lab,
        pool("lan", { addresses: range(205, 209) }),
        pool("closed", { addresses: range(210), disabled: true }),
        pool("careful", { addresses: range(203), exclude: range(203) }),
        pool("gold", {
          addresses: range(220, 221),
          serviceAllocation: { serviceSelectors: [{ matchLabels: { tier: "gold" } }] },
        }),
      );
    });
    const told = await outcomes(lab, {
      ...found,
      "left-out": `${found["left-out"]} KeptOutsidePools`,
      unwelcome: `${found.unwelcome} KeptOutsidePools`,
      outside: `${found.outside} ForeignAddress`,
      "new-1": pair(207),
      "new-2": pair(208),
    });
    expect(told.outside).to.contain(
      "ts status shows 198.51.100.240 and 2001:db8:10::240, which is in no pool and was not given by Fairlead, so it is left alone; add it to an IPAddressPool to take it over",
    );
    await settled(lab);
    expect(await ownedByUs(lab, "outside")).to.deep.equal(["f:conditions"]);
    const held = (await virtualIPs(lab)).map(({ spec }) => spec.address).sort();
    expect(held).to.deep.equal([203, 205, 206, 207, 208, 210, 220].flatMap(both).sort());
    for (const ip of both(206)) {
      expect([...(await recordOf(lab, ip)).spec.services].sort()).to.deep.equal([
        "default/shares-1",
        "default/shares-2",
      ]);
    }
    for (const ip of both(205)) await page(lab, "client-1", ip);
    await apply(lab, pool("later", { addresses: range(240, 241) }));
    await outcomes(lab, { outside: found.outside });
    for (const ip of both(240)) {
      expect((await recordOf(lab, ip)).spec.services).to.deep.equal(["default/outside"]);
      await announcer(lab, virtualIPNameOf(ip));
      await page(lab, "client-1", ip);
    }
    await history?.caughtUp();
    for (const [name, ips] of Object.entries(found)) expect(history?.addresses(name)).to.deep.equal([ips]);
  });
});
