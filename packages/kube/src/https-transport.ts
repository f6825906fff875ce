import type { IncomingMessage } from "node:http";
import { backoffMs } from "@fairlead/runtime/backoff.ts";
import { type Clock, sleep } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import type { Random } from "@fairlead/runtime/random.ts";
import { VERSION } from "@fairlead/runtime/version.ts";
import type { KubeConfig } from "@kubernetes/client-node";
import { Agents } from "./agents.ts";
import { Attempt } from "./attempt.ts";
import { CredentialSource } from "./credentials.ts";
import { readLines, readText, StaleConnection, send } from "./exchange.ts";
import type { KubeMetrics } from "./metrics.ts";
import { RateLimit } from "./rate-limit.ts";
import { errorOfAnswer } from "./status.ts";
import { ApiError, type ApiRequest, type ApiTransport, RequestRefused, TransportError } from "./transport.ts";

export interface HttpsTransportOptions {
  readonly kubeConfig: KubeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: KubeMetrics;
  /** Long-run rate of requests that are not urgent. @default 200 a second, 400 at once */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Bound of one answer that is no stream, in bytes. @default 256 MiB */
  readonly mostBytes?: number;
  /** Bound of one line of a stream, in characters. @default 16 Mi; etcd keeps objects below 1.5 MiB */
  readonly mostLineChars?: number;
}

const DEADLINE_MS = 30_000;
const REPEAT = { firstMs: 250, mostMs: 10_000 };

/**
 * The API server over one keep-alive agent of `node:https`. Waits and repeats, within the deadline, when the server asks for
 * it (429, 503 with `Retry-After`); repeats once with credentials read anew on 401, and a GET once if the idle connection it
 * was sent on had been closed. Everything else is the caller's to repeat.
 */
export class HttpsTransport implements ApiTransport {
  readonly #options: HttpsTransportOptions;
  readonly #server: URL;
  readonly #credentials: CredentialSource;
  readonly #agents: Agents;
  readonly #limit: RateLimit;
  readonly #stopped = new AbortController();

  /** @throws TypeError if the kubeconfig names no server */
  constructor(options: HttpsTransportOptions) {
    this.#options = options;
    const server = options.kubeConfig.getCurrentCluster()?.server;
    if (server === undefined) throw new TypeError("the kubeconfig has no current cluster");
    this.#server = new URL(server);
    this.#credentials = new CredentialSource(options);
    this.#agents = new Agents({ secure: this.#secure });
    this.#limit = new RateLimit({ perSecond: 200, burst: 400, ...options.rate, clock: options.clock });
  }

  async request<T>(request: ApiRequest): Promise<T> {
    const { clock, metrics, mostBytes = 256 * 2 ** 20 } = this.#options;
    const startedAt = clock.nowMs();
    using attempt = this.#attempt(request);
    try {
      const text = await this.#repeated(request, attempt, async () =>
        readText(await this.#send(request, attempt.signal), mostBytes),
      );
      metrics?.requestSeconds.observe({ method: request.method }, (clock.nowMs() - startedAt) / 1000);
      return parseJson<T>(text);
    } catch (error) {
      throw this.#told(error, request, attempt.signal);
    }
  }

  async stream(request: ApiRequest, onLine: (line: string) => void, onOpen?: () => void): Promise<void> {
    const { mostLineChars = 16 * 2 ** 20 } = this.#options;
    using attempt = this.#attempt(request);
    let refused: { readonly error: unknown } | undefined;
    const guarded = (line: string): void => {
      // A line may already be in memory when its owner stops.
      if (attempt.signal.aborted || refused !== undefined) return;
      try {
        onLine(line);
      } catch (error) {
        refused = { error };
        throw error;
      }
    };
    try {
      const response = await this.#repeated(request, attempt, () => this.#send(request, attempt.signal));
      attempt.liftDeadline();
      onOpen?.();
      await readLines(response, mostLineChars, guarded);
      attempt.signal.throwIfAborted();
    } catch (error) {
      throw refused === undefined ? this.#told(error, request, attempt.signal) : refused.error;
    }
  }

