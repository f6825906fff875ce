import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { Metrics } from "@fairlead/runtime/metrics.ts";
import type { MissedHeartbeats } from "../failover/measures.ts";
import type { WireCounts } from "../wire/counts.ts";
import type { AddressState } from "../wire/messages.ts";
import { registerFailoverMetrics } from "./failover-metrics.ts";
import { PROXY_ANSWERS, type ProxyWatch } from "./proxy-watch.ts";

/** Where the figures come from; read at each scrape. */
export interface SpeakerFigures {
  readonly counts: WireCounts;
  /** By the VirtualIP's name. */
  readonly states: () => ReadonlyMap<string, AddressState>;
  /** VirtualIPs that say nothing that could be carried out. */
  readonly leftOut: () => number;
  readonly missed: () => readonly MissedHeartbeats[];
  readonly wireSilentMs: () => number;
  /** Undefined: kube-proxy is not asked. */
  readonly proxy: () => Pick<ProxyWatch, "health" | "count"> | undefined;
}

/** Registers what a speaker shows of its own. */
export function registerSpeakerMetrics(metrics: Metrics, figures: SpeakerFigures): void {
  const { counts, states } = figures;
  metrics.gauge(
    "fairlead_speaker_announced",
    "1 for each address that this node answers for, 0 for one that it should answer for and cannot.",
    ["address"],
    (gauge) => {
      gauge.reset();
      for (const [name, { kind }] of states()) {
        const address = addressOfVirtualIPName(name)?.text ?? name;
        if (kind === "Announcing") gauge.set({ address }, 1);
        else if (kind === "Refused") gauge.set({ address }, 0);
      }
    },
  );
  metrics.gauge("fairlead_speaker_virtualips_invalid", "VirtualIPs that were left out.", [], (gauge) =>
    gauge.set(figures.leftOut()),
  );
  metrics.counter(
    "fairlead_speaker_frames_total",
    "ARP and NDP frames, and pings (icmp, icmp6): Answer (answered), Gratuitous (sent unasked), Probe (asked), SendFailed, and those dropped, by reason.",
    ["protocol", "result"],
    (counter) => {
      for (const { protocol, name, count } of counts.frames()) counter.inc({ protocol, result: name }, count);
    },
  );
  metrics.counter(
    "fairlead_speaker_frames_lost_total",
    "Frames that passed the filter and that the kernel had no room for.",
    [],
    (counter) => counter.inc(counts.get("kernelDrops")),
  );
  registerFailoverMetrics(metrics, figures);
  metrics.counter(
    "fairlead_speaker_wire_stalls_total",
    "How often the wire thread was late by more than 100 ms.",
    [],
    (counter) => counter.inc(counts.get("stalls")),
  );
  metrics.gauge(
    "fairlead_speaker_wire_lateness_seconds",
    "Greatest lateness of the wire thread since the last scrape.",
    [],
    (gauge) => {
      gauge.set(counts.get("latenessMs") / 1000);
      counts.set("latenessMs", 0);
    },
  );
  metrics.gauge(
    "fairlead_speaker_wire_silent_seconds",
    "Time since the wire thread last answered the control thread.",
    [],
    (gauge) => gauge.set(figures.wireSilentMs() / 1000),
  );
  registerProxyMetrics(metrics, figures);
}

function registerProxyMetrics(metrics: Metrics, { proxy }: SpeakerFigures): void {
  metrics.gauge(
    "fairlead_speaker_proxy_health",
    "1 for what is known of this node's kube-proxy: Healthy, Unhealthy (it was healthy and is not any more) or Unknown (it never said that it is); nothing if it is not asked.",
    ["health"],
    (gauge) => {
      gauge.reset();
      const health = proxy()?.health;
      if (health !== undefined) gauge.set({ health }, 1);
    },
  );
  metrics.counter(
    "fairlead_speaker_proxy_answers_total",
    "Questions to this node's kube-proxy whether it is well, by what came: Healthy, Status (another one than 200), NoAnswer, Stalled (own standstill, not counted).",
    ["result"],
    (counter) => {
      const asked = proxy();
      for (const result of PROXY_ANSWERS) counter.inc({ result }, asked?.count(result) ?? 0);
    },
  );
}
