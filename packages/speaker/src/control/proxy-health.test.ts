import type { ProxyHealth } from "@fairlead/api/speaker.ts";
import { expect } from "chai";
import { afterAnswer, type ProxyRecord } from "./proxy-health.ts";

describe("what is known of a node's kube-proxy", () => {
  /** `+` it is well, `-` it is not. */
  const cases: readonly [why: string, ProxyHealth, answers: string, ProxyHealth][] = [
    ["is nothing while it never was well", "Unknown", "-".repeat(100), "Unknown"],
    ["is that it is well once it says so", "Unknown", "--+", "Healthy"],
    ["is not changed by three failures in a row", "Healthy", "---", "Healthy"],
    ["is changed by four", "Healthy", "----", "Unhealthy"],
    ["is not changed by failures with an answer between them", "Healthy", "---+---+---", "Healthy"],
    ["is not changed by two answers that it is well again", "Unhealthy", "++", "Unhealthy"],
    ["is changed by three", "Unhealthy", "+++", "Healthy"],
    ["is not changed by answers with a failure between them", "Unhealthy", "++-++-++", "Unhealthy"],
    ["begins to count anew after a change", "Unhealthy", "+++---", "Healthy"],
    ["follows each change", "Unknown", "+----+++----", "Unhealthy"],
  ];
  for (const [why, before, answers, after] of cases)
    it(why, () => {
      let record: ProxyRecord = { health: before, against: 0 };
      for (const answer of answers) record = afterAnswer(record, answer === "+");
      expect(record.health).to.equal(after);
    });
});
