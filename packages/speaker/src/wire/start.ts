import { randomBytes } from "node:crypto";
import { InterfaceWatch } from "@fairlead/linux/interface-watch.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { UdpSocket } from "@fairlead/linux/udp-socket.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { claimText } from "@fairlead/takeover/claims/claim.ts";
import { AnnouncementTable } from "../announcements/table.ts";
import { SharedKeyring } from "../failover/keyring.ts";
import { ReportLog } from "../failover/report-log.ts";
import { UdpPost } from "../failover/udp-post.ts";
import { Layer2 } from "../layer2/layer2.ts";
import { SocketMemberships } from "../layer2/ndp/memberships.ts";
import { WireCounts } from "./counts.ts";
import { Lateness, STALL_MS } from "./lateness.ts";
import { messageLog } from "./message-log.ts";
import type { FromWire, ToWire, WireStart } from "./messages.ts";
import { ReadingFirstClock } from "./reading-first-clock.ts";
import { Wire } from "./wire.ts";

const KERNEL_DROPS_EVERY_MS = 5_000;

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
      if (latenessMs > STALL_MS) counts.set("stalls", counts.get("stalls") + 1);
    },
  });
  const sample = (): void => {
    counts.set("kernelDrops", layer2.kernelDrops);
    sampling = clock.after(KERNEL_DROPS_EVERY_MS, sample);
  };
  let sampling = clock.after(KERNEL_DROPS_EVERY_MS, sample);
  const onStop = (): void => {
    watch.stop();
    lateness.stop();
    sampling.cancel();
    channel.close();
  };
  const wire: Wire = new Wire({
    node: start.node,
    table,
    carrier: layer2,
    keys: new SharedKeyring(),
    newIncarnation: () => randomBytes(8).readBigUInt64BE(0) | 1n,
    openPost: (self, onDatagram) =>
      new UdpPost({
        self,
        port: start.takeoverPort,
        open: (options) => UdpSocket.open(options),
        onDatagram,
        onDrop: (reason) => takeoverCounts.add(reason),
        clock,
        random,
        log,
      }),
    caretake: start.caretake,
    memories: start.memories,
    onTurn: (address, self, claim, reason) => {
      takeoverCounts.add(reason);
      const fields = { vip: address.text, interface: self.name, reason };
      if (claim === undefined) log.info("address let go", fields);
      else log.info("address claimed", { ...fields, claim: claimText(claim) });
    },
    onReport: (self, report, peer) => reports.take(self.name, report, peer),
    onDrop: (reason) => takeoverCounts.add(reason),
    clock: new ReadingFirstClock(clock),
    post,
    onStop,
  });
  channel.on("message", (message) => wire.take(message));
  lateness.start();
  watch.start();
}
