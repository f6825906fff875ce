import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "../../lab/lab.ts";
import type { Frame } from "../../lab/pcap.ts";
import {
  ADVERTISEMENT,
  ALL_NODES,
  type ArpFrame,
  BROADCAST,
  REQUEST,
  type ReadNeighborFrame,
  readArp,
  readNeighbor,
  SOLICITATION,
} from "./frames.ts";
import { questionsFrom } from "./questions.ts";

/** How frames are sent. */
export interface SendOptions {
  /** @default "eth0" */
  readonly interface?: string;
  /** @default 200 */
  readonly perSecond?: number;
}

/** Sends frames from a member's interface, byte for byte. */
export async function sendFrames(
  lab: Lab,
  member: string,
  frames: readonly Uint8Array[],
  options: SendOptions = {},
): Promise<void> {
  const { perSecond = 200 } = options;
  const index = await interfaceIndex(lab, member, options.interface);
  const program = join(import.meta.dirname, "send-frames.ts");
  const input = frames.map((frame) => Buffer.from(frame).toString("hex")).join("\n");
  await lab.exec(member, [process.execPath, "--no-warnings", program, String(index), String(perSecond)], {
    input,
  });
}

/** The kernel's number of a member's interface. */
export async function interfaceIndex(lab: Lab, member: string, name = "eth0"): Promise<number> {
  const shown = await lab.exec(member, ["ip", "-j", "link", "show", "dev", name]);
  const [link] = JSON.parse(shown.stdout) as readonly { readonly ifindex: number }[];
  if (link === undefined) throw new Error(`${member} has no ${name}`);
  return link.ifindex;
}

/** A frame that says which MAC an address has. */
export interface Claim {
  readonly timeMs: number;
  /** The Ethernet source. */
  readonly source: string;
  /** An answer to one asker, or one of the forms that tell everybody. */
  readonly form: "answer" | "request" | "reply" | "advertisement";
  readonly frame: ArpFrame | ReadNeighborFrame;
}

/** The frames that claim the address, in the order in which they came. */
export function claimsOf(frames: readonly Frame[], address: string): readonly Claim[] {
  return frames.flatMap(({ timeUs, bytes }): readonly Claim[] => {
    const timeMs = timeUs / 1000;
    const arp = readArp(bytes);
    if (arp?.senderAddress === address) {
      const toAll = arp.operation === REQUEST ? "request" : "reply";
      const form = arp.destination === BROADCAST ? toAll : "answer";
      return [{ timeMs, source: arp.source, form, frame: arp }];
    }
    const neighbor = readNeighbor(bytes);
    if (neighbor?.type !== ADVERTISEMENT || neighbor.target !== address) return [];
    const form = neighbor.to === ALL_NODES ? "advertisement" : "answer";
    return [{ timeMs, source: neighbor.source, form, frame: neighbor }];
  });
}

/** The MAC that a claim gives out: that of its sender, unless it answers in another's place. */
export function toldMac({ frame }: Claim): string {
  if ("senderMac" in frame) return frame.senderMac;
  return macText(frame.options.slice(2, 8));
}

/**
 * Frames of these stations in which the MAC that is told is not that which the frame comes from: a switch would learn two ports for one. Only who
 * answers in another's place may send such.
 */
export function misattributed(frames: readonly Frame[], macs: readonly string[]): readonly string[] {
  return frames.flatMap(({ bytes }) => {
    const arp = readArp(bytes);
    const neighbor = readNeighbor(bytes);
    const source = arp?.source ?? neighbor?.source ?? "";
    const option = neighbor?.type === SOLICITATION ? 1 : 2;
    const told =
      arp?.senderMac ?? (neighbor?.options[0] === option ? macText(neighbor.options.slice(2, 8)) : source);
    return macs.includes(source) && told !== source ? [`${told} in a frame from ${source}`] : [];
  });
}

function macText(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** How often the station with this MAC asked for the address. */
export function questionsOf(frames: readonly Frame[], mac: string, address: string): number {
  return frames.filter(({ bytes }) => {
    const arp = readArp(bytes);
    if (arp !== undefined)
      return arp.operation === REQUEST && arp.source === mac && arp.targetAddress === address;
    const neighbor = readNeighbor(bytes);
    return neighbor?.type === SOLICITATION && neighbor.source === mac && neighbor.target === address;
  }).length;
}

/** The MAC that a member has for an address in its neighbor table. */
export async function knownMac(lab: Lab, member: string, address: string): Promise<string | undefined> {
  return (await lab.neighbors(member)).find((neighbor) => neighbor.address === address)?.mac;
}

/** Waits until a client's neighbor table has another MAC than `before` for an address, and returns it. */
export function followed(lab: Lab, client: string, address: string, before: string): Promise<string> {
  return lab.waitFor(`${client} has another MAC than ${before} for ${address}`, async (see) => {
    const mac = await knownMac(lab, client, address);
    see(mac);
    return mac !== undefined && mac !== before && mac;
  });
}

/** How long an answer is waited for, and how long other answers are waited for after it, in ms. */
const ANSWER_MS = 1000;
const QUIET_MS = 400;

/** The MACs told in answer to one question of a member, one an answer: two answerers are two. */
export async function resolutions(
  lab: Lab,
  member: string,
  address: string,
  interfaceName = "eth0",
): Promise<readonly string[]> {
  const ask = questionsFrom(lab, member, interfaceName);
  const at = { interface: interfaceName };
  const capture = await lab.capture(member, "arp or icmp6", { ...at, direction: "in" });
  const answers = (): readonly Claim[] =>
    claimsOf(capture.frames, address).filter(({ form }) => form === "answer");
  await sendFrames(lab, member, [address.includes(":") ? ask.neighbor(address) : ask.arp(address)], at);
  const endMs = performance.now() + ANSWER_MS;
  while (answers().length === 0 && performance.now() < endMs) await delay(20);
  await delay(QUIET_MS);
  await capture.stop();
  return answers().map(({ source }) => source);
}

/** What the speaker on a node counted: frames by protocol and result (`arp Answer`), and `lost`. */
export async function frameCounts(lab: Lab, node: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await speakerMetrics(lab, node)).split("\n")) {
    const frames = /^fairlead_speaker_frames_total\{protocol="(\w+)",result="(\w+)"\} (\d+)/.exec(line) ?? [];
    const [, protocol, result, count] = frames;
    if (count !== undefined) counts.set(`${protocol} ${result}`, Number(count));
    const [, lost] = /^fairlead_speaker_frames_lost_total (\d+)/.exec(line) ?? [];
    if (lost !== undefined) counts.set("lost", Number(lost));
  }
  return counts;
}

/** The metrics of the speaker on a node as text. @throws Error if there are none */
export async function speakerMetrics(lab: Lab, node: string): Promise<string> {
  const attempt = await lab.fetch(node, "http://127.0.0.1:7952/metrics");
  if (!attempt.ok) throw new Error(`no metrics of the speaker on ${node}: ${attempt.reason}`);
  return attempt.body;
}
