import { errorText, type Log } from "./log.ts";

/** Something that runs between `start` and `stop`. */
export interface Part {
  readonly name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/**
 * Starts the parts in order, waits for SIGTERM or SIGINT (or for `signal`), then stops them in reverse order. A part that
 * fails to start stops those before it; one that is still starting when the end comes is stopped like the others. An unhandled rejection or exception ends the process with status 1.
 *
 * @returns the status to exit with
 */
export async function runParts(
  parts: readonly Part[],
  log: Log,
  signal: AbortSignal = terminated(),
): Promise<number> {
  const fail = (reason: unknown): void => {
    log.error("process failed", { error: errorText(reason) });
    process.exit(1);
  };
  process.once("unhandledRejection", fail);
  try {
    return await startAndStop(parts, log, signal);
  } finally {
    process.off("unhandledRejection", fail);
  }
}

async function startAndStop(parts: readonly Part[], log: Log, signal: AbortSignal): Promise<number> {
  const started: Part[] = [];
  let status = 0;
  for (const part of parts) {
    if (signal.aborted) break;
    started.push(part);
    try {
      await Promise.race([part.start(), aborted(signal)]);
    } catch (error) {
      started.pop();
      log.error("part failed to start", { part: part.name, error: errorText(error) });
      status = 1;
      break;
    }
  }
  if (status === 0) await aborted(signal);
  for (const part of started.reverse()) {
    try {
      await part.stop();
    } catch (error) {
      log.error("part failed to stop", { part: part.name, error: errorText(error) });
      status = 1;
    }
  }
  return status;
}

function terminated(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
