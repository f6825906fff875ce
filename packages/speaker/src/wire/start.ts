import { randomBytes } from "node:crypto";
import { InterfaceWatch } from "@fairlead/linux/interface-watch.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { UdpSocket, type UdpSocketOptions } from "@fairlead/linux/udp-socket.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { claimText } from "@fairlead/takeover/claims/claim.ts";
import type { Report } from "@fairlead/takeover/environment.ts";
import { AnnouncementTable } from "../announcements/table.ts";
import type { TakeoverDrop } from "../failover/counts.ts";
import { SharedKeyring } from "../failover/keyring.ts";
import { Measures } from "../failover/measures.ts";
import { NodePath } from "../failover/node-path.ts";
import { ReportLog } from "../failover/report-log.ts";
import { Troubles } from "../failover/troubles.ts";
import { UdpChannel, type UdpChannelSurroundings } from "../failover/udp-channel.ts";
import { UdpPost } from "../failover/udp-post.ts";
import { Layer2 } from "../layer2/layer2.ts";
import { SocketMemberships } from "../layer2/ndp/memberships.ts";
import { WireCounts } from "./counts.ts";
import { Lateness, STALL_MS } from "./lateness.ts";
import { messageLog } from "./message-log.ts";
import type { FromWire, Split, ToWire, WireStart } from "./messages.ts";
import { ReadingFirstClock } from "./reading-first-clock.ts";
import { Wire } from "./wire.ts";

const SAMPLED_EVERY_MS = 5_000;

/** The end of a message channel that the wire thread holds: `parentPort` of a worker. */
export interface WireChannel {
  postMessage(message: FromWire): void;
  on(event: "message", listener: (message: ToWire) => void): void;
  /** Lets the thread end. */
  close(): void;
}

/** Builds the wire thread from its parts and runs it until it is told to stop. */
export function startWire(
  start: WireStart,
  {
    channel,
    clock,
    random,
  }: { readonly channel: WireChannel; readonly clock: Clock; readonly random: Random },
): void {
  const post = (message: FromWire): void => channel.postMessage(message);
  const log = messageLog(post, { thread: "wire" });
  const counts = new WireCounts(start.counts);
  const table = new AnnouncementTable({ excluded: start.excludedInterfaces });
  const takeoverCounts = counts.takeover();
  const reports = new ReportLog({ clock, log, counts: takeoverCounts });
  const troubles = new Troubles({ clock, tell: (all) => post({ type: "troubles", troubles: all }) });
  const durations = {
    detectedNode: counts.duration("detectedNode"),
    detectedSpeaker: counts.duration("detectedSpeaker"),
    takenOver: counts.duration("takenOver"),
    overlap: counts.duration("overlap"),
  };
  const measures = new Measures({
    observe: (what, ms, times) => durations[what].observe(ms, times),
    add: (what, howMany) => counts.add(what, howMany),
  });
  const layer2: Layer2 = new Layer2({
    counts: { arp: counts.arp(), ndp: counts.ndp(), icmp: counts.icmp(), icmp6: counts.icmp6() },
    answerPing: start.answerPing,
    openSocket: (options) => PacketSocket.open(options),
    memberships: (interfaceIndex) => new SocketMemberships(interfaceIndex),
    clock,
    random,
    log,
    refreshMs: start.refreshMs,
    onFailureChange: (interfaceIndex) => wire.failureChanged(interfaceIndex),
    onSeen: (interfaceIndex, address, mac, gratuitous) =>
      wire.onSeen(interfaceIndex, address, mac, gratuitous),
    beforeFrame: (interfaceIndex) => wire.check(interfaceIndex),
  });
  let watchError = "";
  const watch = new InterfaceWatch({
    clock,
    onChange: (interfaces) => {
      watchError = "";
      layer2.kernelHas(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
      wire.setInterfaces(interfaces);
    },
    // It tries again once a second; only what is new is told.
    onError: ({ message }) => {
      counts.set("watchFailedAt", clock.wall().getTime());
      if (message !== watchError) log.warn("interface watch failed", { error: message });
      watchError = message;
    },
  });
  const lateness = new Lateness({
    clock,
    onMeasured: (latenessMs) => {
      if (latenessMs > counts.get("latenessMs")) counts.set("latenessMs", latenessMs);
      if (latenessMs > STALL_MS) counts.add("stalls", 1);
    },
  });
  const sample = (): void => {
    counts.set("kernelDrops", layer2.kernelDrops);
    const missed = measures.missedNews();
    if (missed !== undefined) post({ type: "missed", missed });
    sampling = clock.after(SAMPLED_EVERY_MS, sample);
  };
  let sampling = clock.after(SAMPLED_EVERY_MS, sample);
  const onStop = (): void => {
    watch.stop();
    lateness.stop();
    sampling.cancel();
    troubles.stop();
    channel.close();
  };
  const channels = {
    open: (options: UdpSocketOptions) => UdpSocket.open(options),
    onDrop: (reason: TakeoverDrop) => takeoverCounts.add(reason),
    ...{ clock, random, log },
  };
  const wire: Wire = new Wire({
    node: start.node,
    table,
    carrier: layer2,
    keys: new SharedKeyring(),
    newIncarnation: () => randomBytes(8).readBigUInt64BE(0) | 1n,
    openPost: (self, onDatagram) => new UdpPost({ ...channels, self, port: start.takeoverPort, onDatagram }),
    nodePath: start.nodePath && nodePathOf(start.nodePath, channels),
    caretake: start.caretake,
    memories: start.memories,
    onTurn: (address, self, claim, reason) => {
      takeoverCounts.add(reason);
      const fields = { vip: address.text, interface: self.name, reason };
      if (claim === undefined) log.info("address let go", fields);
      else log.info("address claimed", { ...fields, claim: claimText(claim) });
    },
    onReport: (self, report, peer) => {
      reports.take(self.name, report, peer);
      troubles.take(self.name, report, peer);
      if (report.type === "SplitBrain") post({ type: "split", split: splitOf(self.name, report, peer) });
    },
    onMeasured: (self, what, peer) => measures.take(self.name, what, peer),
    onDrop: (reason) => takeoverCounts.add(reason),
    clock: new ReadingFirstClock(clock),
    post,
    onStop,
  });
  channel.on("message", (message) => wire.take(message));
  lateness.start();
  watch.start();
}

function nodePathOf(
  { address, port }: NonNullable<WireStart["nodePath"]>,
  channels: UdpChannelSurroundings & { readonly onDrop: (reason: TakeoverDrop) => void },
): NodePath {
  return new NodePath({
    address,
    openPost: (onDatagram) =>
      new UdpChannel({
        ...channels,
        socket: (callbacks) => ({ address, port, ...callbacks }),
        onDatagram,
        fields: { address: address.text, port },
        without: "speakers hear each other on the announcing interfaces alone until it works",
      }),
    onDrop: channels.onDrop,
  });
}

function splitOf(
  name: string,
  { peer: id, address, addresses, lastedMs }: Extract<Report, { readonly type: "SplitBrain" }>,
  peer: string | undefined,
): Split {
  return { interface: name, peer: peer ?? id.toString(16), address: address.text, addresses, lastedMs };
}
