import { ApiClient } from "@fairlead/kube/client.ts";
import { EventRecorder } from "@fairlead/kube/events.ts";
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
import { askProxy, readProxyHealthUrl } from "./control/ask-proxy.ts";
import { CacheFile } from "./control/cache-file.ts";
import { Control } from "./control/control.ts";
import { fieldManagerOf } from "./control/field-manager.ts";
import { registerSpeakerMetrics } from "./control/speaker-metrics.ts";
import { WireThread } from "./control/wire-thread.ts";
import { namesOf, readNodeAddress, SPEAKER_OPTIONS } from "./options.ts";
import { WireCounts } from "./wire/counts.ts";

/** The wire thread's silence after which the speaker is not ready, and after which it should be restarted. */
const NOT_READY_AFTER_MS = 3_000;
const DEAD_AFTER_MS = 15_000;
/** A watch that fails is tried once a second; one that failed this lately does not run. */
const WATCH_FAILING_MS = 3_000;

/** In the tree the source files run; in the image the two bundles lie beside each other. */
const WIRE_PROGRAM = new URL(
  import.meta.url.endsWith(".ts") ? "./wire-main.ts" : "./wire.mjs",
  import.meta.url,
);

const parsed = parseOptions("speaker", SPEAKER_OPTIONS, process.argv.slice(2), process.env);
if (parsed.ok) process.exit(await run(parsed.value));
console.log(parsed.error.text);
process.exit(parsed.error.status);

async function run(options: Options<typeof SPEAKER_OPTIONS>): Promise<number> {
  const node = options.nodeName;
  const proxyHealth = readProxyHealthUrl(options.proxyHealthUrl);
  if (!proxyHealth.ok) {
    console.log(`speaker: ${proxyHealth.error}`);
    return 2;
  }
  const proxyUrl = proxyHealth.value;
  const nodeAddress = readNodeAddress(options.nodeAddress);
  if (!nodeAddress.ok) {
    console.log(`speaker: ${nodeAddress.error}`);
    return 2;
  }
  const excludedInterfaces = namesOf(options.excludeInterfaces);
  const log = winstonLog({ level: options.logLevel, fields: { component: "speaker", node } });
  const metrics = new Metrics();
  const kubeMetrics = new KubeMetrics(metrics);
  const shared = { clock, random, log, metrics: kubeMetrics };
  const transport = new HttpsTransport({ ...shared, kubeConfig: loadKubeConfig() });
  const client = new ApiClient({ transport, fieldManager: fieldManagerOf(node) });
  const events = new EventRecorder({
    ...shared,
    client,
    component: "fairlead.dev/speaker",
    instance: options.podName,
  });

  const memory = WireCounts.memory();
  const refreshMs = options.gratuitousRefreshSeconds * 1000;
  const cache = new CacheFile({ ...shared, folder: options.stateFolder });
  const known = cache.read();
  const wire: WireThread = new WireThread({
    ...shared,
    program: WIRE_PROGRAM,
    start: {
      node,
      excludedInterfaces,
      refreshMs,
      takeoverPort: options.takeoverPort,
      nodePath: nodeAddress.value && { address: nodeAddress.value, port: options.nodePathPort },
      caretake: options.caretake,
      answerPing: options.answerPing,
      memories: known.memories,
      counts: memory,
    },
    onMessage: (message) => control.take(message),
    onDeath: (reason) => {
      log.error("wire thread died", { error: reason });
      process.exit(1);
    },
  });
  const control = new Control({
    ...shared,
    node,
    keysNamespace: options.podNamespace,
    excludedInterfaces,
    proxy: proxyUrl && { url: proxyUrl.href, ask: (signal) => askProxy(proxyUrl, signal) },
    ports: { segment: options.takeoverPort, nodePath: options.nodePathPort },
    nodeAddress: nodeAddress.value,
    transport,
    client,
    events,
    wire,
    known,
    cache,
  });
  const counts = new WireCounts(memory);
  registerSpeakerMetrics(metrics, {
    counts,
    states: () => control.states,
    leftOut: () => control.leftOut,
    missed: () => control.missed,
    wireSilentMs: () => wire.silentMs,
    proxy: () => control.proxy,
  });
  const wireCheck = (mostMs: number) => (): string | undefined =>
    wire.silentMs > mostMs ? `silent for ${Math.round(wire.silentMs)} ms` : undefined;
  const watchCheck = (): string | undefined =>
    clock.wall().getTime() - counts.get("watchFailedAt") < WATCH_FAILING_MS
      ? "the interface watch fails"
      : undefined;
  const http = new HttpEndpoint({
    host: options.metricsHost,
    port: options.metricsPort,
    metrics,
    alive: { wire: wireCheck(DEAD_AFTER_MS) },
    ready: { wire: wireCheck(NOT_READY_AFTER_MS), watch: watchCheck, ...control.readiness },
  });
  log.info("speaker started", { version: VERSION });
  const parts = [
    { name: "transport", start: () => {}, stop: () => transport.stop() },
    {
      name: "http",
      start: async () => {
        await http.start();
      },
      stop: () => http.stop(),
    },
    { name: "control", start: () => control.start(), stop: () => control.stop() },
  ];
  return runParts(parts, log);
}
