import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log, LogFields } from "@fairlead/runtime/log.ts";
import type { Report } from "@fairlead/takeover/environment.ts";
import type { TakeoverCount } from "./counts.ts";

/** A report that has not come for so long is news when it comes again, in ms. */
const OVER_AFTER_MS = 60_000;
/** So many reports of a kind on one interface are told apart; of more, as of a host that makes up MACs, only the number is kept. */
const MOST_AT_ONCE = 64;

/** Logs what the failover protocol reports: once when it begins, not each time it is seen; and counts it each time. */
export class ReportLog {
  readonly #options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly counts: { add(what: TakeoverCount): void };
  };
  /** By interface and kind: when each was last seen, the oldest first. */
  readonly #seenMs = new Map<string, Map<string, number>>();

  constructor(options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly counts: { add(what: TakeoverCount): void };
  }) {
    this.#options = options;
  }

  /**
   * @param name of the interface
   * @param peer the node that the report is about; undefined: its name is not known, and its id is told
   */
  take(name: string, report: Report, peer?: string): void {
    const { clock, log, counts } = this.#options;
    counts.add(report.type);
    const fields = fieldsOf(report, peer);
    const kind = `${name} ${report.type}`;
    const seenMs = this.#seenMs.get(kind) ?? new Map<string, number>();
    this.#seenMs.set(kind, seenMs);
    const nowMs = clock.nowMs();
    for (const [old, lastMs] of seenMs) {
      if (nowMs - lastMs <= OVER_AFTER_MS) break;
      seenMs.delete(old);
    }
    const what = report.type === "Stalled" ? "" : JSON.stringify(fields);
    const isKnown = seenMs.delete(what);
    if (!isKnown && seenMs.size >= MOST_AT_ONCE) return;
    seenMs.set(what, nowMs);
    if (isKnown) return;
    log.warn(EVENTS[report.type], { interface: name, ...fields });
  }
}

const EVENTS: Readonly<Record<Report["type"], string>> = {
  HeartbeatPath: "heartbeats of a node that answers do not arrive; look at its firewall and ours",
  HeartbeatBlocked:
    "another node claims an address and its messages do not arrive; look at its firewall and ours",
  Conflict: "a stranger answers for an address of ours",
  SplitBrain: "two nodes announced the same addresses; this one gave way",
  AnsweredByNode:
    "a node answers for an address that is announced elsewhere; look at kube-proxy (strictARP), other speakers and its interfaces",
  DuplicateNode: "two machines use the name of one node",
  AnchorLost:
    "the gateway does not answer; what is placed here, not announced yet and not for this node alone waits for it",
  NodePathLost:
    "nobody acknowledges by the nodes' own addresses any more; what is announced is offered to nodes that hear each other",
  Stalled: "stood still",
};

function fieldsOf(report: Report, peer: string | undefined): LogFields {
  switch (report.type) {
    case "HeartbeatPath":
      return { peer: peer ?? report.holder.toString(16) };
    case "HeartbeatBlocked":
    case "DuplicateNode":
      return { peer: peer ?? report.peer.toString(16) };
    case "SplitBrain":
      return {
        peer: peer ?? report.peer.toString(16),
        vip: report.address.text,
        addresses: report.addresses,
        atMostMs: Math.round(report.lastedMs),
      };
    case "AnsweredByNode":
      return { vip: report.address.text, mac: report.mac, peer: peer ?? report.peer.toString(16) };
    case "Conflict":
      return { vip: report.address.text, mac: report.mac };
    case "Stalled":
      return { lateMs: Math.round(report.lateMs) };
    case "AnchorLost":
    case "NodePathLost":
      return {};
  }
}
