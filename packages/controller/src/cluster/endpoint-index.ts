import { type EndpointSlice, SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { FAMILIES, type Family } from "@fairlead/net/address.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import { type ServingEndpoints, sameEndpoints, servingEndpoints } from "../placement/endpoints.ts";
import { Freshness } from "./freshness.ts";

type ByFamily = Readonly<Record<Family, ServingEndpoints>>;

export interface EndpointIndexOptions {
  readonly clock: Pick<Clock, "nowMs">;
  /** Called with the Service (`namespace/name`) when where it is served has changed, or is said for the first time. */
  readonly onChange: (service: string) => void;
}

/** Where each Service is served, kept up to date slice by slice. */
export class EndpointIndex {
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #serving = new Map<string, ByFamily>();
  readonly #fresh: Freshness;
  readonly #onChange: (service: string) => void;

  constructor({ clock, onChange }: EndpointIndexOptions) {
    this.#onChange = onChange;
    this.#fresh = new Freshness(clock);
  }

  apply({ key, previous, current }: Change<EndpointSlice>): void {
    const before = previous && serviceOf(previous);
    const after = current && serviceOf(current);
    if (before !== undefined && before !== after) this.#edit(before, (slices) => slices.delete(key));
    if (after !== undefined && current !== undefined) this.#edit(after, (slices) => slices.set(key, current));
  }

  /** Where the Service is served. */
  of(service: string, family: Family): ServingEndpoints {
    const serving = this.#kept(service, family);
    // Only an owner that could leave for a fresh node asks whether it is that.
    return serving.leaving.size === 0
      ? serving
      : { ...serving, fresh: this.#fresh.of(freshKey(service, family)) };
  }

  /** Whether Kubernetes has said anything yet of where the Service is served, be it "nowhere". */
  known(service: string): boolean {
    return this.#slices.has(service);
  }

  /** How long it takes until {@link of} says something else though nothing has changed, in ms; 0: it will not. */
  settlesInMs(service: string): number {
    const ends = FAMILIES.filter((family) => this.#kept(service, family).leaving.size > 0)
      .map((family) => this.#fresh.endsInMs(freshKey(service, family)))
      .filter((ms) => ms > 0);
    return ends.length === 0 ? 0 : Math.min(...ends);
  }

  #kept(service: string, family: Family): ServingEndpoints {
    return this.#serving.get(service)?.[family] ?? servingEndpoints([], family);
  }

  #edit(service: string, edit: (slices: Map<string, EndpointSlice>) => void): void {
    const slices = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
    edit(slices);
    const known = this.known(service);
    const before = { IPv4: this.#kept(service, "IPv4"), IPv6: this.#kept(service, "IPv6") };
    if (slices.size === 0) {
      this.#slices.delete(service);
      this.#serving.delete(service);
    } else {
      this.#slices.set(service, slices);
      this.#serving.set(service, {
        IPv4: servingEndpoints(slices.values(), "IPv4"),
        IPv6: servingEndpoints(slices.values(), "IPv6"),
      });
    }
    const changed = FAMILIES.filter((family) => !sameEndpoints(before[family], this.#kept(service, family)));
    for (const family of changed)
      this.#fresh.see(freshKey(service, family), before[family].ready, this.#kept(service, family).ready);
    if (changed.length > 0 || known !== this.known(service)) this.#onChange(service);
  }
}

function freshKey(service: string, family: Family): string {
  return `${family} ${service}`;
}

function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  return service === undefined ? undefined : `${metadata.namespace}/${service}`;
}
