import { endpointSlices } from "@fairlead/api/core/endpoint-slice.ts";
import { namespaces } from "@fairlead/api/core/namespace.ts";
import { nodes } from "@fairlead/api/core/node.ts";
import { pods } from "@fairlead/api/core/pod.ts";
import { type Service, services } from "@fairlead/api/core/service.ts";
import { ipAddressPools, l2Advertisements, speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { Controller, type ControllerOptions } from "../controller.ts";
import { MemoryApi } from "./memory-api.ts";
import {
  advertisement,
  endpointSlice,
  node,
  pool,
  type ServiceParts,
  service,
  speaker,
  speakerPod,
} from "./objects.ts";

/** Controllers on an API server in memory, with the test's clock. */
export class Harness {
  readonly api = new MemoryApi();
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly controllers: Controller[] = [];
  #drawn = 0;
  /** The metrics of the controller that was started last. */
  metrics = new Metrics();

  /** Three nodes with speakers on 192.0.2.0/24 and 2001:db8::/64, one advertisement, one namespace. */
  static withNodes(): Harness {
    const harness = new Harness();
    for (const [i, name] of ["node-a", "node-b", "node-c"].entries()) harness.addNode(name, 11 + i);
    harness.api.put(l2Advertisements, advertisement("all"));
    harness.api.put(namespaces, { metadata: { name: "web", labels: { tier: "front" } } });
    return harness;
  }

  addNode(name: string, host: number): void {
    this.api.put(nodes, node(name));
    this.api.put(pods, speakerPod(name));
    const addresses = [`192.0.2.${host}/24`, `2001:db8::${host}/64`];
    this.api.put(speakers, speaker(name, [{ name: "lan0", addresses }]));
  }

  /** A pool whose addresses are free as soon as they are let go, unless `spec` says otherwise. */
  addPool(name: string, addresses: readonly string[], spec: Parameters<typeof pool>[2] = {}): void {
    this.api.put(ipAddressPools, pool(name, addresses, { releaseDelay: "0s", ...spec }));
  }

  /** A Service that is served on all nodes. */
  addService(key: string, parts: ServiceParts = {}): void {
    for (const family of parts.families ?? ["IPv4"]) {
      this.api.put(endpointSlices, endpointSlice(key, ["node-a", "node-b", "node-c"], { family }));
    }
    this.api.put(services, service(key, parts));
  }

  /** Starts a controller; it leads, if no other does, after `settle`. */
  async start(options: Partial<ControllerOptions> = {}): Promise<Controller> {
    this.metrics = new Metrics();
    const controller = new Controller({
      transport: this.api,
      clock: this.clock,
      random: seededRandom(1),
      log: this.log,
      metrics: this.metrics,
      namespace: "fairlead-system",
      identity: `replica-${this.controllers.length}`,
      keys: { rotationMs: 30 * 24 * 3_600_000, draw: () => new Uint8Array(32).fill(++this.#drawn) },
      ownership: { loadBalancerClass: undefined, alsoClassless: false },
      ...options,
    });
    this.controllers.push(controller);
    controller.start();
    await this.settle();
    return controller;
  }

  /** Lets everything that is due happen, and by default what falls due within 50 ms. */
  async settle(ms = 50): Promise<void> {
    for (let i = 0; i < 10; i++) await this.clock.advanceAsync(ms / 10);
  }

  async stop(): Promise<void> {
    const stopped = Promise.all(this.controllers.map((controller) => controller.stop()));
    await this.settle();
    await stopped;
  }

  service(key: string): Service {
    const found = this.api.get(services, key);
    if (found === undefined) throw new Error(`there is no Service ${key}`);
    return found;
  }

  /** The addresses that a Service shows. */
  addresses(key: string): readonly string[] {
    return (this.service(key).status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  }

  condition(key: string, type = "Allocated"): string {
    const condition = this.service(key).status?.conditions?.find(
      (one) => one.type === `fairlead.dev/${type}`,
    );
    return condition === undefined ? "none" : `${condition.status} ${condition.reason}`;
  }

  message(key: string, type = "Allocated"): string {
    return (
      this.service(key).status?.conditions?.find((one) => one.type === `fairlead.dev/${type}`)?.message ?? ""
    );
  }

  virtualIP(name: string): VirtualIP | undefined {
    return this.api.get(virtualIPs, name);
  }

  /** Names of all VirtualIPs, in order. */
  names(): readonly string[] {
    return this.api
      .list(virtualIPs)
      .map(({ metadata }) => metadata.name)
      .sort();
  }
}
