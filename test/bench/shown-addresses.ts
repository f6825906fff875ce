import { type Service, services } from "@fairlead/api/core/service.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import { addressesOf } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import { Administrator } from "./administrator.ts";
import { monotonicMs } from "./monotonic.ts";

/** An address in a Service's status, and when the watch brought it, on the clock of `monotonicMs`. */
export interface Shown {
  readonly address: string;
  readonly atMs: number;
}

/** Follows by a watch which address some Services show. */
export class ShownAddresses {
  readonly #administrator: Administrator;
  readonly #reader: Reflector<Service>;
  readonly #shown = new Map<string, Shown>();

  constructor(lab: Lab, labelSelector: string) {
    this.#administrator = new Administrator(lab);
    this.#reader = new Reflector<Service>({
      ...this.#administrator,
      resource: services,
      labelSelector,
      onChange: ({ current }) => {
        if (current === undefined) return;
        const { name } = current.metadata;
        const [address = ""] = addressesOf(current);
        if (this.#shown.get(name)?.address !== address)
          this.#shown.set(name, { address, atMs: monotonicMs() });
      },
    });
    this.#reader.start();
  }

  of(service: string): Shown | undefined {
    return this.#shown.get(service);
  }

  async close(): Promise<void> {
    await this.#reader.stop();
    this.#administrator.close();
  }
}
