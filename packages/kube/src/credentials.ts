import type { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import { KubeConfig } from "@kubernetes/client-node";

/** The TLS material of a connection. */
export type TlsMaterial = Pick<
  RequestOptions,
  "ca" | "cert" | "key" | "pfx" | "passphrase" | "servername" | "rejectUnauthorized"
>;

/** What it takes to be let in. */
export interface Credentials {
  readonly tls: TlsMaterial;
  /** `authorization` and impersonation. A secret: never to be logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set if the kubeconfig names a proxy: the agent that goes through it. */
  readonly proxy: Agent | undefined;
}

const RE_READ_MS = 60_000;
const RE_READ_AT_ONCE_MS = 1_000;

/**
 * Reads credentials out of a kubeconfig (files, exec plug-ins, in-cluster service account) and again once a minute, since
 * files rotate: the kubelet replaces a service-account token at 80 % of its life. If they cannot be read again, the old ones
 * stay in use.
 */
export class CredentialSource {
  readonly #clock: Clock;
  readonly #log: Log;
  #config: KubeConfig;
  #last: { readonly at: number; readonly credentials: Credentials } | undefined;
  #reading: Promise<Credentials> | undefined;
  #failure = "";

  constructor(options: { readonly kubeConfig: KubeConfig; readonly clock: Clock; readonly log: Log }) {
    this.#config = options.kubeConfig;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** The credentials to use now. @throws if they were never to be had */
  current(): Promise<Credentials> {
    return this.#youngerThan(RE_READ_MS);
  }

  /** Reads them again at once, because the server did not accept the last ones. */
  refreshed(): Promise<Credentials> {
    return this.#youngerThan(RE_READ_AT_ONCE_MS, { refused: true });
  }

  #youngerThan(ageMs: number, options = { refused: false }): Promise<Credentials> {
    const last = this.#last;
    if (last !== undefined && this.#clock.nowMs() - last.at < ageMs) return Promise.resolve(last.credentials);
    if (this.#reading === undefined) {
      // The library keeps a token file for a minute of its own, and a plug-in's token for as long as that says.
      const file = this.#config.getCurrentUser()?.authProvider?.config?.tokenFile !== undefined;
      if (file || options.refused) this.#config = forgetful(this.#config);
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    }
    return this.#reading;
  }

  async #read(): Promise<Credentials> {
    const at = this.#clock.nowMs();
    try {
      const credentials = await credentialsOf(this.#config);
      this.#last = { at, credentials };
      this.#failure = "";
      return credentials;
    } catch (error) {
      const failure = errorText(error);
      if (failure !== this.#failure) this.#log.warn("credentials could not be read", { error: failure });
      this.#failure = failure;
      if (this.#last === undefined) throw error;
      this.#last = { at, credentials: this.#last.credentials };
      return this.#last.credentials;
    }
  }
}

/** A copy that has cached no token. */
function forgetful(config: KubeConfig): KubeConfig {
  const copy = new KubeConfig();
  copy.loadFromOptions({
    clusters: config.getClusters(),
    users: config.getUsers(),
    contexts: config.getContexts(),
    currentContext: config.getCurrentContext(),
  });
  return copy;
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized, auth, headers, agent } = options;
  const named = Object.entries(headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value).trim(),
  ]);
  return {
    tls: { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized },
    headers: {
      ...(auth && { authorization: `Basic ${Buffer.from(auth).toString("base64")}` }),
      ...Object.fromEntries(named),
    },
    proxy: config.getCurrentCluster()?.proxyUrl && typeof agent === "object" ? agent : undefined,
  };
}
