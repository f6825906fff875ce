import { addressOfVirtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { Metrics } from "@fairlead/runtime/metrics.ts";
import type { WireCounts } from "../wire/counts.ts";
import type { AddressState } from "../wire/messages.ts";

/** Where the figures come from; read at each scrape. */
export interface SpeakerFigures {
  readonly counts: WireCounts;
  /** By the VirtualIP's name. */
  readonly states: () => ReadonlyMap<string, AddressState>;
  /** VirtualIPs that say nothing that could be carried out. */
  readonly leftOut: () => number;
  readonly wireSilentMs: () => number;
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
      for (const [name, state] of states()) {
        const address = addressOfVirtualIPName(name)?.text ?? name;
        gauge.set({ address }, state.kind === "Announcing" ? 1 : 0);
      }
    },
  );
  metrics.gauge("fairlead_speaker_virtualips_invalid", "VirtualIPs that were left out.", [], (gauge) =>
    gauge.set(figures.leftOut()),
  );
  metrics.counter(
    "fairlead_speaker_frames_total",
    "ARP and NDP frames: Answer (answered), Gratuitous (sent unasked), SendFailed, and those dropped, by reason.",
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
}
