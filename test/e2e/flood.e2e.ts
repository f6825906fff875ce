import { expect } from "chai";
import { unanswered } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import {
  ADVERTISEMENT,
  BROADCAST,
  CHECKSUM,
  changed,
  linkLayerOption,
  macBytes,
  NO_MAC,
} from "./support/frames.ts";
import { type HeldAddress, hold } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { type Questions, questionsFrom } from "./support/questions.ts";
import { page, reset, urlOf } from "./support/steps.ts";
import { frameCounts, sendFrames } from "./support/wire.ts";

/** How often each kind of garbage is sent, and how many frames in a second: some 10 s of it, longer than the questions take. */
const REPEATS = 1800;
const PER_SECOND = 3000;

/** Frames by the reason for which they are dropped. */
type Garbage = Readonly<Record<string, Uint8Array>>;

describe("a flood of garbage on the LAN", () => {
  let lab: Lab;
  let ask: Questions;
  let vip4: HeldAddress;
  let vip6: HeldAddress;

  before(async () => {
    lab = await lanWithWeb();
    ask = questionsFrom(lab, "client-1");
    [vip4, vip6] = await hold(lab, "held");
    for (const { ip } of [vip4, vip6]) await page(lab, "client-2", ip);
  });
  after(() => reset(lab));

  it("is counted frame by frame under its reason, while the addresses are told and served on", async () => {
    const [garbage4, garbage6] = [arpGarbage(), neighborGarbage()];
    const all = [...Object.values(garbage4), ...Object.values(garbage6)];
    const flood = Array.from({ length: REPEATS }, () => all).flat();
    const before4 = await frameCounts(lab, vip4.node);
    const before6 = await frameCounts(lab, vip6.node);
    const probings = await Promise.all(
      [vip4, vip6].map(({ ip }) => lab.probe("client-2", { kind: "http", url: urlOf(ip) }, { everyMs: 100 })),
    );
    const [, replies, advertisements] = await Promise.all([
      sendFrames(lab, "client-1", flood, { perSecond: PER_SECOND }),
      lab.arping("client-2", vip4.ip, { count: 8 }),
      lab.ndisc("client-2", vip6.ip),
    ]);
    const probed = await Promise.all(probings.map((probing) => probing.stop()));
    // A question, too, may be among what the kernel has no room for.
    expect(replies.length).to.be.at.least(3);
    expect([...new Set(replies.map(({ mac }) => mac))]).to.deep.equal([vip4.mac]);
    // The owner contradicts the false claims to all, besides that it answers.
    expect([...new Set(advertisements.map(({ mac }) => mac))]).to.deep.equal([vip6.mac]);
    for (const attempts of probed) {
      expect(attempts.length).to.be.at.least(20);
      expect(unanswered(attempts)).to.deep.equal([]);
    }
    await counted(vip4.node, "arp", garbage4, before4);
    await counted(vip6.node, "ndp", garbage6, before6);
  });

  function arpGarbage(): Garbage {
    const { ip, mac } = vip4;
    return {
      Short: ask.arp(ip, { senderAddress: ip, destination: mac }).subarray(0, 40),
      NotForUs: ask.arp(ip, { destination: "01:00:5e:00:00:01" }),
      OwnFrame: ask.arp(ip, { senderMac: mac }),
      Malformed: changed(ask.arp(ip), 18, 8),
      BadSender: ask.arp(ip, { senderMac: BROADCAST }),
      ForeignClaim: ask.arp(ip, { senderAddress: ip, destination: mac }),
    };
  }

  function neighborGarbage(): Garbage {
    const { ip, mac } = vip6;
    return {
      NotForUs: ask.neighbor(ip, { destination: BROADCAST }),
      BadLength: changed(ask.neighbor(ip), 18, 0, 200),
      // The kernel's filter looks at the last four bytes alone.
      NotAnnounced: ask.neighbor(ip.replace("2001:db8:10:", "2001:db8:99:")),
      BadHopLimit: ask.neighbor(ip, { hopLimit: 64 }),
      BadCode: ask.neighbor(ip, { code: 1 }),
      BadChecksum: changed(ask.neighbor(ip), CHECKSUM, 0, 0),
      BadOption: ask.neighbor(ip, { options: [1, 0, ...macBytes(ask.mac)] }),
      BadSource: ask.neighbor(ip, { from: "ff02::1" }),
      BadSender: ask.neighbor(ip, { options: linkLayerOption(1, NO_MAC) }),
      ForeignClaim: ask.neighbor(ip, { type: ADVERTISEMENT, destination: mac, flags: "O" }),
    };
  }

  async function counted(
    node: string,
    protocol: string,
    garbage: Garbage,
    before: ReadonlyMap<string, number>,
  ): Promise<void> {
    const reasons = Object.keys(garbage);
    const wanted = reasons.map((reason) => `${reason} ${REPEATS}`).join(", ");
    const asked = async (see: (value: unknown) => void): Promise<boolean> => {
      const now = await frameCounts(lab, node);
      const grown = (key: string): number => (now.get(key) ?? 0) - (before.get(key) ?? 0);
      const seen = reasons.map((reason) => `${reason} ${grown(`${protocol} ${reason}`)}`).join(", ");
      const lost = grown("lost");
      see(`${seen}, and ${lost} lost`);
      const counts = reasons.map((reason) => grown(`${protocol} ${reason}`));
      const missing = counts.reduce((sum, count) => sum + REPEATS - count, 0);
      // What the kernel had no room for on a busy machine is counted too, a few seconds later.
      return counts.every((count) => count <= REPEATS) && missing <= lost;
    };
    const what = `the speaker on ${node} has counted ${wanted}, but for what was lost`;
    await lab.waitFor(what, asked, { deadlineMs: 30_000 });
  }
});
