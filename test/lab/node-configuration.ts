import { PAUSE_IMAGE } from "./image-names.ts";
import type { ProxyMode } from "./options.ts";
import { type Member, POD_PREFIXES } from "./plan.ts";

/**
 * containerd's configuration. Scores of the out-of-memory killer cannot be lowered without CAP_SYS_RESOURCE, hence
 * `restrict_oom_score_adj`. Shims leave containerd's own cgroup so that stopping containerd leaves pods running.
 */
export function containerdConfiguration(shimGroup: string, snapshotter: string): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/usr/lib/cni"]
  conf_dir = "/run/lab/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  BinaryName = "/usr/sbin/runc"
  SystemdCgroup = false
  ShimCgroup = "${shimGroup}"
`;
}

/** The node's pod network: a bridge with addresses out of the node's own prefixes; other nodes' pods are routed. */
export function cniConfiguration(node: Member): object {
  return {
    cniVersion: "1.0.0",
    name: "lab",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          ranges: node.podPrefixes.map((subnet) => [{ subnet }]),
          routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** KubeletConfiguration for a node whose kubelet shares a kernel, a disk and swap with others. */
export function kubeletConfiguration(cgroupRoot: string): Readonly<Record<string, unknown>> {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: "/run/lab/pki/ca.crt" },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: "/run/lab/pki/kubelet.crt",
    tlsPrivateKeyFile: "/run/lab/pki/kubelet.key",
    cgroupRoot,
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    evictionHard: {
      "memory.available": "1Mi",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    clusterDomain: "cluster.local",
    clusterDNS: ["10.96.0.10"],
    resolvConf: "",
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
  };
}

/** KubeProxyConfiguration; conntrack's limits are the kernel's own, as they are read-only in a namespace. */
export function kubeProxyConfiguration(mode: ProxyMode): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode,
    clusterCIDR: POD_PREFIXES.join(","),
    clientConnection: { kubeconfig: "/run/lab/kube-proxy.kubeconfig" },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}
