import type { Log, LogFields } from "@fairlead/runtime/log.ts";
import type { FromWire } from "./messages.ts";

/** A log whose lines are written by the control thread, so that there is one writer and one logger in memory. */
export function messageLog(post: (message: FromWire) => void, always: LogFields = {}): Log {
  const write = (level: "error" | "warn" | "info" | "debug") => (event: string, fields?: LogFields) => {
    post({ type: "log", level, event, fields: { ...always, ...fields } });
  };
  return {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    child: (fields) => messageLog(post, { ...always, ...fields }),
  };
}
