import { cpus, loadavg } from "node:os";

/** How busy the machine was before a measurement, in words: others that work on it make figures worse. */
export function machineLoad(): string {
  const [lastMinute = 0] = loadavg();
  return `load average of the minute before ${lastMinute.toFixed(1)} on ${cpus().length} cores`;
}
