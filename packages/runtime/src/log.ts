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

/** The text of anything that was thrown, up to five causes included. */
export function errorText(thrown: unknown): string {
  const texts: string[] = [];
  for (let one = thrown; one !== undefined && texts.length < 6; one = one.cause) {
    if (!(one instanceof Error)) {
      texts.push(String(one));
      break;
    }
    texts.push(one.message === "" ? one.name : one.message);
  }
  return texts.length === 0 ? "undefined" : texts.join(": ");
}
