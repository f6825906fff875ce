import { randomBytes } from "node:crypto";
import { TAKEOVER_KEY_LENGTH } from "@fairlead/api/takeover-keys.ts";
import { HttpsTransport } from "@fairlead/kube/https-transport.ts";
import { loadKubeConfig } from "@fairlead/kube/kube-config.ts";
import { KubeMetrics } from "@fairlead/kube/metrics.ts";
import { systemClock as clock } from "@fairlead/runtime/clock.ts";
import { HttpEndpoint } from "@fairlead/runtime/http-endpoint.ts";
import { runParts } from "@fairlead/runtime/lifecycle.ts";
import { Metrics } from "@fairlead/runtime/metrics.ts";
import { type Options, parseOptions } from "@fairlead/runtime/options.ts";
import { systemRandom as random } from "@fairlead/runtime/random.ts";
import { VERSION } from "@fairlead/runtime/version.ts";
import { winstonLog } from "@fairlead/runtime/winston-log.ts";
import { Controller } from "./controller.ts";
import { EventLoop } from "./event-loop.ts";
import { CONTROLLER_OPTIONS } from "./options.ts";

/** Timers that are always this late mean that the process cannot do its work. */
const DEAD_AFTER_LATENESS_MS = 5_000;
/** Bursts of Services are to be addressed as fast as the API server takes the writes; it has its own fairness. */
const RATE = { perSecond: 1_000, burst: 2_000 };
const DAY_MS = 24 * 3_600_000;

const parsed = parseOptions("controller", CONTROLLER_OPTIONS, process.argv.slice(2), process.env);
if (parsed.ok) process.exit(await run(parsed.value));
console.log(parsed.error.text);
process.exit(parsed.error.status);

async function run(options: Options<typeof CONTROLLER_OPTIONS>): Promise<number> {
  const log = winstonLog({ level: options.logLevel, fields: { component: "controller" } });
  const metrics = new Metrics();
  const kubeMetrics = new KubeMetrics(metrics);
  const shared = { clock, random, log };
  const transport = new HttpsTransport({
    ...shared,
    metrics: kubeMetrics,
    kubeConfig: loadKubeConfig(),
    rate: RATE,
  });
  const { loadBalancerClass, alsoClassless } = options;
  const controller = new Controller({
    ...shared,
    metrics,
    kubeMetrics,
    transport,
    namespace: options.podNamespace,
    identity: options.podName,
    ownership: { loadBalancerClass, alsoClassless },
    goneGraceMs: options.goneGraceSeconds * 1000,
    nodeSettleMs: options.nodeSettleSeconds * 1000,
    cordonedNodes: options.cordonedNodes,
    serviceFinalizer: options.serviceFinalizer,
    keys: {
      rotationMs: options.takeoverKeyRotationDays * DAY_MS,
      draw: () => randomBytes(TAKEOVER_KEY_LENGTH),
    },
  });
  const eventLoop = new EventLoop(clock);
  const late = (): string | undefined =>
    eventLoop.latenessMs > DEAD_AFTER_LATENESS_MS ? `timers are ${eventLoop.latenessMs} ms late` : undefined;
  const http = new HttpEndpoint({
    host: options.metricsHost,
    port: options.metricsPort,
    metrics,
    alive: { eventLoop: late, reading: () => controller.reading.stuck() },
    ready: { reading: () => controller.reading.problem() },
  });
  log.info("controller started", { version: VERSION });
  const parts = [
    { name: "transport", start: () => {}, stop: () => transport.stop() },
    {
      name: "http",
      start: async () => {
        await http.start();
      },
      stop: () => http.stop(),
    },
    { name: "event loop", start: () => eventLoop.start(), stop: () => eventLoop.stop() },
    { name: "controller", start: () => controller.start(), stop: () => controller.stop() },
  ];
  return runParts(parts, log);
}
