import { type Service, services } from "@fairlead/api/core/service.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import { Administrator } from "../../bench/administrator.ts";
import type { Lab } from "../../lab/lab.ts";
import { addressesOf } from "./steps.ts";

/** One version of a Service as the watch brought it. */
export interface ServiceVersion {
  readonly service: Service;
  /** When it came, on the clock of `performance.now`. */
  readonly atMs: number;
}

/** Every version of every Service from the beginning on, so that nothing that was there for a moment is missed. */
export class ServiceHistory {
  readonly #lab: Lab;
  readonly #administrator: Administrator;
  readonly #reader: Reflector<Service>;
  readonly #versions = new Map<string, ServiceVersion[]>();

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#administrator = new Administrator(lab);
    this.#reader = new Reflector<Service>({
      ...this.#administrator,
      resource: services,
      onChange: ({ key, current }) => {
        if (current === undefined) return;
        const versions = this.#versions.get(key) ?? [];
        this.#versions.set(key, [...versions, { service: current, atMs: performance.now() }]);
      },
    });
  }

  /** Begins to watch; what is there already is each Service's first version. */
  static async begin(lab: Lab): Promise<ServiceHistory> {
    const history = new ServiceHistory(lab);
    history.#reader.start();
    await history.#reader.whenSynced(AbortSignal.timeout(30_000));
    return history;
  }

  /** The versions of a Service of `default`, or of `namespace/name`, in their order. */
  of(name: string): readonly ServiceVersion[] {
    return this.#versions.get(name.includes("/") ? name : `default/${name}`) ?? [];
  }

  /** The addresses that it has shown, one text for each state; "" while there were none. */
  addresses(name: string): readonly string[] {
    const states = this.of(name).map(({ service }) => addressesOf(service).join(" "));
    return states.filter((state, i) => state !== states[i - 1]);
  }

  /** When it first showed other addresses than in its first version; undefined: never. */
  movedAtMs(name: string): number | undefined {
    const versions = this.of(name);
    const shown = ({ service }: ServiceVersion): string => addressesOf(service).join(" ");
    return versions.find((version) => versions[0] !== undefined && shown(version) !== shown(versions[0]))
      ?.atMs;
  }

  /** `namespace/name` of all that were there at any time. */
  get names(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /** Waits until what the API server has now has come here too. */
  async caughtUp(): Promise<void> {
    const { items } = await this.#lab.api.get<{ items: readonly Service[] }>("/api/v1/services");
    await this.#lab.waitFor("the watch has brought every Service as it is", (see) => {
      const missing = items.filter(({ metadata: { namespace, name, resourceVersion } }) =>
        this.of(`${namespace}/${name}`).every(
          ({ service }) => service.metadata.resourceVersion !== resourceVersion,
        ),
      );
      see(missing.map(({ metadata }) => metadata.name));
      return missing.length === 0;
    });
  }

  async end(): Promise<void> {
    await this.#reader.stop();
    this.#administrator.close();
  }
}
