import { setTimeout as delay } from "node:timers/promises";

/** How long and how often to look. */
export interface WaitOptions {
  /** @default 60000 */
  readonly deadlineMs?: number;
  /** @default 100 */
  readonly everyMs?: number;
  /** Called once when the deadline has passed; its text ends the error's message. */
  readonly diagnose?: (description: string) => Promise<string>;
}

/** Thrown by a probe when the condition cannot come to hold any more; ends the waiting at once. */
export class Hopeless extends Error {
  override readonly name = "Hopeless";
}

/** Looks once: a value if the condition holds, undefined or false if not. `see` notes what was seen, for the error. */
export type Probe<T> = (
  see: (value: unknown) => void,
) => Promise<T | undefined | false> | T | undefined | false;

/** A condition did not come to hold in time. */
export class WaitError extends Error {
  override readonly name = "WaitError";
  readonly description: string;
  readonly lastSeen: unknown;

  constructor(description: string, waitedMs: number, lastSeen: unknown, diagnosis: string) {
    super(`waited ${Math.round(waitedMs)} ms for: ${description}; last seen: ${show(lastSeen)}${diagnosis}`);
    this.description = description;
    this.lastSeen = lastSeen;
  }
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Error) return value.message;
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 2000 ? `${text.slice(0, 2000)}...` : text;
}

/**
 * Waits until the probe gives a value. A probe that throws counts as not yet.
 *
 * @throws WaitError naming what was awaited and what was seen last.
 */
export async function waitFor<T>(
  description: string,
  probe: Probe<T>,
  options: WaitOptions = {},
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? 60_000;
  const startMs = performance.now();
  const endMs = startMs + deadlineMs;
  let lastSeen: unknown;
  for (;;) {
    try {
      const value = await probe((seen) => {
        lastSeen = seen;
      });
      if (value !== undefined && value !== false) return value;
    } catch (thrown) {
      lastSeen = thrown;
    }
    if (lastSeen instanceof Hopeless) break;
    if (performance.now() >= endMs) break;
    await delay(Math.min(options.everyMs ?? 100, Math.max(endMs - performance.now(), 1)));
  }
  const diagnosis = await options.diagnose?.(description);
  throw new WaitError(
    description,
    performance.now() - startMs,
    lastSeen,
    diagnosis === undefined ? "" : `\n${diagnosis}`,
  );
}
