import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { expect } from "chai";
import { logOf } from "../install/pods.ts";
import type { Lab } from "../lab/lab.ts";
import { ADVERTISEMENT, ALL_NODES, ALL_NODES_MAC, linkLayerOption } from "./support/frames.ts";
import { DUAL_STACK, type HeldAddress, hold } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { service } from "./support/objects.ts";
import { questionsFrom } from "./support/questions.ts";
import { speakerOn } from "./support/speaker-pod.ts";
import {
  address,
  addressed,
  announcer,
  apply,
  condition,
  macOf,
  noneHeld,
  page,
  paths,
  reset,
  virtualIPNameOf,
} from "./support/steps.ts";
import { expectRounds, whenTold } from "./support/takeover.ts";
import { claimsOf, knownMac, resolutions, sendFrames } from "./support/wire.ts";

const STRANGER = "client-2";
/** A stranger says so often, and so many times a second, that an address is its own. */
const CLAIMS = 6;
const PER_SECOND = 5;

/** So many addresses are tried until the one that answers for them is taken for a router with proxy ARP (docs/troubleshooting.md). */
const MOST_BY_ONE = 8;

/** What a stranger has had for long when a Service asks for it. */
const TAKEN = [
  { family: "IPv4", ip: "198.51.100.209", prefix: 24 },
  { family: "IPv6", ip: "2001:db8:10::209", prefix: 64 },
] as const;

