import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, type Flags } from "./flags.ts";
import { snapshotter } from "./kernel.ts";
import type { Machine } from "./machine.ts";
import {
  cniConfiguration,
  containerdConfiguration,
  kubeletConfiguration,
  kubeProxyConfiguration,
} from "./node-configuration.ts";
import type { Component, LabOptions } from "./options.ts";
import { labPaths, machinePaths } from "./paths.ts";
import { kubeconfig } from "./pki.ts";
import type { Member } from "./plan.ts";

/** A node's programs in the order in which they start. */
export const NODE_COMPONENTS = [
  "containerd",
  "kubelet",
  "kube-proxy",
] as const satisfies readonly Component[];

/** One of a node's programs. */
export type NodeComponent = (typeof NODE_COMPONENTS)[number];

/** The lab's flags of each of a node's programs. */
export function nodeFlags(node: Member): Readonly<Record<NodeComponent, Flags>> {
  const [cable] = node.cables;
  return {
    containerd: { config: "/run/lab/containerd.toml" },
    kubelet: {
      config: "/run/lab/kubelet.json",
      kubeconfig: "/run/lab/kubelet.kubeconfig",
      "hostname-override": node.name,
      "node-ip": `${cable?.ipv4},${cable?.ipv6}`,
    },
    "kube-proxy": { config: "/run/lab/kube-proxy.json", "hostname-override": node.name },
  };
}

/** Writes the configuration that a node's programs read. Its certificates must have been issued. */
export function writeNodeFiles(
  lab: string,
  machine: Machine,
  apiServer: string,
  options: Omit<LabOptions, "report">,
): void {
  const { member } = machine;
  const { pki } = labPaths(lab);
  const { config, root } = machinePaths(lab, member.name);
  mkdirSync(join(config, "pki"), { recursive: true });
  mkdirSync(join(config, "cni"), { recursive: true });
  copyFileSync(join(pki, "ca.crt"), join(config, "pki", "ca.crt"));
  copyFileSync(join(pki, `${member.name}.crt`), join(config, "pki", "kubelet.crt"));
  copyFileSync(join(pki, `${member.name}.key`), join(config, "pki", "kubelet.key"));
  const write = (file: string, content: unknown): void =>
    writeFileSync(join(config, file), typeof content === "string" ? content : JSON.stringify(content), {
      mode: 0o600,
    });
  write("containerd.toml", containerdConfiguration(machine.groupOf("shims"), snapshotter()));
  write("cni/10-lab.conflist", cniConfiguration(member));
  write("kubelet.json", { ...kubeletConfiguration(machine.group), ...options.kubelet });
  write("kube-proxy.json", kubeProxyConfiguration(options.proxyMode));
  write("kubelet.kubeconfig", kubeconfig(pki, member.name, apiServer, `system:node:${member.name}`));
  write("kube-proxy.kubeconfig", kubeconfig(pki, "kube-proxy", apiServer, "system:kube-proxy"));
  mkdirSync(join(root, "log", "pods"), { recursive: true });
}

/** Starts one of a node's programs. */
export async function startNodeComponent(
  machine: Machine,
  component: NodeComponent,
  options: Pick<LabOptions, "flags">,
): Promise<void> {
  await machine.start(component, commandLine(component, nodeFlags(machine.member)[component], options));
}
