import { type Service, services } from "@fairlead/api/core/service.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import { carriesFinalizer, LOAD_BALANCER_CLEANUP } from "./status.ts";

/** Keeps a Service until its addresses have been withdrawn, if that is wished. */
export class Finalizer {
  readonly #client: Pick<ApiClient, "patch">;
  readonly #wanted: boolean;

  /** @param wanted whether Services get it; if not, it is taken off those that got it of us */
  constructor({ client, wanted }: { readonly client: Pick<ApiClient, "patch">; readonly wanted: boolean }) {
    this.#client = client;
    this.#wanted = wanted;
  }

  /** Before a Service is given an address. */
  async setOn(service: Service, signal: AbortSignal): Promise<void> {
    const { finalizers = [] } = service.metadata;
    if (!this.#wanted) return await this.takeOff(service, signal);
    if (finalizers.includes(LOAD_BALANCER_CLEANUP)) return;
    await this.#write(service, [...finalizers, LOAD_BALANCER_CLEANUP], signal);
  }

  /** After its addresses have been withdrawn; one that another program put there stays. */
  async takeOff(service: Service, signal: AbortSignal): Promise<void> {
    if (!carriesFinalizer(service)) return;
    const { finalizers = [] } = service.metadata;
    try {
      await this.#write(
        service,
        finalizers.filter((one) => one !== LOAD_BALANCER_CLEANUP),
        signal,
      );
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  async #write({ metadata }: Service, finalizers: readonly string[], signal: AbortSignal): Promise<void> {
    const { namespace = "", name, uid = "", resourceVersion = "" } = metadata;
    // A list is replaced as a whole, so that it must be that of the version that was read.
    const patch = { metadata: { uid, resourceVersion, finalizers } };
    // By way of the status, since metadata can be written there too and no other right is needed.
    await this.#client.patch(services, { namespace, name }, patch, { subresource: "status", signal });
  }
}
