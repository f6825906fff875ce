import { Metrics } from "@fairlead/runtime/metrics.ts";
import { expect } from "chai";
import { WireCounts } from "../wire/counts.ts";
import type { AddressState } from "../wire/messages.ts";
import { registerSpeakerMetrics } from "./speaker-metrics.ts";

describe("the speaker's metrics", () => {
  it("show who is answered for and what became of frames", async () => {
    const counts = new WireCounts(WireCounts.memory());
    const metrics = new Metrics();
    const states = new Map<string, AddressState>([
      ["192.0.2.7", { kind: "Announcing", on: [] }],
      [
        "2001-0db8-0000-0000-0000-0000-0000-0007",
        { kind: "Refused", epoch: 1, reason: "NoCarrier", message: "" },
      ],
      ["192.0.2.8", { kind: "Waiting" }],
    ]);
    registerSpeakerMetrics(metrics, {
      counts,
      states: () => states,
      leftOut: () => 2,
      missed: () => [{ interface: "eth0", peer: "worker-2", path: "Segment", count: 7 }],
      wireSilentMs: () => 500,
      proxy: () => ({ health: "Unhealthy", count: (answer) => (answer === "Status" ? 4 : 0) }),
    });
    counts.arp().add("Answer");
    const takeover = counts.takeover();
    for (const what of ["WrongTag", "HeartbeatPath", "HolderDead"] as const) takeover.add(what);
    counts.set("latenessMs", 40);
    counts.add("doubts", 1);
    counts.add("caretakings", 12);
    counts.duration("detectedNode").observe(420);
    counts.duration("takenOver").observe(430, 1000);
    counts.duration("overlap").observe(30_000);
    const first = await metrics.text();
    for (const line of [
      'fairlead_speaker_announced{address="192.0.2.7"} 1',
      'fairlead_speaker_announced{address="2001:db8::7"} 0',
      'fairlead_speaker_frames_total{protocol="arp",result="Answer"} 1',
      'fairlead_speaker_takeover_messages_dropped_total{reason="WrongTag"} 1',
      'fairlead_speaker_takeover_messages_dropped_total{reason="UnknownKey"} 0',
      'fairlead_speaker_takeover_reports_total{kind="HeartbeatPath"} 1',
      'fairlead_speaker_turns_total{reason="HolderDead"} 1',
      'fairlead_speaker_proxy_health{health="Unhealthy"} 1',
      'fairlead_speaker_proxy_answers_total{result="Status"} 4',
      'fairlead_speaker_proxy_answers_total{result="Healthy"} 0',
      "fairlead_speaker_virtualips_invalid 2",
      "fairlead_speaker_doubts_total 1",
      "fairlead_speaker_caretakings_total 12",
      'fairlead_speaker_heartbeats_missed_total{interface="eth0",peer="worker-2",path="Segment"} 7',
      'fairlead_speaker_detection_seconds_bucket{le="0.4",found="node"} 0',
      'fairlead_speaker_detection_seconds_bucket{le="0.5",found="node"} 1',
      'fairlead_speaker_detection_seconds_count{found="speaker"} 0',
      'fairlead_speaker_takeover_seconds_bucket{le="0.5"} 1000',
      'fairlead_speaker_overlap_seconds_bucket{le="10"} 0',
      'fairlead_speaker_overlap_seconds_bucket{le="+Inf"} 1',
      "fairlead_speaker_overlap_seconds_sum 30",
      "fairlead_speaker_wire_lateness_seconds 0.04",
      "fairlead_speaker_wire_silent_seconds 0.5",
    ])
      expect(first.split("\n")).to.include(line);
    expect(first).not.to.contain('health="Healthy"');
    expect(first, "nobody's business yet").not.to.contain('address="192.0.2.8"');
    states.delete("192.0.2.7");
    counts.arp().add("Answer");
    const second = await metrics.text();
    expect(second).not.to.contain('address="192.0.2.7"');
    expect(second).to.contain('fairlead_speaker_takeover_seconds_bucket{le="0.5"} 1000\n');
    expect(second).to.contain('fairlead_speaker_frames_total{protocol="arp",result="Answer"} 2');
    expect(second).to.contain("fairlead_speaker_wire_lateness_seconds 0\n");
  });
});
