import { setTimeout as delay } from "node:timers/promises";
import { EXCLUDE_NODE_LABEL } from "@fairlead/api/core/node.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import {
  ADVERTISEMENT,
  ALL_NODES,
  ALL_NODES_MAC,
  type ArpFrame,
  arpFrame,
  BROADCAST,
  CHECKSUM,
  changed,
  linkLayerOption,
  macBytes,
  type NeighborFrame,
  NO_MAC,
  neighborFrame,
  REPLY,
  REQUEST,
  readArp,
  SOLICITATION,
  solicitedNode,
  tagged,
} from "./support/frames.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import {
  addressed,
  announcer,
  apply,
  condition,
  macOf,
  page,
  paths,
  reset,
  urlOf,
  virtualIPNameOf,
} from "./support/steps.ts";
import { expectRounds, whenTold } from "./support/takeover.ts";
import {
  type Claim,
  claimsOf,
  followed,
  frameCounts,
  knownMac,
  questionsOf,
  resolutions,
  sendFrames,
} from "./support/wire.ts";

const RANGES = ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"];
const UNHELD = ["198.51.100.209", "2001:db8:10::209"] as const;

/** Longer than any answer takes; what is to stay unanswered is asked before a question that is answered. */
const QUIET_MS = 400;

const DUAL_STACK = { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] };

