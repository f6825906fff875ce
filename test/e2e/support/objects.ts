import type { IPAddressPoolSpec } from "@fairlead/api/ip-address-pool.ts";
import type { L2AdvertisementSpec } from "@fairlead/api/l2-advertisement.ts";
import { WEB_IMAGE } from "../../lab/image-names.ts";

/** A manifest as kubectl takes it. */
export type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string };

/** Label on everything that the tests create, by which it is removed again. */
export const TEST_LABEL = "fairlead-e2e";

const labels = { [TEST_LABEL]: "true" };

/** A pool whose addresses are free as soon as they are let go, unless the spec says otherwise. */
export function pool(name: string, spec: IPAddressPoolSpec | Readonly<Record<string, unknown>>): Manifest {
  return {
    apiVersion: "fairlead.dev/v1beta1",
    kind: "IPAddressPool",
    metadata: { name, labels },
    spec: { releaseDelay: "0s", ...spec },
  };
}

export function advertisement(
  name: string,
  spec: L2AdvertisementSpec | Readonly<Record<string, unknown>>,
): Manifest {
  return { apiVersion: "fairlead.dev/v1beta1", kind: "L2Advertisement", metadata: { name, labels }, spec };
}

/** A VirtualIP as the controller writes it, without placement. */
export function virtualIP(
  name: string,
  address: string,
  services: readonly string[] = ["default/web"],
): Manifest {
  return {
    apiVersion: "fairlead.dev/v1beta1",
    kind: "VirtualIP",
    metadata: { name, labels },
    spec: { address, pool: "lan", services },
  };
}

/** A VirtualIP as a person writes it, who keeps an address for a Service. */
export function reservation(name: string, spec: Readonly<Record<string, unknown>>): Manifest {
  return { apiVersion: "fairlead.dev/v1beta1", kind: "VirtualIP", metadata: { name, labels }, spec };
}

/** A namespace; its own label marks it as the tests'. */
export function namespace(name: string, more: Readonly<Record<string, string>> = {}): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ...labels, ...more } } };
}

/** What a Service may differ in from one that serves the web pods `app` on TCP port 80. */
export interface ServiceOptions {
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Beside the label of all test objects. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly app?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A LoadBalancer Service on TCP port 80. */
export function service(name: string, options: ServiceOptions = {}): Manifest {
  const { namespace = "default", annotations = {}, app = "web", spec = {} } = options;
  const own = { ...labels, ...options.labels };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, annotations, labels: own },
    spec: {
      type: "LoadBalancer",
      selector: { app },
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
      ...spec,
    },
  };
}

/** What a Deployment of web pods may differ in. */
export interface WebOptions {
  readonly replicas?: number;
  /** Keeps the pods on one node. */
  readonly node?: string;
  /** Without a probe, so that a busy machine makes no pod unready. @default true */
  readonly probed?: boolean;
  /** A port of the node that leads to the pod. */
  readonly hostPort?: number;
  /** Never two to a node, while there are others. @default false */
  readonly apart?: boolean;
  /** How they end. @default at once */
  readonly ending?: Ending;
}

/** How a pod ends, counted from when it begins to terminate. */
export interface Ending {
  /** It goes on as if nothing had happened for so long. */
  readonly unawareSeconds: number;
  /** Then it takes new connections for so long. */
  readonly listensMs: number;
  /** And serves those that there are for so long, counted like the former. */
  readonly servesMs: number;
}

/** Longer than any pod takes to end. */
const GRACE_SECONDS = 60;

/** Web pods that name themselves over HTTP and UDP on port 8080, one to a node as far as possible. */
export function web(name = "web", options: WebOptions = {}): Manifest {
  const { replicas = 3, node, probed = true, hostPort, apart = false, ending } = options;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", labels },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels } },
        spec: {
          terminationGracePeriodSeconds: ending === undefined ? 1 : GRACE_SECONDS,
          ...(node === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": node } }),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: apart ? "DoNotSchedule" : "ScheduleAnyway",
              labelSelector: { matchLabels: { app: name } },
            },
          ],
          containers: [
            {
              name: "web",
              image: WEB_IMAGE,
              imagePullPolicy: "IfNotPresent",
              ...(hostPort !== undefined && { ports: [{ containerPort: 8080, hostPort }] }),
              // All nodes share this machine's cores: a pod that asks for nothing gets none while a control plane starts.
              resources: { requests: { cpu: "50m" } },
              env: [
                { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
                ...(ending === undefined ? [] : durations(ending)),
              ],
              ...(ending && {
                lifecycle: { preStop: { sleep: { seconds: ending.unawareSeconds } } },
                // Ready only once it listens, and then until it ends.
                startupProbe: {
                  httpGet: { path: "/ready", port: 8080 },
                  periodSeconds: 1,
                  failureThreshold: 60,
                },
              }),
              ...(probed && {
                readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1 },
              }),
            },
          ],
        },
      },
    },
  };
}

function durations({ listensMs, servesMs }: Ending): readonly Readonly<Record<string, string>>[] {
  return [
    { name: "LISTEN_MS", value: String(listensMs) },
    { name: "DRAIN_MS", value: String(servesMs) },
  ];
}
