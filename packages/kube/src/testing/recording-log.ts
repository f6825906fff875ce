import type { Log, LogFields } from "@fairlead/runtime/log.ts";

export interface LogLine {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines for a test to read. */
export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  error(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "error", event, fields });
  }

  warn(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "warn", event, fields });
  }

  info(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "info", event, fields });
  }

  debug(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "debug", event, fields });
  }

  child(): Log {
    return this;
  }

  /** Events of the levels error and warn. */
  get complaints(): readonly string[] {
    return this.lines.filter(({ level }) => level === "error" || level === "warn").map(({ event }) => event);
  }
}
