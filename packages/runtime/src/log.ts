/** Values a log line may carry. A secret is never one of them. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One event a line, in the past tense, with stable keys (`vip`, `interface`, `node`, `service`, `pool`). */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields too. */
  child(fields: LogFields): Log;
}

/** A log that drops everything. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  child: () => silentLog,
};

/** The text of anything that was thrown, its causes included. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const text = thrown.message === "" ? thrown.name : thrown.message;
  return thrown.cause === undefined ? text : `${text}: ${errorText(thrown.cause)}`;
}