  /** Ends every request and stream and closes all connections. Later requests are rejected. */
  stop(): void {
    this.#stopped.abort(new TransportError("stopped", "the transport was stopped"));
    this.#agents.destroy();
  }

  get #secure(): boolean {
    return this.#server.protocol === "https:";
  }

  #attempt({ deadlineMs = DEADLINE_MS, signal }: ApiRequest): Attempt {
    const signals = signal === undefined ? [this.#stopped.signal] : [this.#stopped.signal, signal];
    return new Attempt({ clock: this.#options.clock, deadlineMs, signals });
  }

  /** Runs `run` again as long as there is a reason to and time is left. */
  async #repeated<T>(request: ApiRequest, attempt: Attempt, run: () => Promise<T>): Promise<T> {
    let refreshed = false;
    let stale = false;
    for (let failures = 1; ; failures++) {
      try {
        return await run();
      } catch (error) {
        if (attempt.signal.aborted) throw error;
        if (error instanceof StaleConnection && request.method === "GET" && !stale) {
          stale = true;
        } else if (error instanceof ApiError && error.status === 401 && !refreshed) {
          refreshed = true;
          await this.#credentials.refreshed();
        } else if (error instanceof ApiError && asksToRepeat(error)) {
          await this.#wait(error, failures, attempt);
        } else {
          throw error;
        }
      }
    }
  }

  /** Waits as long as the server asked for. @throws its error if the deadline comes first */
  async #wait(error: ApiError, failures: number, attempt: Attempt): Promise<void> {
    const { clock, random, metrics } = this.#options;
    const waitMs = (error.retryAfterMs ?? 0) + backoffMs(failures, REPEAT, random);
    if (waitMs >= attempt.leftMs) throw error;
    metrics?.throttledSeconds.inc(waitMs / 1000);
    await sleep(clock, waitMs, attempt.signal);
  }

  /** Sends once and resolves with a 2xx answer whose body is still to be read. */
  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { metrics, clock } = this.#options;
    if (request.urgent !== true) {
      const waitedMs = await this.#limit.take(signal);
      metrics?.throttledSeconds.inc(waitedMs / 1000);
    }
    const credentials = await this.#credentials.current();
    signal.throwIfAborted();
    const refusal = request.refuse?.();
    if (refusal !== undefined) throw new RequestRefused(refusal);
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const response = await send({
      secure: this.#secure,
      host: this.#server.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(this.#server.port || (this.#secure ? 443 : 80)),
      method: request.method,
      path: this.#server.pathname.replace(/\/$/, "") + request.path,
      headers: {
        ...credentials.headers,
        accept: "application/json",
        "user-agent": `fairlead/${VERSION}`,
        ...(body && { "content-type": request.contentType ?? "application/json" }),
      },
      body,
      agent: this.#agents.for(credentials),
      signal,
      refuse: request.refuse,
      onConnect: () => metrics?.connections.inc(),
    });
    const status = response.statusCode ?? 0;
    metrics?.requests.inc({ method: request.method, code: String(status) });
    if (status >= 200 && status < 300) return response;
    throw errorOfAnswer(status, response.headers, await readText(response, 2 ** 20), clock.wall());
  }

  /** What the caller is told: its own reason if it gave one, else what failed and how. */
  #told(error: unknown, request: ApiRequest, signal: AbortSignal): unknown {
    if (request.signal?.aborted && signal.reason === request.signal.reason) return signal.reason;
    if (!signal.aborted && (error instanceof ApiError || error instanceof RequestRefused)) return error;
    this.#options.metrics?.requests.inc({ method: request.method, code: "none" });
    const cause: unknown = signal.aborted ? signal.reason : error;
    const failure = cause instanceof TransportError ? cause.failure : "unreachable";
    return new TransportError(
      failure,
      `${request.method} ${request.path.split("?")[0]} failed: ${errorText(cause)}`,
    );
  }
}

function asksToRepeat(error: ApiError): boolean {
  return error.status === 429 || (error.status === 503 && error.retryAfterMs !== undefined);
}

function parseJson<T>(text: string): T {
  try {
    return JSON.parse(text === "" ? "null" : text) as T;
  } catch (error) {
    throw new TransportError("not-json", "the answer is not JSON", { cause: error });
  }
}
