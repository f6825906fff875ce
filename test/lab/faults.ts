import { setTimeout as delay } from "node:timers/promises";
import { joinCluster, startRuntime, waitUntilUsable } from "./bring-up.ts";
import { ensureParts } from "./build.ts";
import type { LabContext } from "./context.ts";
import {
  CONTROL_PLANE_COMPONENTS,
  type ControlPlaneComponent,
  startControlPlaneComponent,
} from "./control-plane.ts";
import { addressCommands, connect, disconnect, ip, plugCommands, routePods } from "./network.ts";
import { NODE_COMPONENTS, type NodeComponent, startNodeComponent } from "./node.ts";
import type { Component } from "./options.ts";
import { labPaths } from "./paths.ts";
import { issue, nodeIdentity } from "./pki.ts";
import type { Cable, Member } from "./plan.ts";

/** The cable at one of a member's interfaces. @throws RangeError if it has none. */
function cableOf(member: Member, name: string): Cable {
  const cable = member.cables.find((one) => one.interface === name);
  if (cable === undefined) throw new RangeError(`${member.name} has no ${name}`);
  return cable;
}

/** Pulls or plugs a cable at the switch: the member sees its carrier go or come. */
export async function setCable(
  context: LabContext,
  name: string,
  interfaceName: string,
  plugged: boolean,
): Promise<void> {
  const { port } = cableOf(context.member(name), interfaceName);
  await ip(context.switchNamespace, [`link set ${port} ${plugged ? "up" : "down"}`]);
}

/** Takes an interface out of a member, as hot-unplugging the card does. */
export async function removeInterface(
  context: LabContext,
  name: string,
  interfaceName: string,
): Promise<void> {
  const member = context.member(name);
  await ip(member.namespace, [`link delete ${cableOf(member, interfaceName).interface}`]);
}

/** Puts a removed interface back, with its addresses and the routes that went with it. */
export async function restoreInterface(
  context: LabContext,
  name: string,
  interfaceName: string,
): Promise<void> {
  const member = context.member(name);
  const cable = cableOf(member, interfaceName);
  await ip(context.switchNamespace, plugCommands(member, cable));
  await ip(member.namespace, addressCommands(member, cable));
  await routePods([member], context.nodes);
}

/** Hard death: the cable goes dark, and everything on the node ends in one blow. */
export async function killNode(context: LabContext, name: string): Promise<void> {
  const machine = context.machine(name);
  for (const { interface: cable } of machine.member.cables) await setCable(context, name, cable, false);
  await machine.powerOff();
  // The kernel takes a namespace apart some time after it is gone; the ports must be free at once.
  await ip(
    context.switchNamespace,
    machine.member.cables.map(({ port }) => `link delete ${port}`),
  );
  await disconnect(machine.member.namespace);
  context.change({ dead: [...context.state.dead.filter((dead) => dead !== name), name] });
}

/** Starts a dead node, with its disk as it was; does not wait until it is Ready. */
export async function startNode(context: LabContext, name: string): Promise<void> {
  const machine = context.machine(name);
  if (!context.state.dead.includes(name)) throw new Error(`${name} is on already`);
  const parts = await ensureParts(() => {});
  await connect(machine.member, context.switchNamespace);
  await routePods([machine.member], context.nodes);
  await machine.boot();
  await startRuntime(context, machine, parts);
  await joinCluster(context, machine);
  context.change({ dead: context.state.dead.filter((dead) => dead !== name) });
}

/** Turns a node off and on again. */
export async function rebootNode(context: LabContext, name: string, offMs: number): Promise<void> {
  await killNode(context, name);
  await delay(offMs);
  await startNode(context, name);
}

/** Adds a node to the running lab and waits until it is usable. @returns its name. */
export async function addNode(context: LabContext): Promise<string> {
  const number = Math.max(...context.state.nodeNumbers) + 1;
  context.change({ nodeNumbers: [...context.state.nodeNumbers, number] });
  const name = `node-${number}`;
  const machine = context.machine(name);
  const { member } = machine;
  const alive = context.members.filter((one) => !context.state.dead.includes(one.name));
  const parts = await ensureParts(() => {});
  await Promise.all([
    connect(member, context.switchNamespace).then(() => routePods([member], context.nodes)),
    issue(labPaths(context.name).pki, [nodeIdentity(member)]),
  ]);
  await routePods(alive, [member]);
  await machine.boot();
  await startRuntime(context, machine, parts);
  await joinCluster(context, machine);
  await waitUntilUsable(context, [member]);
  return name;
}

/** Ends one of a machine's programs: asked, then killed after `patienceMs`; 0 kills at once. */
export async function stopComponent(
  context: LabContext,
  name: string,
  component: Component,
  patienceMs: number,
): Promise<void> {
  await context.machine(name).stop(component, patienceMs);
}

/** Starts one of a machine's programs that does not run. */
export async function startComponent(context: LabContext, name: string, component: Component): Promise<void> {
  const machine = context.machine(name);
  if (machine.runs(component)) throw new Error(`${component} runs on ${name} already`);
  const { options } = context.state;
  if (isNodeComponent(component)) await startNodeComponent(machine, component, options);
  else if (isControlPlaneComponent(component)) await startControlPlaneComponent(machine, component, options);
}

function isNodeComponent(component: Component): component is NodeComponent {
  return NODE_COMPONENTS.some((one) => one === component);
}

function isControlPlaneComponent(component: Component): component is ControlPlaneComponent {
  return CONTROL_PLANE_COMPONENTS.some((one) => one === component);
}

/** Stops a machine, or one program of it, from running at all; or lets it run on. */
export async function setFrozen(
  context: LabContext,
  name: string,
  component: Component | undefined,
  frozen: boolean,
): Promise<void> {
  const machine = context.machine(name);
  const group = component === undefined ? machine.group : machine.groupOf(component);
  await (frozen ? context.cgroups.freeze(group) : context.cgroups.thaw(group));
}
