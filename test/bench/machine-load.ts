import { cpus, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** How busy the machine was before a measurement, in words: others that work on it make figures worse. */
export function machineLoad(): string {
  const [lastMinute = 0] = loadavg();
  return `load average of the minute before ${lastMinute.toFixed(1)} on ${cpus().length} cores`;
}

const LOOK_MS = 3000;
/** How long the machine may still be busy with what was created. */
const PATIENCE_MS = 180_000;
/** So much work is left when nothing happens. */
const IDLE = 0.3;

/**
 * Waits until the cores have little to do, but not for ever: what follows a change in many objects goes on for long after it.
 *
 * @returns how busy they were in the last few seconds, and in the minute before, in words
 */
export async function calm(): Promise<string> {
  const endMs = performance.now() + PATIENCE_MS;
  let busy = 1;
  while (busy > IDLE && performance.now() < endMs) {
    const before = coreTimes();
    await delay(LOOK_MS);
    const now = coreTimes();
    busy = 1 - (now.idle - before.idle) / (now.all - before.all);
  }
  return `cores ${(100 * busy).toFixed(0)} % busy before it, ${machineLoad()}`;
}

/** Of all cores together, in ms. */
function coreTimes(): { readonly idle: number; readonly all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
