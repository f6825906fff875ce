import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** The API server as the lab's administrator, over the port on the host; quicker than kubectl for what is polled. */
export class ApiServer {
  readonly #port: number;
  readonly #pki: string;

  constructor(port: number, pki: string) {
    this.#port = port;
    this.#pki = pki;
  }

  /** Sends one request on a connection of its own. @throws Error if there is no answer within `deadlineMs`. */
  send(
    method: string,
    path: string,
    options: { body?: unknown; contentType?: string; deadlineMs?: number } = {},
  ): Promise<ApiAnswer> {
    const read = (file: string): Buffer => readFileSync(join(this.#pki, file));
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          agent: false,
          ca: read("ca.crt"),
          cert: read("admin.crt"),
          key: read("admin.key"),
          headers: body === undefined ? {} : { "content-type": options.contentType ?? "application/json" },
          signal: AbortSignal.timeout(options.deadlineMs ?? 10_000),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** Reads one object or list. @throws Error on any answer but 200. */
  async get<T>(path: string): Promise<T> {
    const { status, text } = await this.send("GET", path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  /** Whether it says that it is ready to serve. */
  async isReady(): Promise<boolean> {
    return this.send("GET", "/readyz", { deadlineMs: 2000 }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }
}
