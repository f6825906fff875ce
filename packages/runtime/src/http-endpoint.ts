import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorText } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Undefined when well; otherwise a sentence that says what is wrong. */
export type Check = () => string | undefined;

export interface HttpEndpointOptions {
  /** Address to listen on; empty for all. */
  readonly host: string;
  /** Port; 0 lets the kernel choose. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Checks of `/healthz`: if one fails for long, the process should be restarted. */
  readonly alive: Readonly<Record<string, Check>>;
  /** Checks of `/readyz`: if one fails, the process does not do its work now. */
  readonly ready: Readonly<Record<string, Check>>;
}

/** Serves `/metrics`, `/healthz` and `/readyz`. Answers GET only, keeps no request body. */
export class HttpEndpoint {
  readonly #options: HttpEndpointOptions;
  readonly #server: Server;

  constructor(options: HttpEndpointOptions) {
    this.#options = options;
    this.#server = createServer(
      { maxHeaderSize: 8192, headersTimeout: 5_000, requestTimeout: 10_000 },
      (request, response) => {
        const reply = (status: number, type: string, body: string): void => {
          response.writeHead(status, { "content-type": type, connection: "close" }).end(body);
        };
        const path = (request.url ?? "").split("?")[0];
        if (request.method !== "GET") return reply(405, "text/plain", "GET only\n");
        if (path === "/healthz") return this.#check(this.#options.alive, reply);
        if (path === "/readyz") return this.#check(this.#options.ready, reply);
        if (path !== "/metrics") return reply(404, "text/plain", "try /metrics, /healthz or /readyz\n");
        this.#options.metrics.text().then(
          (text) => reply(200, this.#options.metrics.contentType, text),
          (error: unknown) => reply(500, "text/plain", `${errorText(error)}\n`),
        );
      },
    );
  }

  /** Resolves with the port it listens on. @throws if the address or port cannot be had */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host || undefined, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #check(
    checks: Readonly<Record<string, Check>>,
    reply: (status: number, type: string, body: string) => void,
  ): void {
    const wrong = Object.entries(checks).flatMap(([name, check]) => {
      const reason = outcomeOf(check);
      return reason === undefined ? [] : [`${name}: ${reason}\n`];
    });
    reply(wrong.length === 0 ? 200 : 503, "text/plain", wrong.length === 0 ? "ok\n" : wrong.join(""));
  }
}

/** A check that throws is one that fails. */
function outcomeOf(check: Check): string | undefined {
  try {
    return check();
  } catch (error) {
    return errorText(error);
  }
}
