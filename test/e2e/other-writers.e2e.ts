import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { installedPods, logOf } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { Audit, settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments, leader, otherLeader, replacePod, whilePaused } from "./support/controllers.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import { OTHER_WRITER, OtherWriter, ownedByUs } from "./support/other-writer.ts";
import { outcomes } from "./support/outcomes.ts";
import { rolledOut } from "./support/served.ts";
import { ServiceHistory } from "./support/service-history.ts";
import { RANGES } from "./support/sharers.ts";
import {
  address,
  addressed,
  addressesOf,
  announcer,
  apply,
  condition,
  macOf,
  merge,
  noneHeld,
  page,
  paths,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

const V6 = { ipFamilies: ["IPv6"] };
const OURS = "fairlead.dev/lan";
const ALLOCATED = "fairlead.dev/Allocated";
/** In no pool. */
const FOREIGN = "203.0.113.7";

describe("a Service into which others write too", () => {
  let lab: Lab;
  let other: OtherWriter;

  before(async () => {
    lab = await cluster();
    other = new OtherWriter(lab);
    await reset(lab);
    await apply(lab, pool("lan", { addresses: RANGES }), advertisement("all", {}), web());
    await rolledOut(lab, "web");
  });
  after(() => reset(lab));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-A", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
  });

  const shown = async (name: string): Promise<readonly string[]> =>
    addressesOf(await lab.api.get<Service>(paths.service(name)));

  /** UIDs of the VirtualIPs that a Service holds, with their addresses. */
  const held = async (name: string): Promise<readonly string[]> =>
    (await virtualIPs(lab))
      .filter(({ spec }) => spec.services.includes(`default/${name}`))
      .map(({ metadata, spec }) => `${spec.address} ${metadata.uid}`)
      .sort();

  /** How a Service of this name was written by us since; what came too late for the version that was read has no effect. */
  const writesOf = (audit: Audit, name: string): readonly string[] =>
    audit.writes
      .filter((write) => write.name === name && write.code !== 409)
      .map(({ verb, resource }) => `${verb} ${resource}`);

  describe("in its addresses", () => {
    it("is told who it is, keeps its VirtualIP, is not fought over, and shows ours again when the other lets go", async function () {
      this.timeout(240_000);
      await apply(lab, service("contested", { spec: DUAL_STACK }), service("bystander"));
      const ours = await addressed(lab, "contested", 2);
      await address(lab, "bystander");
      for (const ip of ours) await announcer(lab, virtualIPNameOf(ip));
      await settled(lab);
      const before = await held("contested");
      expect(before).to.have.length(2);
      const audit = new Audit(lab);
      await other.patch("contested", FOREIGN);
      const contested = { type: ALLOCATED, status: "False", reason: "StatusContested" };
      const { message } = await condition(lab, paths.service("contested"), contested);
      expect(message).to.contain(OTHER_WRITER);
      // Of the pool too: what somebody else shows is not taken for what we gave.
      const later = ["198.51.100.209", FOREIGN, "2001:db8:10::209", "198.51.100.208"];
      for (let i = 0; i < 20; i++) {
        const ip = later[i % later.length] ?? FOREIGN;
        if (i % 5 === 4) await other.put("contested", ip);
        else await other.patch("contested", ip);
      }
      const last = later[19 % later.length] ?? FOREIGN;
      const replaced = await leader(lab);
      await replacePod(lab, replaced);
      await otherLeader(lab, replaced);
      await apply(lab, service("decided"));
      await address(lab, "decided");
      await settled(lab);
      expect(await shown("contested")).to.deep.equal([last]);
      expect(await held("contested")).to.deep.equal(before);
      expect(writesOf(audit, "contested")).to.deep.equal(["patch services/status"]);
      expect(await ownedByUs(lab, "contested")).to.deep.equal(["f:conditions"]);
      const told = (await condition(lab, paths.service("contested"), contested)).message;
      for (const ip of ours) expect(told).to.contain(ip);
      for (const ip of ours) {
        const replies = await (ip.includes(":") ? lab.ndisc("client-1", ip) : lab.arping("client-1", ip));
        // The slow refresh of what a node holds may come beside the answer.
        expect([...new Set(replies.map(({ mac }) => mac))]).to.deep.equal([
          macOf(lab, await announcer(lab, virtualIPNameOf(ip))),
        ]);
      }
      await other.patch("contested");
      await outcomes(lab, { contested: ours.join(" ") });
      expect(await held("contested")).to.deep.equal(before);
      for (const ip of ours) await page(lab, "client-1", ip);
    });

    it("is in order again as soon as the other shows ours, and is told so once", async () => {
      await apply(lab, service("agreed"));
      const ip = await address(lab, "agreed");
      await settled(lab);
      const before = await held("agreed");
      await other.patch("agreed", FOREIGN);
      await condition(lab, paths.service("agreed"), {
        type: ALLOCATED,
        status: "False",
        reason: "StatusContested",
      });
      await settled(lab, 1000);
      const audit = new Audit(lab);
      await other.patch("agreed", ip);
      await outcomes(lab, { agreed: ip });
      await settled(lab, 1000);
      expect(writesOf(audit, "agreed")).to.deep.equal(["patch services/status"]);
      expect(await held("agreed")).to.deep.equal(before);
    });

    it("keeps its address and gives it back when it is deleted, contested as it is", async () => {
      await apply(lab, service("contested"));
      const ip = await address(lab, "contested");
      await other.patch("contested", FOREIGN);
      await condition(lab, paths.service("contested"), { type: ALLOCATED, status: "False" });
      await apply(
        lab,
        service("envious", { annotations: { "fairlead.dev/loadBalancerIPs": ip } }),
        service("next"),
      );
      const { envious } = await outcomes(lab, { envious: "AddressTaken", next: "198.51.100.201" });
      expect(envious).to.contain("default/contested");
      await lab.kubectl(["delete", "service", "contested"]);
      await outcomes(lab, { envious: ip });
    });

    it("is never written if it is of another class, and its addresses are not if they were never ours", async () => {
      const audit = new Audit(lab);
      await apply(
        lab,
        service("other-class", { spec: { loadBalancerClass: "example.com/other" } }),
        service("internal", { spec: { type: "ClusterIP" } }),
      );
      await other.patch("other-class", FOREIGN);
      await whilePaused(lab, async () => {
        await apply(lab, service("theirs"));
        await other.patch("theirs", FOREIGN);
      });
      await outcomes(lab, { theirs: `${FOREIGN} ForeignAddress` });
      await apply(lab, service("decided"));
      await address(lab, "decided");
      await settled(lab);
      for (const name of ["other-class", "internal"]) {
        expect(await ownedByUs(lab, name), name).to.deep.equal([]);
        expect(writesOf(audit, name), name).to.deep.equal([]);
      }
      expect(await ownedByUs(lab, "theirs")).to.deep.equal(["f:conditions"]);
      expect(writesOf(audit, "theirs")).to.deep.equal(["patch services/status"]);
      await other.patch("theirs", "203.0.113.8");
      await other.patch("other-class", "203.0.113.8");
      await outcomes(lab, { theirs: "203.0.113.8 ForeignAddress" });
      expect(await ownedByUs(lab, "theirs")).to.deep.equal(["f:conditions"]);
      expect(await shown("other-class")).to.deep.equal(["203.0.113.8"]);
    });
  });

  describe("and there is a finalizer of ours", () => {
    const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
    let history: ServiceHistory;
    before(async () => {
      await apply(lab, service("early"));
      await address(lab, "early");
      expect(await finalizersOf("early"), "by default").to.deep.equal([]);
    });
    after(() => controllerArguments(lab));
    afterEach(() => history.end());

    it("it is there before the address is shown, goes after that is withdrawn, and everywhere when the option is off again", async function () {
      this.timeout(300_000);
      await apply(lab, service("elsewhere", { spec: { loadBalancerClass: "example.com/other" } }));
      history = await ServiceHistory.begin(lab);
      const audit = new Audit(lab);
      await controllerArguments(lab, "--service-finalizer");
      await apply(
        lab,
        ...["deleted", "changed", "stays"].map((name) => service(name)),
        service("waits", { annotations: { "fairlead.dev/address-pool": "nowhere" } }),
      );
      const ips = new Map<string, string>();
      for (const name of ["early", "deleted", "changed", "stays"]) ips.set(name, await address(lab, name));
      await outcomes(lab, { waits: "PoolNotFound" });
      await settled(lab);
      await history.caughtUp();
      for (const name of ips.keys()) {
        expect(await finalizersOf(name), name).to.deep.equal([FINALIZER]);
        expect(history.addresses(name).filter((state) => state !== "")).to.deep.equal([ips.get(name)]);
      }
      expect(await finalizersOf("elsewhere")).to.deep.equal([]);
      for (const name of ["deleted", "changed", "stays"]) {
        const bare = history
          .of(name)
          .filter(({ service }) => !isFinalized(service) && addressesOf(service).length > 0);
        expect(bare.length, `${name} showed an address without the finalizer`).to.equal(0);
      }
      await lab.kubectl(["delete", "service", "deleted", "--timeout=20s"]);
      await lab.kubectl(["patch", "service", "changed", "-p", '{"spec":{"type":"ClusterIP"}}']);
      await lab.waitFor(
        "a Service that is no LoadBalancer any more has no finalizer",
        async () => (await finalizersOf("changed")).length === 0,
      );
      for (const name of ["deleted", "changed"]) {
        const freed = indexOfWrite(audit, "delete", "virtualips", ips.get(name) ?? "");
        const unfinalized = lastIndexOfWrite(audit, "services/status", name);
        expect(freed, `the address of ${name} was let go`).to.be.at.least(0);
        expect(unfinalized, `the finalizer of ${name} went after that`).to.be.greaterThan(freed);
      }
      await controllerArguments(lab);
      await lab.waitFor("no Service has the finalizer", async (see) => {
        const { items } = await lab.api.get<{ items: readonly Service[] }>("/api/v1/services");
        const left = items.filter(isFinalized).map(({ metadata }) => metadata.name);
        see(left);
        return left.length === 0;
      });
      await outcomes(lab, { early: ips.get("early") ?? "", stays: ips.get("stays") ?? "" });
      await history.caughtUp();
      for (const name of ["early", "stays"])
        expect(history.addresses(name).filter((state) => state !== "")).to.deep.equal([ips.get(name)]);
    });

    it("others' finalizers stay, and a Service that is held by one of them gives its address back", async () => {
      history = await ServiceHistory.begin(lab);
      await controllerArguments(lab, "--service-finalizer");
      await apply(lab, service("held"));
      const ip = await address(lab, "held");
      await lab.kubectl([
        ...["patch", "service", "held", "--type=json", "-p"],
        JSON.stringify([{ op: "add", path: "/metadata/finalizers/-", value: "example.com/held" }]),
      ]);
      expect(await finalizersOf("held")).to.have.members([FINALIZER, "example.com/held"]);
      await lab.kubectl(["delete", "service", "held", "--wait=false"]);
      await lab.waitFor("only the other's finalizer is left", async (see) => {
        const left = await finalizersOf("held");
        see(left);
        return left.join() === "example.com/held";
      });
      expect((await virtualIPs(lab)).map(({ spec }) => spec.address)).not.to.include(ip);
      await apply(lab, service("next", { annotations: { "fairlead.dev/loadBalancerIPs": ip } }));
      await outcomes(lab, { next: ip });
      await merge(lab, paths.service("held"), { metadata: { finalizers: null } });
    });

    const isFinalized = ({ metadata }: Service): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

    async function finalizersOf(name: string): Promise<readonly string[]> {
      return (await lab.api.get<Service>(paths.service(name))).metadata.finalizers ?? [];
    }
  });

  describe("of a class that is switched on later", () => {
    const NAMES = Array.from({ length: 10 }, (_, i) => `classless-${i}`);
    after(() => controllerArguments(lab));

    it("keeps its address with the option for those without a class, and without it too, but is then served no longer", async function () {
      this.timeout(300_000);
      await apply(lab, ...NAMES.map((name) => service(name)));
      const given = new Map<string, string>();
      for (const name of NAMES) given.set(name, await address(lab, name));
      const all = Object.fromEntries(given);
      const before = await virtualIPs(lab);
      const history = await ServiceHistory.begin(lab);
      try {
        await controllerArguments(lab, `--load-balancer-class=${OURS}`, "--also-classless");
        await apply(lab, service("with-class", { spec: { ...V6, loadBalancerClass: OURS } }));
        await address(lab, "with-class");
        await outcomes(lab, all);
        await settled(lab);
        const audit = new Audit(lab);
        await controllerArguments(lab, `--load-balancer-class=${OURS}`);
        await apply(lab, service("late"), service("second", { spec: { ...V6, loadBalancerClass: OURS } }));
        await address(lab, "second");
        await settled(lab);
        await history.caughtUp();
        for (const name of NAMES) {
          expect(history.addresses(name), name).to.deep.equal([given.get(name)]);
          expect(writesOf(audit, name), name).to.deep.equal([]);
        }
        expect(writesOf(audit, "late")).to.deep.equal([]);
        const uids = (ips: readonly { spec: { address: string }; metadata: { uid?: string } }[]) =>
          ips.filter(({ spec }) => spec.address in all).map(({ metadata }) => metadata.uid);
        expect(uids(await virtualIPs(lab))).to.deep.equal(uids(before));
        for (const ip of given.values()) await page(lab, "client-1", ip);
        const pod = await leader(lab);
        const listed = (await logOf(lab, pod)).filter(({ event }) => event === "service no longer served");
        expect(listed.map(({ service }) => service)).to.have.members(NAMES.map((name) => `default/${name}`));
        for (const { service, addresses } of listed)
          expect(addresses).to.deep.equal([given.get(String(service).replace("default/", ""))]);
        expect(await noLongerServed(pod)).to.equal(NAMES.length);
        const [first = "", second = ""] = NAMES;
        await lab.kubectl(["delete", "service", first]);
        await lab.kubectl(["patch", "service", second, "-p", '{"spec":{"type":"ClusterIP"}}']);
        await lab.waitFor("those that were deleted or changed have let go", async (see) => {
          const left = (await virtualIPs(lab)).map(({ spec }) => spec.address);
          see(left);
          return [first, second].every((name) => !left.includes(given.get(name) ?? ""));
        });
        expect(await noLongerServed(pod)).to.equal(NAMES.length - 2);
        await controllerArguments(lab);
        const rest = NAMES.slice(2);
        await outcomes(lab, Object.fromEntries(rest.map((name) => [name, given.get(name) ?? ""])));
        await address(lab, "late");
      } finally {
        await history.end();
      }
    });
  });

  /** How many Services the pod counts that keep what they had and are of no class of ours. */
  async function noLongerServed(pod: string): Promise<number> {
    const { ip = "", node = "" } = (await installedPods(lab)).find(({ name }) => name === pod) ?? {};
    const attempt = await lab.fetch(node, `http://${ip}:7951/metrics`);
    const text = attempt.ok ? attempt.body : "";
    return Number(/^fairlead_allocator_services_no_longer_served (\d+)$/m.exec(text)?.[1]);
  }

  describe("in annotations that nobody reads", () => {
    it("is told the nearest one that is read, once, and gets its address", async () => {
      const audit = new Audit(lab);
      await apply(
        lab,
        service("ours", { annotations: { "fairlead.dev/loadbalancerIP": "198.51.100.205" } }),
        service("theirs", { annotations: { "metallb.io/address-pools": "lan" } }),
        service("older", { annotations: { "metallb.universe.tf/allow-share-ip": "k" } }),
        service("unknown", { annotations: { "fairlead.dev/color": "blue" } }),
        service("output", { annotations: { "metallb.io/ip-allocated-from-pool": "lan" } }),
      );
      const names = ["ours", "theirs", "older", "unknown", "output"];
      const expected: Record<string, string> = {};
      for (const name of names) expected[name] = await address(lab, name);
      const said = await outcomes(lab, expected);
      const meaning = (key: string, cure: string): string =>
        `Annotation ${key} means nothing to Fairlead; ${cure}`;
      expect(said.ours).to.contain(
        meaning("fairlead.dev/loadbalancerIP", "did you mean fairlead.dev/loadBalancerIPs?"),
      );
      expect(said.theirs).to.contain(
        meaning("metallb.io/address-pools", "did you mean metallb.io/address-pool?"),
      );
      expect(said.older).to.contain(
        meaning("metallb.universe.tf/allow-share-ip", "did you mean metallb.universe.tf/allow-shared-ip?"),
      );
      expect(said.unknown).to.contain(meaning("fairlead.dev/color", "remove it"));
      expect(said.output).to.equal(`It has ${expected.output} (pool "lan").`);
      for (const text of Object.values(said)) expect(text).to.match(/[^?.][.?]$/);
      await settled(lab);
      for (const name of names) expect(writesOf(audit, name), name).to.deep.equal(["patch services/status"]);
      await apply(
        lab,
        service("ours", { annotations: { "fairlead.dev/loadBalancerIPs": "198.51.100.205" } }),
      );
      const { ours } = await outcomes(lab, { ours: "198.51.100.205" });
      expect(ours).to.equal('It has 198.51.100.205 (pool "lan").');
    });
  });
});

/** Where among the controller's writes that one is; -1 if it is not. */
function indexOfWrite(audit: Audit, verb: string, resource: string, name: string): number {
  return audit.writes.findIndex(
    (write) => write.verb === verb && write.resource === resource && write.name === name,
  );
}

/** Where among the controller's writes the last one of that object is; -1 if there is none. */
function lastIndexOfWrite(audit: Audit, resource: string, name: string): number {
  return audit.writes.findLastIndex((write) => write.resource === resource && write.name === name);
}
