import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, type Flags } from "./flags.ts";
import type { Machine } from "./machine.ts";
import type { Component, LabOptions } from "./options.ts";
import { labPaths, machinePaths } from "./paths.ts";
import { kubeconfig } from "./pki.ts";
import { CONTROL_PLANE, type Member, SERVICE_PREFIXES } from "./plan.ts";

const CONFIG = "/run/lab";
const PKI = `${CONFIG}/pki`;

/** The control plane's programs in the order in which they start. */
export const CONTROL_PLANE_COMPONENTS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const satisfies readonly Component[];

/** One of the control plane's programs. */
export type ControlPlaneComponent = (typeof CONTROL_PLANE_COMPONENTS)[number];

/** Every request with who made it, without bodies; watches and leases make up the most and count as any other. */
const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata" }],
};

/** The lab's flags of each of the control plane's programs. */
export function controlPlaneFlags(address: string): Readonly<Record<ControlPlaneComponent, Flags>> {
  return {
    etcd: {
      "data-dir": "/var/lib/etcd",
      "listen-client-urls": "http://127.0.0.1:2379",
      "advertise-client-urls": "http://127.0.0.1:2379",
      "listen-peer-urls": "http://127.0.0.1:2380",
      "initial-advertise-peer-urls": "http://127.0.0.1:2380",
      "initial-cluster": "default=http://127.0.0.1:2380",
      "unsafe-no-fsync": "true",
      "log-level": "warn",
    },
    "kube-apiserver": {
      "etcd-servers": "http://127.0.0.1:2379",
      "advertise-address": address,
      "secure-port": "6443",
      "service-cluster-ip-range": SERVICE_PREFIXES.join(","),
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "allow-privileged": "true",
      "client-ca-file": `${PKI}/ca.crt`,
      "tls-cert-file": `${PKI}/apiserver.crt`,
      "tls-private-key-file": `${PKI}/apiserver.key`,
      "kubelet-client-certificate": `${PKI}/apiserver-kubelet-client.crt`,
      "kubelet-client-key": `${PKI}/apiserver-kubelet-client.key`,
      "kubelet-certificate-authority": `${PKI}/ca.crt`,
      "kubelet-preferred-address-types": "InternalIP",
      "requestheader-client-ca-file": `${PKI}/front-proxy-ca.crt`,
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-username-headers": "X-Remote-User",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "service-account-issuer": "https://kubernetes.default.svc",
      "service-account-key-file": `${PKI}/service-accounts.key`,
      "service-account-signing-key-file": `${PKI}/service-accounts.key`,
      "audit-policy-file": `${CONFIG}/audit-policy.json`,
      "audit-log-path": "/var/log/audit.log",
      // In MB. Tests read on from where the log was: it must not be begun anew, as it is after 100 MB otherwise.
      "audit-log-maxsize": "100000",
    },
    "kube-controller-manager": {
      kubeconfig: `${CONFIG}/controller-manager.kubeconfig`,
      "authentication-kubeconfig": `${CONFIG}/controller-manager.kubeconfig`,
      "authorization-kubeconfig": `${CONFIG}/controller-manager.kubeconfig`,
      "service-account-private-key-file": `${PKI}/service-accounts.key`,
      "root-ca-file": `${PKI}/ca.crt`,
      "use-service-account-credentials": "true",
      "leader-elect": "false",
    },
    "kube-scheduler": {
      kubeconfig: `${CONFIG}/scheduler.kubeconfig`,
      "authentication-kubeconfig": `${CONFIG}/scheduler.kubeconfig`,
      "authorization-kubeconfig": `${CONFIG}/scheduler.kubeconfig`,
      "leader-elect": "false",
    },
  };
}

/** The API server's address on the LAN. */
export function apiServerUrl(controlPlane: Member): string {
  return `https://${controlPlane.cables[0]?.ipv4}:6443`;
}

/** Writes the configuration that the control plane's programs read. Certificates must have been issued. */
export function writeControlPlaneFiles(lab: string): void {
  const { pki } = labPaths(lab);
  const { config } = machinePaths(lab, CONTROL_PLANE);
  mkdirSync(join(config, "pki"), { recursive: true });
  for (const file of [
    "ca.crt",
    "front-proxy-ca.crt",
    "service-accounts.key",
    ...pair("apiserver"),
    ...pair("apiserver-kubelet-client"),
  ]) {
    copyFileSync(join(pki, file), join(config, "pki", file));
  }
  writeFileSync(join(config, "audit-policy.json"), JSON.stringify(AUDIT_POLICY));
  for (const name of ["controller-manager", "scheduler"]) {
    const text = kubeconfig(pki, name, "https://127.0.0.1:6443", `system:kube-${name}`);
    writeFileSync(join(config, `${name}.kubeconfig`), text, { mode: 0o600 });
  }
}

function pair(name: string): string[] {
  return [`${name}.crt`, `${name}.key`];
}

/** Starts one of the control plane's programs. */
export async function startControlPlaneComponent(
  machine: Machine,
  component: ControlPlaneComponent,
  options: Pick<LabOptions, "flags">,
): Promise<void> {
  const flags = controlPlaneFlags(machine.member.cables[0]?.ipv4 ?? "");
  await machine.start(component, commandLine(component, flags[component], options));
}
