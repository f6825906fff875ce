import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log, LogFields } from "@fairlead/runtime/log.ts";
import type { Report } from "@fairlead/takeover/environment.ts";
import type { TakeoverCount } from "./counts.ts";

/** A report that has not come for so long is news when it comes again, in ms. */
const OVER_AFTER_MS = 60_000;

/** Logs what the failover protocol reports: once when it begins, not each time it is seen; and counts it each time. */
export class ReportLog {
  readonly #options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly counts: { add(what: TakeoverCount): void };
  };
  readonly #seenMs = new Map<string, number>();

  constructor(options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly counts: { add(what: TakeoverCount): void };
  }) {
    this.#options = options;
  }

  /** @param name of the interface */
  take(name: string, report: Report): void {
    const { clock, log, counts } = this.#options;
    counts.add(report.type);
    const fields = fieldsOf(report);
    const key = JSON.stringify([name, report.type, report.type === "Stalled" ? {} : fields]);
    const nowMs = clock.nowMs();
    const lastMs = this.#seenMs.get(key);
    for (const [old, seenMs] of this.#seenMs) if (nowMs - seenMs > OVER_AFTER_MS) this.#seenMs.delete(old);
    this.#seenMs.set(key, nowMs);
    if (lastMs !== undefined && nowMs - lastMs <= OVER_AFTER_MS) return;
    log.warn(EVENTS[report.type], { interface: name, ...fields });
  }
}

const EVENTS: Readonly<Record<Report["type"], string>> = {
  HeartbeatPath: "heartbeats of a node that answers do not arrive; look at its firewall and ours",
  HeartbeatBlocked:
    "another node claims an address and its messages do not arrive; look at its firewall and ours",
  Conflict: "a stranger answers for an address of ours",
  DuplicateNode: "two machines use the name of one node",
  AnchorLost: "the gateway does not answer",
  Stalled: "stood still",
};

function fieldsOf(report: Report): LogFields {
  switch (report.type) {
    case "HeartbeatPath":
      return { peer: report.holder.toString(16) };
    case "HeartbeatBlocked":
    case "DuplicateNode":
      return { peer: report.peer.toString(16) };
    case "Conflict":
      return { vip: report.address.text, mac: report.mac };
    case "Stalled":
      return { lateMs: Math.round(report.lateMs) };
    case "AnchorLost":
      return {};
  }
}
