import { speakerMetrics } from "../e2e/support/wire.ts";
import type { Lab } from "../lab/lab.ts";

/** What tells why a takeover took long: stalls of the wire thread, times in doubt, messages and frames lost, and why addresses came. */
const TELLING =
  /^fairlead_speaker_(?:wire_stalls|doubts|caretakings|turns|takeover_messages_dropped|takeover_reports|frames_lost)_total.* (\d+)$/;

/** A speaker's counters by their name and labels. */
export type Counters = ReadonlyMap<string, number>;

export async function countersOf(lab: Lab, node: string): Promise<Counters> {
  const counters = new Map<string, number>();
  for (const line of (await speakerMetrics(lab, node)).split("\n")) {
    const value = TELLING.exec(line)?.[1];
    if (value === undefined) continue;
    counters.set(line.slice("fairlead_speaker_".length, line.lastIndexOf(" ")), Number(value));
  }
  return counters;
}

/** Those that are larger now, with how much. */
export function grown(before: Counters, now: Counters): string {
  const all = [...now].flatMap(([name, value]) => {
    const more = value - (before.get(name) ?? 0);
    return more > 0 ? [`${name} ${more}`] : [];
  });
  return all.join(", ") || "nothing";
}
