import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { Credentials, TlsMaterial } from "./credentials.ts";

/** How long a connection may be idle before the kernel probes it, in ms. */
export const KEEP_ALIVE_MS = 15_000;

const OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: KEEP_ALIVE_MS,
  // The last used one first, so that a burst's surplus of connections grows old and is closed by the server.
  scheduling: "lifo",
  maxFreeSockets: 16,
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
    if (this.#agent !== undefined && isDeepStrictEqual(this.#material, credentials.tls)) return this.#agent;
    if (this.#agent !== undefined) retire(this.#agent);
    this.#material = credentials.tls;
    this.#agent = this.#secure ? new HttpsAgent({ ...OPTIONS, ...credentials.tls }) : new HttpAgent(OPTIONS);
    return this.#agent;
  }

  /** Closes every connection, those in use too. */
  destroy(): void {
    this.#agent?.destroy();
  }
}

/** Lets what is under way end, and keeps nothing after that. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
