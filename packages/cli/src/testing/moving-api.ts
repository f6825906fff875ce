import type { Condition } from "@fairlead/api/condition.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { ApiError, type ApiRequest, type ApiTransport } from "@fairlead/kube/transport.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";

/** A VirtualIP that is placed on the first of these nodes and announced by those that say so. */
export function placedVirtualIP(
  name: string,
  address: string,
  nodes: readonly string[],
  parts: {
    readonly epoch?: number;
    /** Nodes with the epoch under which they answer. @default the first of `nodes` */
    readonly announcers?: readonly (readonly [node: string, epoch: number])[];
    readonly conditions?: readonly Omit<Condition, "lastTransitionTime">[];
  } = {},
): VirtualIP {
  const { epoch = 1, announcers = nodes.slice(0, 1).map((node) => [node, epoch] as const) } = parts;
  const at = "2026-01-01T00:00:00Z";
  return {
    metadata: { name },
    spec: { address, services: ["web/shop"], placement: { epoch, nodes, protocols: ["Layer2"] } },
    status: {
      announcers: announcers.map(([node, claim]) => ({
        ...{ node, interface: "lan0", mac: "02:00:00:00:00:01", epoch: claim, since: at },
      })),
      conditions: (parts.conditions ?? []).map((one) => ({ ...one, lastTransitionTime: at })),
    },
  };
}

/** VirtualIPs and Speakers in memory, of which annotations can be patched. */
export class MovingApi implements ApiTransport {
  readonly clock = new FakeClock();
  /** Patches, as `speakers/a {...}`. */
  readonly patches: string[] = [];
  /** Status with which everything of a kind is refused, by `METHOD plural`. */
  readonly refused = new Map<string, number>();
  stopped = false;
  readonly #objects = new Map<string, KubeObject>();

  /** @param objects VirtualIPs @param nodes those with a Speaker */
  constructor(objects: readonly VirtualIP[], nodes: readonly string[] = []) {
    for (const object of objects) this.put(object);
    for (const name of nodes) this.#objects.set(`speakers/${name}`, { metadata: { name } });
  }

  put(object: VirtualIP): void {
    this.#objects.set(`virtualips/${object.metadata.name}`, object);
  }

  /** At this time after the start somebody writes this. */
  later(afterMs: number, ...objects: readonly VirtualIP[]): void {
    this.clock.after(afterMs, () => {
      for (const object of objects) this.put(object);
    });
  }

  annotations(key: string): object {
    return this.#objects.get(key)?.metadata.annotations ?? {};
  }

  stop(): void {
    this.stopped = true;
  }

  async request<T>({ method, path, body }: ApiRequest): Promise<T> {
    const [plural = "", name] = new URL(path, "http://api").pathname.split("/").slice(4);
    const status = this.refused.get(`${method} ${plural}`);
    if (status !== undefined) throw new ApiError({ status, message: `User "ada" cannot ${method}` });
    if (name === undefined)
      return { items: [...this.#objects].flatMap(([key, one]) => (key.startsWith(plural) ? one : [])) } as T;
    const key = `${plural}/${name}`;
    const object = this.#objects.get(key);
    if (object === undefined) throw new ApiError({ status: 404, details: { name, kind: plural } });
    if (method === "GET") return object as T;
    this.patches.push(`${key} ${JSON.stringify(body)}`);
    const { annotations } = (body as { metadata: { annotations: Record<string, string | null> } }).metadata;
    const merged = Object.entries({ ...object.metadata.annotations, ...annotations });
    const kept = Object.fromEntries(
      merged.flatMap(([one, value]) => (value === null ? [] : [[one, value] as const])),
    );
    const patched = { ...object, metadata: { ...object.metadata, annotations: kept } };
    this.#objects.set(key, patched);
    return patched as T;
  }

  async stream(): Promise<void> {
    throw new Error("nothing is watched");
  }
}
