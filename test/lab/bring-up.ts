import { mkdirSync, writeFileSync } from "node:fs";
import type { Parts } from "./build.ts";
import type { LabContext } from "./context.ts";
import { apiServerUrl, startControlPlaneComponent, writeControlPlaneFiles } from "./control-plane.ts";
import { loadPodImages, waitForContainerd } from "./images.ts";
import { firstLine, type Machine } from "./machine.ts";
import { connect, connectSwitch, routePods } from "./network.ts";
import { startNodeComponent, writeNodeFiles } from "./node.ts";
import type { LabOptions } from "./options.ts";
import { labPaths, NAMESPACES } from "./paths.ts";
import { clusterIdentities, issue, kubeconfig, makeAuthority, nodeIdentity } from "./pki.ts";
import { type Member, segmentsOf } from "./plan.ts";
import { inGroup, LABS_GROUP, labGroup } from "./processes.ts";
import { nodesReady, proxyWorks, waitForApiServer, waitForServiceAccount } from "./readiness.ts";
import { thisProcess, writeState } from "./state.ts";

/** Who loads and watches a lab is outside, and has no part in its machines' processors but what they leave. */
const LABS_WEIGHT = 4;

/** Records a lab that is about to be brought up, so that whatever becomes of this process it can be taken down. */
export function recordStart(options: LabOptions, parts: Parts): void {
  const paths = labPaths(options.name);
  // The call that makes the folder is the one whose lab it is.
  if (mkdirSync(paths.root, { recursive: true }) === undefined) {
    throw new Error(`lab ${options.name} is being brought up by another process; choose another name`);
  }
  mkdirSync(paths.logs);
  const { report: _, ...asked } = options;
  writeState(options.name, {
    version: 1,
    phase: "starting",
    owner: thisProcess(),
    createdAt: new Date().toISOString(),
    options: asked,
    nodeNumbers: Array.from({ length: options.nodes }, (_, i) => i + 1),
    dead: [],
    cuts: [],
    apiPort: 0,
    programs: parts.programs,
  });
}

/** Brings the recorded lab up: when this returns, nodes are Ready and pods run and are reached. */
export async function bringUp(
  context: LabContext,
  parts: Parts,
  report: (line: string) => void,
): Promise<void> {
  const { members, nodes, controlPlane } = context;
  const { pki } = labPaths(context.name);
  report(`laying cables to ${members.length - 1} members, making certificates`);
  await Promise.all([connectAll(context), makeAuthority(pki)]);
  const identities = [...clusterIdentities(controlPlane.member), ...nodes.map(nodeIdentity)];
  const machines = nodes.map((node) => context.machine(node.name));
  await Promise.all([
    issue(pki, identities),
    controlPlane.boot(),
    ...machines.map((machine) => machine.boot()),
  ]);
  context.cgroups.weigh(LABS_GROUP, LABS_WEIGHT);
  await openApiPort(context);
  report("starting the control plane and containerd");
  await Promise.all([
    startControlPlane(context),
    ...machines.map((machine) => startRuntime(context, machine, parts)),
  ]);
  report(`starting ${nodes.length} nodes`);
  await Promise.all(machines.map((machine) => joinCluster(context, machine)));
  await waitUntilUsable(context, nodes);
  context.change({ phase: "up" });
}

async function connectAll(context: LabContext): Promise<void> {
  const { members } = context;
  const [theSwitch, ...others] = members;
  if (theSwitch === undefined) return;
  await connectSwitch(theSwitch, segmentsOf(context.state.options));
  await Promise.all(others.map((member) => connect(member, theSwitch.namespace)));
  await routePods(members, context.nodes);
}

/** Makes the API server reachable on the host's loopback, at a port that the kernel chooses. */
async function openApiPort(context: LabContext): Promise<void> {
  const group = `${labGroup(context.name)}/host/forward`;
  context.cgroups.ensure(group);
  const namespace = `${NAMESPACES}/${context.controlPlane.member.namespace}`;
  const argv = [`${context.state.programs}/forward`, namespace, "127.0.0.1", "6443"];
  const port = Number(await firstLine(inGroup(context.cgroups, group, argv)));
  context.change({ apiPort: port });
  const { pki, adminKubeconfig } = labPaths(context.name);
  const text = kubeconfig(pki, "admin", `https://127.0.0.1:${port}`, "kubernetes-admin");
  writeFileSync(adminKubeconfig, text, { mode: 0o600 });
}

async function startControlPlane(context: LabContext): Promise<void> {
  const { controlPlane } = context;
  const { options } = context.state;
  writeControlPlaneFiles(context.name);
  await startControlPlaneComponent(controlPlane, "etcd", options);
  await startControlPlaneComponent(controlPlane, "kube-apiserver", options);
  await waitForApiServer(context);
  await startControlPlaneComponent(controlPlane, "kube-controller-manager", options);
  await startControlPlaneComponent(controlPlane, "kube-scheduler", options);
}

/** Starts a booted node's containerd and gives it the images that pods of the lab need. */
export async function startRuntime(
  context: LabContext,
  machine: Machine,
  parts: Pick<Parts, "images">,
): Promise<void> {
  const { options } = context.state;
  writeNodeFiles(context.name, machine, apiServerUrl(context.controlPlane.member), options);
  context.cgroups.ensure(machine.groupOf("shims"));
  await startNodeComponent(machine, "containerd", options);
  await waitForContainerd(context, machine);
  await loadPodImages(context, machine, parts.images);
}

/** Starts kubelet and kube-proxy on a node whose containerd runs. */
export async function joinCluster(context: LabContext, machine: Machine): Promise<void> {
  const { options } = context.state;
  await startNodeComponent(machine, "kubelet", options);
  await startNodeComponent(machine, "kube-proxy", options);
}

/** Waits until the nodes can run pods and reach Services, and records each one's pod prefixes in its Node. */
export async function waitUntilUsable(context: LabContext, nodes: readonly Member[]): Promise<void> {
  const names = nodes.map(({ name }) => name);
  await nodesReady(context, names);
  await Promise.all([
    ...nodes.map((node) => recordPodPrefixes(context, node)),
    ...names.map((name) => proxyWorks(context, name)),
    waitForServiceAccount(context, "default"),
  ]);
}

async function recordPodPrefixes(context: LabContext, node: Member): Promise<void> {
  const spec = { podCIDR: node.podPrefixes[0], podCIDRs: node.podPrefixes };
  const { status, text } = await context.api.send("PATCH", `/api/v1/nodes/${node.name}`, {
    body: { spec },
    contentType: "application/merge-patch+json",
  });
  if (status !== 200) throw new Error(`cannot record the pod prefixes of ${node.name}: ${status} ${text}`);
}
