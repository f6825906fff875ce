import { type Service, services } from "@fairlead/api/core/service.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import type { Lab } from "../lab/lab.ts";
import { Administrator } from "./administrator.ts";
import { CROWD_LABEL } from "./ground.ts";
import { inParallel } from "./in-parallel.ts";
import { monotonicMs } from "./monotonic.ts";
import { progress } from "./progress.ts";
import { Wire } from "./wire.ts";

/** How many requests are under way at once while Services are created or deleted. */
const CONNECTIONS = 20;
const NAMESPACE = "default";

/** When what became of one Service, on the clock of `monotonicMs`; undefined: not yet. */
export interface Course {
  /** The API server answered its creation. */
  acceptedMs?: number;
  /** A VirtualIP is its. */
  recordedMs?: number;
  /** Its status shows an address. */
  addressedMs?: number;
  address?: string;
  /** A client's ARP request for the address was answered. */
  answeredMs?: number;
  /** The API server answered its deletion. */
  deletedMs?: number;
  /** Its VirtualIP is gone, or is nobody's. */
  releasedMs?: number;
  /** The client's requests stay unanswered. */
  silentMs?: number;
}

/** Many Services that come and go at once, followed by watches and by a client that asks for their addresses on the wire. */
export class Crowd {
  readonly courses = new Map<string, Course>();
  readonly #lab: Lab;
  readonly #name: string;
  readonly #administrator: Administrator;
  readonly #readers: readonly Reflector<never>[];
  readonly #byAddress = new Map<string, Course>();
  #wire: Wire | undefined;
  /** Its Services are being deleted. Before that, what is released was somebody else's, and may be told of after one of its has it. */
  #leaving = false;

  private constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.#name = name;
    this.#administrator = new Administrator(lab);
    const reading = { ...this.#administrator };
    const labelSelector = `${CROWD_LABEL}=${name}`;
    this.#readers = [
      new Reflector<Service>({
        ...reading,
        resource: services,
        labelSelector,
        onChange: ({ current }) => current && this.#seen(current),
      }),
      new Reflector<VirtualIP>({
        ...reading,
        resource: virtualIPs,
        onChange: ({ key, current }) => {
          const [holder] = current?.spec.services ?? [];
          if (holder === undefined) this.#released(key);
          else this.#recorded(holder);
        },
      }),
    ] as unknown as readonly Reflector<never>[];
  }

  /** @param name begins the names of its Services */
  static async open(lab: Lab, name: string): Promise<Crowd> {
    const crowd = new Crowd(lab, name);
    crowd.#wire = await Wire.open(lab, ({ address, is, atMs }) => {
      const course = crowd.#byAddress.get(address);
      if (course === undefined) return;
      if (is === "answered") course.answeredMs ??= atMs;
      else course.silentMs ??= atMs;
    });
    for (const reader of crowd.#readers) reader.start();
    const patience = AbortSignal.timeout(30_000);
    await Promise.all(crowd.#readers.map((reader) => reader.whenSynced(patience)));
    return crowd;
  }

  /** Creates Services; resolves when the last one is accepted. */
  async create(count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, i) => `${this.#name}-${i}`);
    for (const name of names) this.courses.set(name, {});
    await inParallel(names, CONNECTIONS, async (name) => {
      await this.#administrator.client.create(services, serviceNamed(name, { [CROWD_LABEL]: this.#name }));
      this.#course(name).acceptedMs = monotonicMs();
    });
  }

  /** Deletes all of them; resolves when the last deletion is accepted. */
  async remove(): Promise<void> {
    this.#leaving = true;
    await inParallel([...this.courses], CONNECTIONS, async ([name, course]) => {
      await this.#administrator.client.delete(services, { namespace: NAMESPACE, name });
      course.deletedMs = monotonicMs();
    });
  }

  /** How many have come that far. */
  count(event: keyof Course): number {
    let count = 0;
    for (const course of this.courses.values()) if (course[event] !== undefined) count++;
    return count;
  }

  async answered(): Promise<void> {
    await progress(this.#lab, "Services have an address", this.courses.size, () => this.count("addressedMs"));
    await progress(this.#lab, "addresses are answered", this.courses.size, () => this.count("answeredMs"));
  }

  async silent(): Promise<void> {
    await progress(this.#lab, "addresses are free", this.courses.size, () => this.count("releasedMs"));
    await progress(this.#lab, "addresses are silent", this.courses.size, () => this.count("silentMs"));
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
    await this.#wire?.close();
    this.#administrator.close();
  }

  #course(name: string): Course {
    const course = this.courses.get(name) ?? {};
    this.courses.set(name, course);
    return course;
  }

  #seen({ metadata: { name }, status }: Service): void {
    const address = status?.loadBalancer?.ingress?.[0]?.ip;
    if (address === undefined) return;
    const course = this.#course(name);
    if (course.addressedMs !== undefined) return;
    course.addressedMs = monotonicMs();
    course.address = address;
    this.#byAddress.set(address, course);
    this.#wire?.ask(address, "answered");
  }

  #recorded(holder: string): void {
    const course = this.courses.get(holder.slice(NAMESPACE.length + 1));
    if (course !== undefined) course.recordedMs ??= monotonicMs();
  }

  /** The name of an IPv4 VirtualIP is its address. */
  #released(address: string): void {
    const course = this.#byAddress.get(address);
    if (!this.#leaving || course === undefined || course.releasedMs !== undefined) return;
    course.releasedMs = monotonicMs();
    this.#wire?.ask(address, "silent");
  }
}

/** One that web pods serve. */
function serviceNamed(name: string, labels: Readonly<Record<string, string>>): Service {
  const spec: object = {
    type: "LoadBalancer",
    allocateLoadBalancerNodePorts: false,
    selector: { app: "web" },
    ports: [{ port: 80, targetPort: 8080 }],
  };
  return { metadata: { namespace: NAMESPACE, name, labels }, spec };
}
