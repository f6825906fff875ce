/** One request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, for example `/api/v1/nodes?limit=500`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string;
  /**
   * Time in ms until the whole answer must be there, waiting for the rate limit and repeats included; for a stream: until
   * its head must be there. @default 30000
   */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Not held back by the client-side rate limit. For leases, whose lateness has a price. @default false */
  readonly urgent?: boolean;
  /**
   * Asked immediately before the request leaves, after every wait; a text instead of undefined refuses it with a
   * {@link RequestRefused} of that text.
   */
  readonly refuse?: (() => string | undefined) | undefined;
}

/**
 * The way to the API server. Rejections are {@link ApiError} (the server said no), {@link TransportError} (no answer, or
 * half of one), {@link RequestRefused}, or the reason of the caller's own signal.
 */
export interface ApiTransport {
  /** Resolves with the JSON of a 2xx answer. */
  request<T>(request: ApiRequest): Promise<T>;
  /**
   * Calls `onOpen` when the head of a 2xx answer is there, then `onLine` for each line of it, without its line feed. Resolves
   * on a clean end, rejects otherwise. What `onLine` throws ends the stream and is what it rejects with.
   */
  stream(request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void>;
}

/** The parts of an answer that tell why it is an error. */
export interface ApiErrorParts {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
}

/** The API server answered with an error. `message` is its own text. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status, for example 404 or 409. */
  readonly status: number;
  /** `reason` of the Status object, for example `NotFound`, `Conflict`, `AlreadyExists`; empty if it sent none. */
  readonly reason: string;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** `details` of the Status object. */
  readonly details: unknown;

  constructor(parts: ApiErrorParts) {
    super(parts.message || `the API server answered ${parts.status}`);
    this.status = parts.status;
    this.reason = parts.reason ?? "";
    this.retryAfterMs = parts.retryAfterMs;
    this.details = parts.details;
  }
}

/** Why there is no usable answer. */
export type TransportFailure = "unreachable" | "deadline" | "cut" | "too-large" | "not-json" | "stopped";

/** No answer, or half of one: whether the server acted on the request is unknown. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly failure: TransportFailure;

  constructor(failure: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** The request was not sent because its owner no longer stands by it. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
}

/** Whether the API server answered with this status. */
export function hasStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}
