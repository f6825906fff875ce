import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments } from "./support/controllers.ts";
import { DUAL_STACK } from "./support/held.ts";
import { advertisement, namespace, pool, service, web } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { rolledOut } from "./support/served.ts";
import {
  expectHolders,
  FAMILY_DIGITS,
  ipOf,
  RANGES,
  type SharerOptions,
  served,
  sharedOutcomes,
  sharer,
  terms,
} from "./support/sharers.ts";
import {
  address,
  announcer,
  apply,
  datagram,
  macOf,
  noneHeld,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

/** For how long a contradiction between holders is taken for a change that is still going on. */
const GRACE_MS = 1000;

describe("an address that Services share", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await controllerArguments(lab, `--gone-grace-seconds=${GRACE_MS / 1000}`);
    await apply(lab, web(), web("other"), advertisement("all", {}));
    for (const name of ["web", "other"]) await rolledOut(lab, name);
  });
  after(async () => {
    await controllerArguments(lab);
    await reset(lab);
  });
  beforeEach(() => apply(lab, pool("lan", { addresses: RANGES })));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-A", "-l", "fairlead-e2e", "--wait=true"]);
    await lab.kubectl(["delete", "ippool", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
  });

  describe("under one key", () => {
    it("leads to each of them on its ports, is answered by one node, and its VirtualIP states the terms", async () => {
      await apply(
        lab,
        ...sharer("http"),
        ...sharer("admin", { port: 81, app: "other" }),
        ...sharer("dns", { protocol: "UDP" }),
      );
      await sharedOutcomes(lab, { http: 200, admin: 200, dns: 200 });
      await expectHolders(lab, 200, {
        http: terms("k", 80),
        admin: terms("k", 81),
        dns: terms("k", 80, { protocol: "UDP" }),
      });
      for (const digit of FAMILY_DIGITS) {
        const ip = ipOf(digit, 200);
        const node = await announcer(lab, virtualIPNameOf(ip));
        expect(await served(lab, ip, 80)).to.match(/^web-/);
        expect(await served(lab, ip, 81)).to.match(/^other-/);
        expect((await datagram(lab, "client-1", ip)).pod).to.match(/^web-/);
        const replies = await (digit === "4" ? lab.arping("client-1", ip) : lab.ndisc("client-1", ip));
        // One of the rounds that tell of a new address may come beside the answer.
        expect([...new Set(replies.map(({ mac }) => mac))]).to.deep.equal([macOf(lab, node)]);
      }
    });

    it("may be asked for by each; who has no key, another one or a port of theirs is told so, and gets it when it can", async () => {
      await apply(lab, ...sharer("first", { asksFor: 205 }), ...sharer("second", { asksFor: 205, port: 81 }));
      await sharedOutcomes(lab, { first: 205, second: 205 });
      await apply(
        lab,
        ...sharer("keyless", { asksFor: 205, port: 82, key: "" }),
        ...sharer("stranger", { asksFor: 205, port: 83, key: "other" }),
        ...sharer("clash", { asksFor: 205 }),
        ...sharer("local", { asksFor: 205, port: 84, local: true }),
      );
      const refused = { keyless: "AddressTaken", stranger: "AddressTaken", local: "AddressTaken" };
      const said = await sharedOutcomes(lab, { ...refused, clash: "AddressTaken" });
      for (const digit of FAMILY_DIGITS) {
        const first = `asks for ${ipOf(digit, 205)} of pool "lan", but default/first-${digit} holds it`;
        expect(said[`keyless-${digit}`]).to.contain(`${first};`);
        expect(said[`stranger-${digit}`]).to.contain(`${first} under the sharing key "k", not "other"`);
        expect(said[`clash-${digit}`]).to.contain(`${first} and uses port TCP/80 too`);
        expect(said[`local-${digit}`]).to.contain(`${first} and has another externalTrafficPolicy`);
      }
      await lab.kubectl(["delete", "service", "first-4", "first-6"]);
      await sharedOutcomes(lab, { ...refused, second: 205, clash: 205 });
    });

    it("is the lowest that has its ports and its policy; where none has, it is a fresh one", async () => {
      await apply(lab, ...sharer("a"), ...sharer("b"));
      await sharedOutcomes(lab, { a: 200, b: 201 });
      await apply(lab, ...sharer("c", { port: 81 }), ...sharer("a-local", { port: 85, local: true }));
      await sharedOutcomes(lab, { c: 200, "a-local": 202 });
      await apply(
        lab,
        ...sharer("d", { port: 81 }),
        ...sharer("b-local", { port: 86, local: true }),
        ...sharer("c-local", { port: 87, local: true, app: "other" }),
      );
      await sharedOutcomes(lab, { d: 201, "b-local": 202, "c-local": 203 });
      const local = { backend: "app=web" };
      await expectHolders(lab, 202, {
        "a-local": terms("k", 85, local),
        "b-local": terms("k", 86, local),
      });
      await apply(lab, ...sharer("e", { key: "e", port: 88 }), ...sharer("f", { key: "", port: 89 }));
      await sharedOutcomes(lab, { e: 204, f: 205, a: 200, b: 201, c: 200, d: 201 });
    });

    it("of both families stays a pair, though the lowest address of each family is held by others", async () => {
      const pair = (name: string, port: number, more = {}) =>
        service(name, {
          annotations: { "fairlead.dev/allow-shared-ip": "k" },
          spec: { ...DUAL_STACK, ports: [{ name: "port", port, targetPort: 8080 }], ...more },
        });
      await apply(lab, pair("alone", 80, { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] }));
      await outcomes(lab, { alone: "198.51.100.200" });
      await apply(lab, pair("first", 80));
      await outcomes(lab, { first: "198.51.100.201 2001:db8:10::200" });
      await apply(lab, pair("second", 81));
      await outcomes(lab, { second: "198.51.100.201 2001:db8:10::200" });
      await apply(
        lab,
        service("second", {
          annotations: { "fairlead.dev/allow-shared-ip": "j" },
          spec: { ...DUAL_STACK, ports: [{ name: "port", port: 81, targetPort: 8080 }] },
        }),
      );
      await outcomes(lab, {
        second: "198.51.100.202 2001:db8:10::201",
        first: "198.51.100.201 2001:db8:10::200",
        alone: "198.51.100.200",
      });
    });
  });

  describe("between namespaces", () => {
    const TENANT = `share-${process.pid}`;
    before(() => apply(lab, namespace(TENANT)));
    after(() => lab.kubectl(["delete", "namespace", TENANT, "--wait=false"]));

    const there = (name: string, options: SharerOptions = {}) =>
      sharer(name, { namespace: TENANT, port: 81, ...options });
    const inNamespace = (expected: Readonly<Record<string, number | string>>) =>
      Object.fromEntries(Object.entries(expected).map(([name, value]) => [`${TENANT}/${name}`, value]));

    it("is not shared unless the pool says so", async () => {
      await apply(
        lab,
        ...sharer("a"),
        ...there("b"),
        ...there("c", { asksFor: 200, port: 82 }),
        ...there("mixed", { prefix: "metallb.io/", key: "m" }),
        ...sharer("mixed", { key: "m" }),
      );
      const said = await sharedOutcomes(lab, {
        a: 200,
        ...inNamespace({ c: "AddressTaken" }),
      });
      for (const digit of FAMILY_DIGITS)
        expect(said[`${TENANT}/c-${digit}`]).to.contain(
          `default/a-${digit}, of another namespace, holds it and the pool does not share across namespaces`,
        );
      for (const name of ["b", "mixed"])
        for (const digit of FAMILY_DIGITS) await address(lab, `${name}-${digit}`, TENANT);
      const shared = (await virtualIPs(lab)).filter(({ spec }) => spec.services.length !== 1);
      expect(shared.map(({ spec }) => spec)).to.deep.equal([]);
      await apply(lab, pool("lan", { addresses: RANGES, sharing: "AcrossNamespaces" }));
      await sharedOutcomes(lab, { a: 200, ...inNamespace({ c: 200 }) });
      await apply(lab, ...there("d", { port: 83 }));
      await sharedOutcomes(lab, inNamespace({ d: 200 }));
    });

    it("is shared under keys of the old annotations, unless the pool says otherwise", async () => {
      const prefixes = { old: "metallb.io/", older: "metallb.universe.tf/" };
      await apply(lab, ...sharer("a", { prefix: prefixes.old }));
      await sharedOutcomes(lab, { a: 200 });
      await apply(
        lab,
        ...there("b", { prefix: prefixes.old }),
        ...there("c", { prefix: prefixes.older, port: 82 }),
        ...there("new", { port: 83 }),
      );
      await sharedOutcomes(lab, { a: 200, ...inNamespace({ b: 200, c: 200, new: 201 }) });
      await apply(lab, pool("strict", { addresses: RANGES.map(movedUp), sharing: "SameNamespace" }));
      const strict = { prefix: prefixes.old, key: "s", pool: "strict" };
      await apply(
        lab,
        ...sharer("e", strict),
        ...there("f", strict),
        ...sharer("g", { ...strict, port: 82 }),
      );
      await sharedOutcomes(lab, { e: 210, g: 210, ...inNamespace({ f: 211 }) });
    });
  });
});

/** The ranges from 200 to 209 moved to 210 to 219. */
function movedUp(range: string): string {
  return range.replace(/20(?=\d(-|$))/g, "21");
}