describe("a stranger on the LAN", () => {
  let lab: Lab;
  let strange: string;

  before(async () => {
    lab = await lanWithWeb();
    strange = macOf(lab, STRANGER);
  });
  after(() => reset(lab));

  for (const { family, ip, prefix } of TAKEN)
    it(`that has an address already keeps it and is named by its MAC; when it is gone the Service is served, in ${family}`, async () => {
      const name = `taken-${family.toLowerCase()}`;
      const annotations = { "fairlead.dev/loadBalancerIPs": ip };
      const inUse = ["dev", "eth0", ...(family === "IPv6" ? ["nodad"] : [])];
      await lab.exec(STRANGER, ["ip", "addr", "add", `${ip}/${prefix}`, ...inUse]);
      try {
        await apply(lab, service(name, { annotations, spec: { ipFamilies: [family] } }));
        expect(await address(lab, name)).to.equal(ip);
        const wanted = { type: "Announced", status: "False", reason: "AddressInUse" };
        const told = await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), wanted);
        expect(told.message).to.contain(ip).and.to.contain(strange);
        expect(await resolutions(lab, "client-1", ip)).to.deep.equal([strange]);
      } finally {
        await lab.exec(STRANGER, ["ip", "addr", "del", `${ip}/${prefix}`, "dev", "eth0"]);
      }
      const node = await announcer(lab, virtualIPNameOf(ip));
      expect(await resolutions(lab, "client-1", ip)).to.deep.equal([macOf(lab, node)]);
      await page(lab, "client-1", ip);
    });

  it("that has the first address of a pool costs a Service nothing: it gets the next one, all say the MAC, and when he goes the address comes back", async () => {
    const firsts = ["198.51.100.200", "2001:db8:10::200"];
    const nexts = ["198.51.100.201", "2001:db8:10::201"];
    await lab.exec(STRANGER, ["ip", "addr", "add", `${firsts[0]}/24`, "dev", "eth0"]);
    await lab.exec(STRANGER, ["ip", "addr", "add", `${firsts[1]}/64`, "dev", "eth0", "nodad"]);
    try {
      await apply(lab, service("next", { spec: DUAL_STACK }));
      for (const [i, ip] of nexts.entries()) {
        await lab.waitFor(`Service next has ${ip}`, async (see) => {
          const { status } = await lab.api.get<Service>(paths.service("next"));
          see(status);
          return status?.loadBalancer?.ingress?.[i]?.ip === ip;
        });
        await announcer(lab, virtualIPNameOf(ip));
        await page(lab, "client-1", ip);
      }
      for (const ip of firsts) {
        const path = paths.virtualIP(virtualIPNameOf(ip));
        const bound = await condition(lab, path, { type: "Bound", status: "False", reason: "Quarantined" });
        expect(bound.message).to.contain(strange);
        await lab.waitFor(`the pool says that ${strange} has ${ip}`, async (see) => {
          const { status } = await lab.api.get<IPAddressPool>(paths.pool("lan"));
          const { message = "" } = status?.conditions?.find(({ type }) => type === "InUse") ?? {};
          see(message);
          return message.includes(strange) && message.includes(ip);
        });
        expect(await resolutions(lab, "client-1", ip)).to.deep.equal([strange]);
      }
    } finally {
      for (const [i, ip] of firsts.entries())
        await lab.exec(STRANGER, ["ip", "addr", "del", `${ip}/${i === 0 ? 24 : 64}`, "dev", "eth0"]);
    }
    await noneQuarantined();
    for (const ip of firsts)
      expect((await lab.api.send("GET", paths.virtualIP(virtualIPNameOf(ip)))).status).to.equal(404);
    await apply(lab, service("after", { spec: DUAL_STACK }));
    expect(await addressed(lab, "after", 2)).to.deep.equal(firsts);
    for (const ip of [...firsts, ...nexts]) await page(lab, "client-1", ip);
    await lab.kubectl(["delete", "service", "next", "after"]);
  }).timeout(400_000);

  it("that claims an address of a Service is not answered but contradicted, once in a while, and named by its MAC", async () => {
    for (const held of await hold(lab, "claimed")) {
      const { ip, mac, node } = held;
      const sinceMs = Date.now();
      await page(lab, "client-1", ip);
      const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
      const atStranger = await lab.capture(STRANGER, "arp or icmp6", { direction: "in" });
      try {
        const frames = Array.from({ length: CLAIMS }, () => claimOf(held));
        await sendFrames(lab, STRANGER, frames, { perSecond: PER_SECOND });
        const firstMs = await lab.waitFor(`client-1 has heard ${strange}`, () => {
          const own = claimsOf(capture.frames, ip).filter(({ source }) => source === strange);
          return own.length === CLAIMS && own[0]?.timeMs;
        });
        await whenTold(lab, capture, ip, mac, firstMs);
        // The slow refresh of what a node holds may come at any time.
        const all = claimsOf(capture.frames, ip);
        const before = all.filter(({ timeMs }) => timeMs < firstMs);
        expect(before.length, "what was said before").to.be.at.most(1);
        for (const { form } of before) expect(form).to.equal(ip.includes(":") ? "advertisement" : "request");
        const claims = all.slice(before.length);
        expectRounds(
          claims.filter(({ source }) => source !== strange),
          ip,
          mac,
        );
        const answers = claimsOf(atStranger.frames, ip).filter(({ form }) => form === "answer");
        expect(answers).to.deep.equal([]);
        await lab.waitFor(`client-1 has ${mac} for ${ip} again`, async (see) => {
          const now = await knownMac(lab, "client-1", ip);
          see(now);
          return now === mac;
        });
        const told = { type: "Contested", status: "True", reason: "ClaimedByOther" };
        const contested = await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), told);
        expect(contested.message).to.contain(strange).and.to.contain(ip).and.to.contain("on interface eth0");
        await condition(lab, paths.service("claimed"), { ...told, type: "fairlead.dev/Contested" });
        await lab.waitFor(`the speaker names ${strange}`, async (see) => {
          const lines = await logOf(lab, (await speakerOn(lab, node)).name, sinceMs);
          see(lines);
          return lines.some(
            ({ level, vip, mac: named }) => level === "warn" && vip === ip && named === strange,
          );
        });
      } finally {
        await capture.stop();
        await atStranger.stop();
      }
      expect(await resolutions(lab, "client-1", ip)).to.deep.equal([mac]);
      await page(lab, "client-1", ip);
    }
  });

  it("that answers for every address, as a router with proxy ARP, is named as one, and empties no pool; when he ceases the Service is served", async () => {
    await lab.kubectl(["delete", "services", "-l", "fairlead-e2e", "--wait=true"]);
    await noneHeld(lab);
    // Whatever is local is answered for by a Linux host.
    const everyAddress = ["local", "198.51.100.192/27", "dev", "lo"];
    await lab.exec(STRANGER, ["ip", "route", "add", ...everyAddress]);
    try {
      await apply(lab, service("deceived", { spec: { ipFamilies: ["IPv4"] } }));
      const { message } = await lab.waitFor(
        "the Service is told that one answers for every address",
        async (see) => {
          const { status } = await lab.api.get<Service>(paths.service("deceived"));
          see(status);
          const allocated = status?.conditions?.find(({ type }) => type === "fairlead.dev/Allocated");
          return allocated?.reason === "AddressInUse" && allocated;
        },
        { deadlineMs: 90_000 },
      );
      expect(message).to.contain(strange).and.to.contain("proxy ARP");
      // It is written once a second at most.
      await lab.waitFor(`the pool counts ${MOST_BY_ONE} in quarantine`, async (see) => {
        const { status } = await lab.api.get<IPAddressPool>(paths.pool("lan"));
        see(status);
        const inUse = status?.conditions?.find(({ type }) => type === "InUse")?.message ?? "";
        return Number(status?.ipv4?.quarantined) === MOST_BY_ONE && inUse.includes("proxy ARP");
      });
    } finally {
      await lab.exec(STRANGER, ["ip", "route", "del", ...everyAddress]);
    }
    const ip = await address(lab, "deceived");
    await announcer(lab, virtualIPNameOf(ip));
    await page(lab, "client-1", ip);
  }).timeout(240_000);

  /** Waits until the pool has all addresses back that were in use. */
  function noneQuarantined(): Promise<true> {
    return lab.waitFor(
      "the addresses are back in the pool",
      async (see) => {
        const { status } = await lab.api.get<IPAddressPool>(paths.pool("lan"));
        see(status);
        return [status?.ipv4, status?.ipv6].every((usage) => usage?.quarantined === undefined);
      },
      { deadlineMs: 150_000 },
    );
  }

  /** A frame in which the stranger says to all that the address is its own. */
  function claimOf({ ip }: HeldAddress): Uint8Array {
    const ask = questionsFrom(lab, STRANGER);
    if (!ip.includes(":")) return ask.arp(ip, { senderAddress: ip });
    return ask.neighbor(ip, {
      ...{ type: ADVERTISEMENT, destination: ALL_NODES_MAC, from: ip, to: ALL_NODES, flags: "O" },
      options: linkLayerOption(2, strange),
    });
  }
});
