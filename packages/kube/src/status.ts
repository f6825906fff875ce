import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "./transport.ts";

/** The parts of a `meta/v1 Status` that are read. */
interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown };
}

/** The error that an HTTP answer stands for. Its body should be a Status, but a proxy's page is not. */
export function errorOfAnswer(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  wall: Date,
): ApiError {
  const object = parseStatus(body);
  const message = object === undefined ? body.trim().slice(0, 200) : text(object.message);
  return new ApiError({
    status,
    reason: text(object?.reason),
    message: message === "" ? undefined : message,
    details: object?.details,
    retryAfterMs: retryAfter(headers["retry-after"], wall) ?? retryAfterOf(object),
  });
}

/** The error that the object of a watch's ERROR event stands for. */
export function errorOfStatus(object: unknown): ApiError {
  const status: Status = isObject(object) ? object : {};
  return new ApiError({
    status: typeof status.code === "number" ? status.code : 500,
    reason: text(status.reason),
    message: text(status.message) || "the watch ended with an error",
    details: status.details,
    retryAfterMs: retryAfterOf(status),
  });
}

/** Whether the `details` of the error name this cause. */
export function hasCause(error: ApiError, reason: string): boolean {
  const causes = isObject(error.details) ? error.details.causes : undefined;
  return Array.isArray(causes) && causes.some((cause: unknown) => isObject(cause) && cause.reason === reason);
}

/** RFC 9110 10.2.3: a number of seconds or a date. In ms, at most one hour. */
export function retryAfter(header: string | undefined, wall: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - wall.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 3_600_000);
}

function retryAfterOf(status: Status | undefined): number | undefined {
  const seconds = isObject(status?.details) ? status.details.retryAfterSeconds : undefined;
  return typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1000, 3_600_000) : undefined;
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