describe("an address on the LAN", () => {
  let lab: Lab;
  let [vip4, vip6, owner4, owner6] = ["", "", "", ""];
  let [me, my4, my6] = ["", "", ""];

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, pool("lan", { addresses: RANGES }), advertisement("lan", {}), web());
    await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
    const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
    await apply(lab, service("held", { spec: DUAL_STACK }));
    [vip4 = "", vip6 = ""] = await addressed(lab, "held", 2);
    owner4 = macOf(lab, await announcer(lab, virtualIPNameOf(vip4)));
    owner6 = macOf(lab, await announcer(lab, virtualIPNameOf(vip6)));
    await whenTold(lab, capture, vip4, owner4);
    await whenTold(lab, capture, vip6, owner6);
    await capture.stop();
    const [cable] = lab.member("client-1").cables;
    [me = "", my4 = "", my6 = ""] = [cable?.mac, cable?.ipv4, cable?.ipv6];
  });
  after(() => reset(lab));

  /** Sends frames from a client and returns every frame that came back and claims the address, refreshes left out. */
  async function answersTo(frames: readonly Uint8Array[], vip: string): Promise<readonly Claim[]> {
    const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
    await sendFrames(lab, "client-1", frames);
    const isAnswer = ({ form }: Claim): boolean => form !== "request";
    await capture.frame(`an answer for ${vip}`, (frame) => claimsOf([frame], vip).some(isAnswer));
    await delay(QUIET_MS);
    return claimsOf(await capture.stop(), vip).filter(isAnswer);
  }

  const arpQuestion = (fields: Partial<ArpFrame>): Uint8Array =>
    arpFrame({
      ...{ destination: BROADCAST, source: me, operation: REQUEST },
      ...{ senderMac: me, senderAddress: my4, targetMac: NO_MAC, targetAddress: vip4 },
      ...fields,
    });

  const solicitation = (fields: Partial<NeighborFrame>): Uint8Array => {
    const group = solicitedNode(fields.target ?? vip6);
    return neighborFrame({
      ...{ destination: group.mac, source: me, from: my6, to: group.address, hopLimit: 255 },
      ...{ type: SOLICITATION, code: 0, flags: "", target: vip6, options: linkLayerOption(1, me) },
      ...fields,
    });
  };

  describe("asked for by ARP", () => {
    const questions: readonly (readonly [string, () => Partial<ArpFrame>])[] = [
      ["a broadcast request", () => ({})],
      ["a unicast request", () => ({ destination: owner4 })],
      ["a probe from 0.0.0.0", () => ({ senderAddress: "0.0.0.0" })],
    ];
    for (const [what, fields] of questions) {
      it(`in ${what} is told by its owner, once, and by nobody else`, async () => {
        const asked = arpQuestion(fields());
        const answers = await answersTo([asked], vip4);
        expect(answers.map(({ frame }) => frame)).to.deep.equal([
          {
            destination: me,
            source: owner4,
            operation: REPLY,
            senderMac: owner4,
            senderAddress: vip4,
            targetMac: me,
            targetAddress: readArp(asked)?.senderAddress,
          },
        ]);
      });
    }

    it("in frames that are malformed, in a VLAN, for others or no question is not told", async () => {
      const stranger = macOf(lab, lab.nodeNames.find((name) => macOf(lab, name) !== owner4) ?? "");
      const question = arpQuestion({ senderAddress: "198.51.100.190" });
      const from = (fields: Partial<ArpFrame>): Uint8Array =>
        arpQuestion({ senderAddress: "198.51.100.190", ...fields });
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
        from({ destination: stranger }),
        from({ destination: "01:00:5e:00:00:01" }),
        from({ senderMac: BROADCAST }),
        from({ senderMac: NO_MAC }),
        from({ senderMac: "03:00:00:00:00:0a" }),
        from({ senderAddress: "224.0.0.1" }),
        from({ senderAddress: "255.255.255.255" }),
        from({ senderAddress: "127.0.0.1" }),
        from({ senderAddress: vip4, destination: owner4 }),
        from({ targetAddress: UNHELD[0] }),
      ];
      const answers = await answersTo([...unanswerable, arpQuestion({})], vip4);
      expect(answers.map(({ frame }) => frame)).to.have.length(1);
      expect(answers[0]?.frame).to.include({ source: owner4, targetAddress: my4 });
    });
  });

  describe("asked for by neighbor discovery", () => {
    const advertised = (
      fields: Partial<NeighborFrame>,
    ): NeighborFrame & { readonly checksumRight: true } => ({
      ...{ destination: me, source: owner6, from: vip6, to: my6, hopLimit: 255 },
      ...{ type: ADVERTISEMENT, code: 0, flags: "SO", target: vip6, options: linkLayerOption(2, owner6) },
      ...fields,
      checksumRight: true,
    });

    const questions: readonly (readonly [string, () => Partial<NeighborFrame>])[] = [
      ["a multicast solicitation", () => ({})],
      ["a unicast solicitation", () => ({ destination: owner6, to: vip6 })],
      [
        "a unicast solicitation without a link-layer address",
        () => ({ destination: owner6, to: vip6, options: [] }),
      ],
    ];
    for (const [what, fields] of questions) {
      it(`in ${what} is told by its owner, once, and by nobody else`, async () => {
        const answers = (await answersTo([solicitation(fields())], vip6)).filter(
          ({ form }) => form === "answer",
        );
        expect(answers.map(({ frame }) => frame)).to.deep.equal([advertised({})]);
      });
    }

    it("in duplicate address detection from :: is told to all nodes by its owner and by nobody else", async () => {
      const answers = await answersTo([solicitation({ from: "::", options: [] })], vip6);
      // A refresh that falls into this interval is the same frame.
      for (const { frame } of answers)
        expect(frame).to.deep.equal(advertised({ destination: ALL_NODES_MAC, to: ALL_NODES, flags: "O" }));
    });

    it("in frames that are malformed, in a VLAN, for others or no question is not told", async () => {
      const stranger = macOf(lab, lab.nodeNames.find((name) => macOf(lab, name) !== owner6) ?? "");
      const from = (fields: Partial<NeighborFrame>): Uint8Array =>
        solicitation({ from: "2001:db8:10::190", ...fields });
      const question = from({});
      const dad = (fields: Partial<NeighborFrame>): Uint8Array =>
        from({ from: "::", options: [], ...fields });
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
        from({ type: ADVERTISEMENT }),
        from({ destination: stranger }),
        from({ options: [1, 0, ...macBytes(me)] }),
        from({ options: [1, 2, ...macBytes(me)] }),
        from({ options: linkLayerOption(1, "33:33:00:00:00:01") }),
        from({ options: linkLayerOption(1, NO_MAC) }),
        from({ from: "ff02::1" }),
        dad({ options: linkLayerOption(1, me) }),
        dad({ to: ALL_NODES, destination: ALL_NODES_MAC }),
        dad({ to: vip6, destination: owner6 }),
        from({ target: UNHELD[1] }),
      ];
      // Each is sent twice, because one refresh may fall into this interval and looks like an answer to ::.
      const answers = await answersTo([...unanswerable, ...unanswerable, solicitation({})], vip6);
      const solicited = answers.filter(({ form }) => form === "answer");
      expect(solicited.map(({ frame }) => frame)).to.deep.equal([advertised({})]);
      expect(answers.length - solicited.length).to.be.at.most(1);
    });
  });

  it("is told by nobody while no Service holds it, or while it is placed nowhere", async () => {
    await apply(lab, service("idle", { app: "nobody", spec: DUAL_STACK }));
    const [idle4 = "", idle6 = ""] = await addressed(lab, "idle", 2);
    for (const ip of [idle4, idle6]) {
      const wanted = { type: "Announced", status: "False", reason: "NoEndpoints" };
      await condition(lab, paths.virtualIP(virtualIPNameOf(ip)), wanted);
    }
    const silent = [UNHELD[0], UNHELD[1], idle4, idle6];
    const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
    await sendFrames(lab, "client-1", [
      ...[UNHELD[0], idle4].map((targetAddress) => arpQuestion({ targetAddress })),
      ...[UNHELD[1], idle6].map((target) => solicitation({ target })),
      arpQuestion({}),
      solicitation({}),
    ]);
    for (const vip of [vip4, vip6]) {
      const isAnswer = (one: Claim): boolean => one.form === "answer";
      await capture.frame(`an answer for ${vip}`, (frame) => claimsOf([frame], vip).some(isAnswer));
    }
    await delay(QUIET_MS);
    const frames = await capture.stop();
    for (const ip of silent) expect(claimsOf(frames, ip), ip).to.deep.equal([]);
    await lab.kubectl(["delete", "service", "idle"]);
  });

  it("is told on through a flood of garbage, all of which is counted under its reason", async () => {
    const node = await announcer(lab, virtualIPNameOf(vip4));
    const node6 = await announcer(lab, virtualIPNameOf(vip6));
    const garbage4: Readonly<Record<string, Uint8Array>> = {
      Short: arpQuestion({ senderAddress: vip4, destination: owner4 }).subarray(0, 40),
      NotForUs: arpQuestion({ destination: "01:00:5e:00:00:01" }),
      OwnFrame: arpQuestion({ senderMac: owner4 }),
      Malformed: changed(arpQuestion({}), 18, 8),
      BadSender: arpQuestion({ senderMac: BROADCAST }),
      ForeignClaim: arpQuestion({ senderAddress: vip4, destination: owner4 }),
    };
    const garbage6: Readonly<Record<string, Uint8Array>> = {
      NotForUs: solicitation({ destination: BROADCAST }),
      BadLength: changed(solicitation({}), 18, 0, 200),
      NotAnnounced: solicitation({ target: vip6.replace("2001:db8:10:", "2001:db8:99:") }),
      BadHopLimit: solicitation({ hopLimit: 64 }),
      BadCode: solicitation({ code: 1 }),
      BadChecksum: changed(solicitation({}), CHECKSUM, 0, 0),
      BadOption: solicitation({ options: [1, 0, ...macBytes(me)] }),
      BadSource: solicitation({ from: "ff02::1" }),
      BadSender: solicitation({ options: linkLayerOption(1, NO_MAC) }),
      ForeignClaim: solicitation({ type: ADVERTISEMENT, destination: owner6, flags: "O" }),
    };
    const all = [...Object.values(garbage4), ...Object.values(garbage6)];
    const repeats = 600;
    const flood = Array.from({ length: repeats }, () => all).flat();
    const [before4, before6] = [await frameCounts(lab, node), await frameCounts(lab, node6)];
    const [, replies, advertisements, attempts] = await Promise.all([
      sendFrames(lab, "client-1", flood, { perSecond: 3000 }),
      lab.arping("client-2", vip4, { count: 3 }),
      lab.ndisc("client-2", vip6),
      lab
        .probe("client-2", { kind: "http", url: `http://${vip4}/` }, { everyMs: 100 })
        .then(async (probing) => {
          await lab.waitFor("20 pages during the flood", () => probing.attempts.length >= 20);
          return probing.stop();
        }),
    ]);
    expect(replies.map(({ mac }) => mac)).to.deep.equal([owner4, owner4, owner4]);
    expect(advertisements.map(({ mac }) => mac)).to.deep.equal([owner6]);
    expect(attempts.filter(({ ok }) => !ok)).to.deep.equal([]);
    const counted = async (
      on: string,
      protocol: string,
      garbage: typeof garbage4,
      before: ReadonlyMap<string, number>,
    ): Promise<void> => {
      const wanted = Object.fromEntries(Object.keys(garbage).map((reason) => [reason, repeats]));
      await lab.waitFor(
        `the speaker on ${on} has counted ${JSON.stringify(wanted)}`,
        async (see) => {
          const now = await frameCounts(lab, on);
          const grown = (key: string): number => (now.get(key) ?? 0) - (before.get(key) ?? 0);
          const seen = Object.fromEntries(
            Object.keys(garbage).map((reason) => [reason, grown(`${protocol} ${reason}`)]),
          );
          see({ ...seen, lost: grown("lost") });
          return JSON.stringify(seen) === JSON.stringify(wanted);
        },
        { deadlineMs: 5000 },
      );
    };
    await counted(node, "arp", garbage4, before4);
    await counted(node6, "ndp", garbage6, before6);
  });

  describe("taken over by another node", () => {
    const ways: readonly (readonly [
      string,
      (node: string) => Promise<unknown>,
      (node: string) => Promise<unknown>,
    ])[] = [
      ["because the speaker of its owner goes", deleteSpeaker, () => rolledOut()],
      [
        "because its owner is excluded from load balancers",
        (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}=true`]),
        (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}-`]),
      ],
      [
        "because its owner is cordoned",
        (node) => lab.kubectl(["cordon", node]),
        (node) => lab.kubectl(["uncordon", node]),
      ],
    ];
    for (const [why, move, undo] of ways)
      for (const family of ["IPv4", "IPv6"])
        it(`${why} is followed by a client that knows it, which need not ask, in ${family}`, async () => {
          await apply(lab, service("moved", { spec: { ipFamilies: [family] } }));
          const [vip = ""] = await addressed(lab, "moved");
          const holder = await announcer(lab, virtualIPNameOf(vip));
          await lab.flushNeighbors("client-1", vip);
          await page(lab, "client-1", vip);
          expect(await knownMac(lab, "client-1", vip)).to.equal(macOf(lab, holder));
          const capture = await lab.capture("client-1", "arp or icmp6");
          try {
            await move(holder);
            const mac = await followed(lab, "client-1", vip, macOf(lab, holder));
            expect(questionsOf(capture.frames, me, vip)).to.equal(0);
            expect(await lab.fetch("client-1", urlOf(vip))).to.include({ ok: true, status: 200 });
            const next = await announcer(lab, virtualIPNameOf(vip), holder);
            expect(mac).to.equal(macOf(lab, next));
            await whenTold(lab, capture, vip, mac);
            expectRounds(claimsOf(await capture.stop(), vip), vip, mac);
            expect(await resolutions(lab, "client-2", vip)).to.deep.equal([mac]);
          } finally {
            await capture.stop();
            await undo(holder);
          }
        });
    afterEach(() => lab.kubectl(["delete", "service", "moved", "--ignore-not-found"]));
  });

  function deleteSpeaker(node: string): Promise<string> {
    const which = ["-l", "app.kubernetes.io/component=speaker", "--field-selector", `spec.nodeName=${node}`];
    return lab.kubectl(["-n", "fairlead-system", "delete", "pod", ...which, "--wait=false"]);
  }

  function rolledOut(): Promise<string> {
    const what = ["rollout", "status", "daemonset/fairlead-speaker", "--timeout=60s"];
    return lab.kubectl(["-n", "fairlead-system", ...what]);
  }
});
