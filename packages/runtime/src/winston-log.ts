import winston from "winston";
import type { Log, LogFields } from "./log.ts";

/** The levels that can be asked for, most silent first. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log that writes JSON lines to standard output: `time`, `level`, `event`, then the fields. */
export function winstonLog(options: { readonly level: LogLevel; readonly fields: LogFields }): Log {
  const line = winston.format.printf(({ level, message, fields }) =>
    JSON.stringify({ time: new Date().toISOString(), level, event: message, ...(fields as LogFields) }),
  );
  const logger = winston.createLogger({
    level: options.level,
    format: line,
    transports: [new winston.transports.Console()],
  });
  return wrap(logger, options.fields);
}

function wrap(logger: winston.Logger, always: LogFields): Log {
  const write = (level: LogLevel) => (event: string, fields?: LogFields) => {
    logger.log({ level, message: event, fields: { ...always, ...fields } });
  };
  return {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    child: (fields) => wrap(logger, { ...always, ...fields }),
  };
}
