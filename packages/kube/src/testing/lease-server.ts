import { type Clock, sleep } from "@fairlead/runtime/clock.ts";
import type { Lease } from "../lease.ts";
import { ApiError, type ApiRequest, type ApiTransport, TransportError } from "../transport.ts";

/** What a {@link LeaseServer} does to the requests of one of its clients. */
export interface Line {
  /** No request arrives. */
  cut: boolean;
  /** Requests arrive and are acted upon, but their answers are lost. */
  deaf: boolean;
  /** Time between the server's act and the arrival of the answer. */
  answerDelayMs: number;
}

/** One Lease in memory, with the API server's rules on versions, for several clients with a line each. */
export class LeaseServer {
  readonly #clock: Clock;
  #version = 0;
  lease: Lease | undefined;
  /** Methods of all requests that arrived. */
  readonly requests: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A client's way to this server. */
  connect(): { readonly transport: ApiTransport; readonly line: Line } {
    const line: Line = { cut: false, deaf: false, answerDelayMs: 0 };
    const request = async <T>(request: ApiRequest): Promise<T> => {
      const { signal = new AbortController().signal, deadlineMs = 30_000 } = request;
      if (line.cut) return this.#never(deadlineMs, signal);
      const answer = this.#act(request);
      if (line.deaf) return this.#never(deadlineMs, signal);
      if (line.answerDelayMs > 0) await sleep(this.#clock, line.answerDelayMs, signal);
      signal.throwIfAborted();
      if (answer instanceof ApiError) throw answer;
      return structuredClone(answer) as T;
    };
    return { transport: { request, stream: () => Promise.reject(new Error("no watches here")) }, line };
  }

  async #never(deadlineMs: number, signal: AbortSignal): Promise<never> {
    await sleep(this.#clock, deadlineMs, signal);
    signal.throwIfAborted();
    throw new TransportError("deadline", `no answer within ${deadlineMs} ms`);
  }

  #act({ method, body }: ApiRequest): Lease | ApiError {
    this.requests.push(method);
    const given = body as Lease;
    switch (method) {
      case "GET":
        return this.lease ?? new ApiError({ status: 404, reason: "NotFound" });
      case "POST":
        if (this.lease !== undefined) return new ApiError({ status: 409, reason: "AlreadyExists" });
        return this.#keep(given);
      case "PUT":
        if (this.lease === undefined) return new ApiError({ status: 404, reason: "NotFound" });
        if (given.metadata.resourceVersion !== this.lease.metadata.resourceVersion) {
          return new ApiError({ status: 409, reason: "Conflict" });
        }
        return this.#keep(given);
      default:
        return new ApiError({ status: 405, reason: "MethodNotAllowed" });
    }
  }

  #keep(lease: Lease): Lease | ApiError {
    for (const time of [lease.spec?.renewTime, lease.spec?.acquireTime]) {
      // As the API server does: MicroTime has exactly six digits.
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time ?? "")) {
        return new ApiError({ status: 400, reason: "BadRequest", message: `cannot parse ${time}` });
      }
    }
    this.#version += 1;
    const metadata = { ...lease.metadata, resourceVersion: String(this.#version) };
    this.lease = { ...lease, metadata };
    return this.lease;
  }
}
