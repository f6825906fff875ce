import type { Metrics } from "@fairlead/runtime/metrics.ts";
import { TAKEOVER_DROPS, TAKEOVER_REASONS, TAKEOVER_REPORTS } from "../failover/counts.ts";
import type { Duration, MissedHeartbeats } from "../failover/measures.ts";
import type { WireCounts } from "../wire/counts.ts";
import { BOUNDS_SECONDS } from "../wire/shared-histogram.ts";

/** Where the figures come from; read at each scrape. */
export interface FailoverFigures {
  readonly counts: WireCounts;
  readonly missed: () => readonly MissedHeartbeats[];
}

/** Registers what a speaker shows of the failover protocol. */
export function registerFailoverMetrics(metrics: Metrics, { counts, missed }: FailoverFigures): void {
  metrics.counter(
    "fairlead_speaker_takeover_messages_dropped_total",
    "Messages between speakers that had no effect, by reason.",
    ["reason"],
    (counter) => {
      for (const reason of TAKEOVER_DROPS) counter.inc({ reason }, counts.ofTakeover(reason));
    },
  );
  metrics.counter(
    "fairlead_speaker_takeover_reports_total",
    "What the failover protocol noticed of its surroundings, by kind.",
    ["kind"],
    (counter) => {
      for (const kind of TAKEOVER_REPORTS) counter.inc({ kind }, counts.ofTakeover(kind));
    },
  );
  metrics.counter(
    "fairlead_speaker_turns_total",
    "How often an address began or ended to be announced here, or changed its claim, by reason.",
    ["reason"],
    (counter) => {
      for (const reason of TAKEOVER_REASONS) counter.inc({ reason }, counts.ofTakeover(reason));
    },
  );
  metrics.counter(
    "fairlead_speaker_caretakings_total",
    "How often an address began to be answered for in the place of a dead speaker.",
    [],
    (counter) => counter.inc(counts.get("caretakings")),
  );
  metrics.counter(
    "fairlead_speaker_doubts_total",
    "How often nothing was answered for until others had been asked, after a stall or a lost link.",
    [],
    (counter) => counter.inc(counts.get("doubts")),
  );
  metrics.counter(
    "fairlead_speaker_heartbeats_missed_total",
    "Heartbeats of a node that did not come when they were due.",
    ["interface", "peer", "path"],
    (counter) => {
      for (const { count, ...labels } of missed()) counter.inc(labels, count);
    },
  );
  const found = { node: counts.duration("detectedNode"), speaker: counts.duration("detectedSpeaker") };
  const detection = metrics.histogram(
    "fairlead_speaker_detection_seconds",
    "From the last heartbeat of a node until it was found that the node is dead, or only its speaker.",
    BOUNDS_SECONDS,
    ["found"],
    (histogram) => {
      for (const what of ["node", "speaker"] as const)
        for (const { seconds, times } of found[what].news())
          for (let i = 0; i < times; i++) histogram.observe({ found: what }, seconds);
    },
  );
  for (const what of ["node", "speaker"] as const) detection.zero({ found: what });
  const shown: readonly (readonly [Duration, string, string])[] = [
    [
      "takenOver",
      "fairlead_speaker_takeover_seconds",
      "From the last heartbeat of a dead node until an address of it was answered for here.",
    ],
    [
      "overlap",
      "fairlead_speaker_overlap_seconds",
      "For how long at most an address was announced here and by another node too.",
    ],
  ];
  for (const [what, name, help] of shown) {
    const duration = counts.duration(what);
    metrics.histogram(name, help, BOUNDS_SECONDS, [], (histogram) => {
      for (const { seconds, times } of duration.news())
        for (let i = 0; i < times; i++) histogram.observe(seconds);
    });
  }
}
