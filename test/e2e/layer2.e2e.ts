import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import {
  ADVERTISEMENT,
  ALL_NODES,
  ALL_NODES_MAC,
  type ArpFrame,
  BROADCAST,
  CHECKSUM,
  changed,
  linkLayerOption,
  macBytes,
  type NeighborFrame,
  NO_MAC,
  REPLY,
  readArp,
  solicitedNode,
  tagged,
} from "./support/frames.ts";
import { DUAL_STACK, type HeldAddress, hold } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { readListenerReport } from "./support/listener-reports.ts";
import { service } from "./support/objects.ts";
import { type Questions, questionsFrom } from "./support/questions.ts";
import {
  addressed,
  announcer,
  apply,
  condition,
  macOf,
  paths,
  reset,
  virtualIPNameOf,
} from "./support/steps.ts";
import { type Claim, claimsOf, sendFrames, toldMac } from "./support/wire.ts";

const UNHELD4 = "198.51.100.209";
const UNHELD6 = "2001:db8:10::209";

/** Within this an answer comes, on a busy machine too. */
const ANSWER_MS = 500;

/** Longer than an answer takes. What is to stay unanswered is asked before a question that is answered. */
const QUIET_MS = 400;

describe("an address on the LAN", () => {
  let lab: Lab;
  let ask: Questions;
  let vip4: HeldAddress;
  let vip6: HeldAddress;

  before(async () => {
    lab = await lanWithWeb();
    ask = questionsFrom(lab, "client-1");
    [vip4, vip6] = await hold(lab, "held");
  });
  after(() => reset(lab));

  describe("asked for by ARP", () => {
    const questions: readonly (readonly [string, () => Partial<ArpFrame>])[] = [
      ["a broadcast request", () => ({})],
      ["a unicast request", () => ({ destination: vip4.mac })],
      ["a probe from 0.0.0.0", () => ({ senderAddress: "0.0.0.0" })],
    ];
    for (const [what, fields] of questions) {
      it(`in ${what} is told by its owner, once, and by nobody else`, async () => {
        const asked = ask.arp(vip4.ip, fields());
        const answers = await answersTo([asked], vip4);
        expect(answers.map(({ frame }) => frame)).to.deep.equal([
          {
            destination: ask.mac,
            source: vip4.mac,
            operation: REPLY,
            senderMac: vip4.mac,
            senderAddress: vip4.ip,
            targetMac: ask.mac,
            targetAddress: readArp(asked)?.senderAddress,
          },
        ]);
      });
    }

    it("in frames that are malformed, in a VLAN, for others or no question is not told", async () => {
      const question = from({});
      const unanswerable = [
        tagged(question, 5),
        tagged(question, 5, 0x88a8),
        changed(question, 14, 0, 6), // hardware type: IEEE 802
        changed(question, 16, 0x86, 0xdd), // protocol type: IPv6
        changed(question, 18, 8), // length of MACs
        changed(question, 19, 16), // length of addresses
        question.subarray(0, 41),
        from({ operation: 0 }),
        from({ operation: REPLY }),
        from({ operation: 3 }),
        from({ destination: strangerTo(vip4) }),
        from({ destination: "01:00:5e:00:00:01" }),
        from({ senderMac: BROADCAST }),
        from({ senderMac: NO_MAC }),
        from({ senderMac: "03:00:00:00:00:0a" }),
        from({ senderAddress: "224.0.0.1" }),
        from({ senderAddress: "255.255.255.255" }),
        from({ senderAddress: "127.0.0.1" }),
        from({ targetAddress: UNHELD4 }),
      ];
      const answers = await answersTo([...unanswerable, ask.arp(vip4.ip)], vip4);
      expect(answers.map(({ frame }) => frame)).to.have.length(1);
      expect(answers[0]?.frame).to.include({ source: vip4.mac, targetAddress: ask.ipv4 });
    });

    function from(fields: Partial<ArpFrame>): Uint8Array {
      return ask.arp(vip4.ip, { senderAddress: "198.51.100.190", ...fields });
    }
  });

  describe("asked for by neighbor discovery", () => {
    const questions: readonly (readonly [string, () => Partial<NeighborFrame>])[] = [
      ["a multicast solicitation", () => ({})],
      ["a unicast solicitation", () => ({ destination: vip6.mac, to: vip6.ip })],
      [
        "a unicast solicitation without a link-layer address",
        () => ({ destination: vip6.mac, to: vip6.ip, options: [] }),
      ],
    ];
    for (const [what, fields] of questions) {
      it(`in ${what} is told by its owner, once, and by nobody else`, async () => {
        const answers = await answersTo([ask.neighbor(vip6.ip, fields())], vip6);
        const solicited = answers.filter(({ form }) => form === "answer");
        expect(solicited.map(({ frame }) => frame)).to.deep.equal([advertised({})]);
      });
    }

    it("in duplicate address detection from :: is told to all nodes by its owner and by nobody else", async () => {
      const question = ask.neighbor(vip6.ip, { from: "::", options: [] });
      const capture = await lab.capture("client-1", "icmp6");
      await sendFrames(lab, "client-1", [question, question, question], { perSecond: 1 });
      await delay(ANSWER_MS);
      const frames = await capture.stop();
      const askedMs = frames
        .filter(({ bytes }) => Buffer.from(bytes).equals(question))
        .map(({ timeUs }) => timeUs / 1000);
      expect(askedMs).to.have.length(3);
      const answers = claimsOf(frames, vip6.ip);
      const toAll = advertised({ destination: ALL_NODES_MAC, to: ALL_NODES, flags: "O" });
      for (const { frame } of answers) expect(frame).to.deep.equal(toAll);
      const answered = askedMs.filter((ms) =>
        answers.some(({ timeMs }) => timeMs >= ms && timeMs <= ms + ANSWER_MS),
      );
      // A refresh is the same frame; in these seconds there is one at most.
      expect(answered.length).to.be.at.least(2);
    });

    it("in frames that are malformed, in a VLAN, for others or no question is not told", async () => {
      const question = from({});
      const unanswerable = [
        tagged(question, 5),
        tagged(question, 5, 0x88a8),
        changed(question, 14, 0x40), // version 4
        changed(question, 18, 0, 200), // payload longer than the frame
        changed(question, 18, 0, 23), // payload shorter than a solicitation
        changed(question, CHECKSUM, 0, 0),
        question.subarray(0, 77),
        from({ hopLimit: 254 }),
        from({ hopLimit: 64 }),
        from({ code: 1 }),
        from({ destination: strangerTo(vip6) }),
        from({ options: [1, 0, ...macBytes(ask.mac)] }),
        from({ options: [1, 2, ...macBytes(ask.mac)] }),
        from({ options: linkLayerOption(1, "33:33:00:00:00:01") }),
        from({ options: linkLayerOption(1, NO_MAC) }),
        from({ from: "ff02::1" }),
        from({ from: "::" }),
        from({ from: "::", options: [], to: ALL_NODES, destination: ALL_NODES_MAC }),
        from({ from: "::", options: [], to: vip6.ip, destination: vip6.mac }),
        from({ target: UNHELD6 }),
      ];
      // Each is sent twice, because one refresh may fall into this interval and looks like an answer to ::.
      const frames = [...unanswerable, ...unanswerable, ask.neighbor(vip6.ip)];
      const answers = await answersTo(frames, vip6);
      const solicited = answers.filter(({ form }) => form === "answer");
      expect(solicited.map(({ frame }) => frame)).to.deep.equal([advertised({})]);
      expect(answers.length - solicited.length).to.be.at.most(1);
    });

    function from(fields: Partial<NeighborFrame>): Uint8Array {
      return ask.neighbor(vip6.ip, { from: "2001:db8:10::190", ...fields });
    }

    function advertised(fields: Partial<NeighborFrame>): object {
      const { ip, mac } = vip6;
      return {
        ...{ destination: ask.mac, source: mac, from: ip, to: ask.ipv6, hopLimit: 255 },
        ...{ type: ADVERTISEMENT, code: 0, flags: "SO", target: ip, options: linkLayerOption(2, mac) },
        ...fields,
        checksumRight: true,
      };
    }
  });

  it("is told by nobody while no Service holds it, or while it is placed nowhere", async () => {
    await apply(lab, service("idle", { app: "nobody", spec: DUAL_STACK }));
    const [idle4 = "", idle6 = ""] = await addressed(lab, "idle", 2);
    for (const ip of [idle4, idle6]) {
      const wanted = { type: "Announced", status: "False", reason: "NoEndpoints" };
      await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), wanted);
    }
    for (const [held, question, silent] of [
      [vip4, ask.arp, [UNHELD4, idle4]],
      [vip6, ask.neighbor, [UNHELD6, idle6]],
    ] as const) {
      const frames = [...silent, held.ip].map((ip) => question(ip));
      const answers = await answersTo(frames, held, ...silent);
      // The slow refresh of what is held may come beside the answer.
      const told = answers.filter(
        ({ form, frame }) =>
          form === "answer" || ("target" in frame ? frame.target : frame.senderAddress) !== held.ip,
      );
      expect(told.map(({ source, form }) => [source, form])).to.deep.equal([[held.mac, "answer"]]);
    }
    await lab.kubectl(["delete", "service", "idle"]);
  });

  it("is told to the gateway by unicast too, in both families, when a node begins to announce it", async () => {
    const capture = await lab.capture("router", "arp or icmp6", { direction: "in" });
    try {
      await apply(lab, service("routed", { spec: DUAL_STACK }));
      const router = macOf(lab, "router");
      for (const ip of await addressed(lab, "routed", 2)) {
        const mac = macOf(lab, await announcer(lab, virtualIPNameOf(ip)));
        await lab.waitFor(`the router is told that ${ip} is at ${mac}`, (see) => {
          const claims = claimsOf(capture.frames, ip);
          see(claims.map(({ frame }) => frame));
          return claims.some((claim) => claim.frame.destination === router && toldMac(claim) === mac);
        });
      }
    } finally {
      await capture.stop();
      await lab.kubectl(["delete", "service", "routed", "--ignore-not-found"]);
    }
  });

  it("of IPv6 has its solicited-node group reported by MLD when its node begins to announce it, so that a switch that snoops lets questions through", async () => {
    const capture = await lab.capture("client-1", "ip6 proto 0", { direction: "in" });
    try {
      await apply(lab, service("reported", { spec: { ipFamilies: ["IPv6"] } }));
      const [vip = ""] = await addressed(lab, "reported");
      const source = macOf(lab, await announcer(lab, virtualIPNameOf(vip)));
      const group = solicitedNode(vip).address;
      const { bytes } = await capture.frame(
        `a report from ${source} that it listens to ${group}`,
        (frame) => {
          const report = readListenerReport(frame.bytes);
          return report?.source === source && report.joined.includes(group);
        },
      );
      expect(readListenerReport(bytes)).to.include({ to: "ff02::16", hopLimit: 1 });
    } finally {
      await capture.stop();
      await lab.kubectl(["delete", "service", "reported", "--ignore-not-found"]);
    }
  });

  /**
   * Sends frames from a client, the last of which asks for `held`, and returns what came back and claims that address or one
   * of the `others`; ARP's refreshes are left out.
   */
  async function answersTo(
    frames: readonly Uint8Array[],
    held: HeldAddress,
    ...others: readonly string[]
  ): Promise<readonly Claim[]> {
    const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
    await sendFrames(lab, "client-1", frames);
    const isAnswer = ({ form }: Claim): boolean => form !== "request";
    await capture.frame(`an answer for ${held.ip}`, (frame) => claimsOf([frame], held.ip).some(isAnswer));
    await delay(QUIET_MS);
    const seen = await capture.stop();
    return [held.ip, ...others].flatMap((ip) => claimsOf(seen, ip)).filter(isAnswer);
  }

  function strangerTo({ node }: HeldAddress): string {
    return macOf(lab, lab.nodeNames.find((name) => name !== node) ?? "");
  }
});
