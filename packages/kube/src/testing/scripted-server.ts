import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, isIPv6, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type Cluster, KubeConfig, type User } from "@kubernetes/client-node";
import type { TestCertificate } from "./certificates.ts";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the server does with one request. */
export type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

export interface ScriptedServerOptions {
  /** @default plain HTTP */
  readonly certificate?: TestCertificate;
  /** @default 127.0.0.1 */
  readonly host?: string;
}

/**
 * An HTTP server on loopback that answers by a script: the first request of a kind gets the first answer, and so on; the last
 * answer is repeated. Kinds are `list`, `watch` and the other methods (`POST`, ...); a GET that is no watch is a `list`.
 */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  /** Connections accepted; with TLS, handshakes that succeeded. */
  connections = 0;
  /** Connections open now. */
  readonly open = new Set<Socket>();
  readonly #options: ScriptedServerOptions;
  readonly #script = new Map<string, Answer[]>();
  readonly #server;

  private constructor(options: ScriptedServerOptions) {
    this.#options = options;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request, response);
    };
    const { certificate } = options;
    this.#server =
      certificate === undefined
        ? createHttp(handle)
        : createHttps({ cert: certificate.certificate, key: certificate.key }, handle);
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on(certificate === undefined ? "connection" : "secureConnection", () => {
      this.connections += 1;
    });
    this.#server.on("connection", (socket: Socket) => {
      this.open.add(socket);
      socket.once("close", () => this.open.delete(socket));
    });
  }

  static async start(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(options);
    await new Promise<void>((resolve) => {
      server.#server.listen(0, options.host ?? "127.0.0.1", resolve);
    });
    return server;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Sets the script for one kind of request. */
  on(kind: "list" | "watch" | "POST" | "PUT" | "PATCH" | "DELETE", ...answers: readonly Answer[]): void {
    this.#script.set(kind, [...answers]);
  }

  /** The requests of one kind, in order of arrival. */
  seen(kind: string): readonly SeenRequest[] {
    return this.requests.filter((request) => kindOf(request) === kind);
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    const host = this.#options.host ?? "127.0.0.1";
    const scheme = this.#options.certificate === undefined ? "http" : "https";
    return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  }

  /** A kubeconfig for this server. */
  kubeConfig(user: Partial<User> = {}, cluster: Partial<Cluster> = {}): KubeConfig {
    const config = new KubeConfig();
    const { certificate } = this.#options;
    const trust =
      certificate === undefined
        ? { skipTLSVerify: true }
        : { skipTLSVerify: false, caData: Buffer.from(certificate.certificate).toString("base64") };
    config.loadFromClusterAndUser(
      { name: "scripted", server: this.url, ...trust, ...cluster },
      { name: "tester", ...user },
    );
    return config;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://server");
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: await text(request),
    };
    this.requests.push(seen);
    const script = this.#script.get(kindOf(seen)) ?? [];
    const answer = script.length > 1 ? script.shift() : script[0];
    await (answer ?? status(501, "NotImplemented"))(response, seen);
  }
}

function kindOf(request: SeenRequest): string {
  if (request.method !== "GET") return request.method;
  return request.query.watch === "true" ? "watch" : "list";
}

/** A 2xx answer with this JSON. */
export function json(value: unknown, code = 200): Answer {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
}

/** An error with a Status object. */
export function status(
  code: number,
  reason: string,
  headers: Record<string, string> = {},
  more: object = {},
): Answer {
  return (response) => {
    const body = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code,
      reason,
      message: reason,
      ...more,
    };
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** One page of a list. */
export function list(items: readonly unknown[], resourceVersion: string, next?: string): Answer {
  return json({ kind: "List", metadata: { resourceVersion, ...(next && { continue: next }) }, items });
}

/** Takes the request and never says a word. */
export const hang: Answer = () => {};

/** Resets the connection without an answer. */
export const reset: Answer = (response) => {
  resetSocket(response);
};

/** How a watch goes on after its lines: it stays open, ends in good order, or the connection is reset. */
export type WatchEnd = "stays" | "ends" | "resets";

/** A watch that sends these lines, objects as JSON and texts as they are. */
export function watch(lines: readonly unknown[], end: WatchEnd = "stays"): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const line of lines) response.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
    if (end === "ends") response.end();
    // What was written must be on its way before the reset, which would throw it away.
    if (end === "resets") setTimeout(() => resetSocket(response), 5);
  };
}

/** A watch that sends `piece` again and again, never a line feed. */
export function trickle(piece: string): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(piece), 5);
    response.once("close", () => clearInterval(timer));
  };
}

/** Answers only when `gate` has resolved. */
export function after(gate: Promise<void>, answer: Answer): Answer {
  return async (response, request) => {
    await gate;
    await answer(response, request);
  };
}

function resetSocket(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
