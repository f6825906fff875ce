import { type EndpointSlice, SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { FAMILIES, type Family } from "@fairlead/net/address.ts";
import { type ServingEndpoints, sameEndpoints, servingEndpoints } from "../placement/endpoints.ts";

type ByFamily = Readonly<Record<Family, ServingEndpoints>>;

/** Where each Service is served, kept up to date slice by slice. */
export class EndpointIndex {
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #serving = new Map<string, ByFamily>();
  readonly #onChange: (service: string) => void;

  /** @param onChange called with the Service (`namespace/name`) when where it is served has changed, or is said for the first time */
  constructor(onChange: (service: string) => void) {
    this.#onChange = onChange;
  }

  apply({ key, previous, current }: Change<EndpointSlice>): void {
    const before = previous && serviceOf(previous);
    const after = current && serviceOf(current);
    if (before !== undefined && before !== after) this.#edit(before, (slices) => slices.delete(key));
    if (after !== undefined && current !== undefined) this.#edit(after, (slices) => slices.set(key, current));
  }

  /** Where the Service is served. */
  of(service: string, family: Family): ServingEndpoints {
    return this.#serving.get(service)?.[family] ?? servingEndpoints([], family);
  }

  /** Whether Kubernetes has said anything yet of where the Service is served, be it "nowhere". */
  known(service: string): boolean {
    return this.#slices.has(service);
  }

  #edit(service: string, edit: (slices: Map<string, EndpointSlice>) => void): void {
    const slices = this.#slices.get(service) ?? new Map<string, EndpointSlice>();
    edit(slices);
    const known = this.known(service);
    const before = { IPv4: this.of(service, "IPv4"), IPv6: this.of(service, "IPv6") };
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
    const moved = FAMILIES.some((family) => !sameEndpoints(before[family], this.of(service, family)));
    if (moved || known !== this.known(service)) this.#onChange(service);
  }
}

function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  return service === undefined ? undefined : `${metadata.namespace}/${service}`;
}
