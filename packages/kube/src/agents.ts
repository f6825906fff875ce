import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { Credentials, TlsMaterial } from "./credentials.ts";

/** How long a connection may be idle before the kernel probes it, in ms. */
export const KEEP_ALIVE_MS = 15_000;

const OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: KEEP_ALIVE_MS,
  // The last used one first, so that a burst's surplus of connections grows old and is closed by the server.
  scheduling: "lifo",
  // As many as are used at once in a burst: fewer would be closed and made again all the time, and a handshake costs more than a request.
  maxFreeSockets: 64,
} as const;

/**
 * Holds the one keep-alive agent for the content of the TLS material, so that hundreds of requests share a handshake and a
 * rotated CA or client certificate makes a new agent.
 */
export class Agents {
  readonly #secure: boolean;
  #agent: HttpAgent | undefined;
  #material: TlsMaterial | undefined;

  constructor(options: { readonly secure: boolean }) {
    this.#secure = options.secure;
  }

  for(credentials: Credentials): HttpAgent {
    if (credentials.proxy !== undefined) return credentials.proxy;
    const same = this.#material === credentials.tls || isDeepStrictEqual(this.#material, credentials.tls);
    if (this.#agent !== undefined && same) return this.#agent;
    if (this.#agent !== undefined) retire(this.#agent);
    this.#material = credentials.tls;
    this.#agent = this.#secure
      ? new OneServerAgent({ ...OPTIONS, ...credentials.tls })
      : new HttpAgent(OPTIONS);
    return this.#agent;
  }

  /** Closes every connection, those in use too. */
  destroy(): void {
    this.#agent?.destroy();
  }
}

/** Finds its connections by the server's name alone: the TLS material is the same for all, and is some kilobytes long. */
class OneServerAgent extends HttpsAgent {
  override getName({ host, port }: RequestOptions = {}): string {
    return `${host}:${port}`;
  }
}

/** Lets what is under way end, and keeps nothing after that. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
