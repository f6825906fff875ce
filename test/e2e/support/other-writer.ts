import type { Service } from "@fairlead/api/core/service.ts";
import type { ManagedFields } from "@fairlead/api/object-meta.ts";
import type { Lab } from "../../lab/lab.ts";
import { paths } from "./steps.ts";

/** Under which name the other one writes. */
export const OTHER_WRITER = "other-controller";

type Ingress = readonly { readonly ip: string }[];

/** Another program that writes `status.loadBalancer` of Services under a name of its own. */
export class OtherWriter {
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Shows these addresses on a Service of `default`, and no others; none: clears the field. */
  async patch(name: string, ...ips: readonly string[]): Promise<void> {
    const loadBalancer = { ingress: ips.length === 0 ? null : ingressOf(ips) };
    await this.#send("PATCH", name, { status: { loadBalancer } });
  }

  /** Does so by replacing the whole status. */
  async put(name: string, ...ips: readonly string[]): Promise<void> {
    await this.#lab.waitFor(`${OTHER_WRITER} replaces the status of ${name}`, async () => {
      const service = await this.#lab.api.get<Service>(paths.service(name));
      const status = { ...service.status, loadBalancer: { ingress: ingressOf(ips) } };
      await this.#send("PUT", name, { ...service, status });
      return true;
    });
  }

  async #send(method: "PATCH" | "PUT", name: string, body: object): Promise<void> {
    const path = `${paths.service(name)}/status?fieldManager=${OTHER_WRITER}`;
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const { status, text } = await this.#lab.api.send(method, path, { body, contentType });
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
  }
}

function ingressOf(ips: readonly string[]): Ingress {
  return ips.map((ip) => ({ ip }));
}

/** What our managers own of a Service: the fields of its status such as `f:conditions`, and other fields in full. */
export async function ownedByUs(lab: Lab, name: string): Promise<readonly string[]> {
  const { metadata } = await lab.api.get<{ metadata: { managedFields?: readonly ManagedFields[] } }>(
    paths.service(name),
  );
  return (metadata.managedFields ?? [])
    .filter(({ manager = "" }) => manager.startsWith("fairlead"))
    .flatMap(({ fieldsV1 = {} }) =>
      Object.entries(fieldsV1).flatMap(([key, fields]) =>
        key === "f:status" ? Object.keys(fields) : [`${key} ${JSON.stringify(fields)}`],
      ),
    )
    .sort();
}
