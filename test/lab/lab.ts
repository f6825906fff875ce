import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiServer } from "./api-server.ts";
import type { AskOptions, Attempt, Question } from "./attempt.ts";
import { bringUp, recordStart } from "./bring-up.ts";
import { ensureParts } from "./build.ts";
import { Capture, type CaptureOptions } from "./capture.ts";
import { Cgroups } from "./cgroups.ts";
import { type CommandOptions, type CommandResult, run } from "./command.ts";
import { LabContext } from "./context.ts";
import { cutsBetween, setCuts } from "./cuts.ts";
import { dumpDiagnostics } from "./diagnostics.ts";
import * as faults from "./faults.ts";
import { type ImageSource, imageNames, importImage } from "./images.ts";
import { prepareKernel } from "./kernel.ts";
import { goDownWithProcess } from "./lifetime.ts";
import * as neighbors from "./neighbors.ts";
import { type Component, checkName, completeOptions, type LabOptions } from "./options.ts";
import { ensurePackages, LAB_PACKAGES } from "./packages.ts";
import { labPaths } from "./paths.ts";
import { CONTROL_PLANE, type Member } from "./plan.ts";
import { podGroup, podProcesses } from "./pods.ts";
import { logFile } from "./processes.ts";
import { ask, exec, Probing, type Spawned, spawnOn } from "./reach.ts";
import { nodesReady, waitForApiServer, waitInLab } from "./readiness.ts";
import { type Cut, isAlive, readState } from "./state.ts";
import { leftovers, takeDown } from "./take-down.ts";
import type { Probe, WaitOptions } from "./wait.ts";

/** Cluster in a box: a switch, a router, a control plane, nodes and clients, each in a network namespace of its own. */
export class Lab {
  readonly name: string;
  readonly #context: LabContext;
  readonly #release: () => void;

  private constructor(context: LabContext, release: () => void) {
    this.name = context.name;
    this.#context = context;
    this.#release = release;
  }

  /**
   * Brings a lab up: when this resolves, its nodes are Ready, pods run on them and Services are reached.
   * Installs and builds what is missing first. If anything fails, nothing of the lab is left.
   *
   * @throws MissingTool if something is missing that cannot be installed here; WaitError if a part does not come up.
   */
  static async up(asked: Partial<LabOptions> = {}): Promise<Lab> {
    const options = completeOptions(asked);
    const startMs = performance.now();
    const report = (line: string): void =>
      options.report(`[${((performance.now() - startMs) / 1000).toFixed(1).padStart(5)} s] ${line}`);
    if (process.getuid?.() !== 0)
      throw new Error("a lab makes network namespaces and cgroups; run this as root");
    await ensurePackages(LAB_PACKAGES, report);
    await prepareKernel(report);
    const parts = await ensureParts(report);
    await clearName(options, report);
    recordStart(options, parts);
    const context = new LabContext(options.name);
    const release = goDownWithProcess(options.name);
    try {
      await bringUp(context, parts, report);
    } catch (cause) {
      release();
      await takeDown(options.name, context.cgroups);
      throw cause;
    }
    if (options.lifetime === "detached") release();
    report(`lab ${options.name} is up`);
    return new Lab(context, release);
  }

  /** A lab that is up already, brought up by this or another process. @throws Error if there is none of that name. */
  static attach(name: string): Lab {
    checkName(name);
    const context = new LabContext(name);
    if (context.state.phase !== "up")
      throw new Error(`lab ${name} is not up; take it down and bring it up again`);
    return new Lab(context, () => {});
  }

  /** Takes a lab down, whatever state it is in and whoever brought it up. */
  static async takeDown(name: string): Promise<void> {
    checkName(name);
    await takeDown(name, new Cgroups());
  }

  /** What is left on this machine of a lab; empty after a clean take-down. */
  static leftovers(name: string): readonly string[] {
    return leftovers(name, new Cgroups());
  }

  /** Takes this lab down. */
  async down(): Promise<void> {
    await takeDown(this.name, this.#context.cgroups);
    this.#release();
  }

  // What there is

  /** Every member with its namespace, interfaces and addresses. */
  get members(): readonly Member[] {
    return this.#context.members;
  }

  /** @throws RangeError if there is no member of that name. */
  member(name: string): Member {
    return this.#context.member(name);
  }

  /** The names of the nodes, dead ones included. */
  get nodeNames(): readonly string[] {
    return this.#context.nodes.map(({ name }) => name);
  }

  /** The names of the clients on the nodes' segment. */
  get clientNames(): readonly string[] {
    return this.members.filter(({ role }) => role === "client").map(({ name }) => name);
  }

  /** A kubeconfig of the administrator for programs on the host. */
  get kubeconfig(): string {
    return labPaths(this.name).adminKubeconfig;
  }

  /** What tells kubectl which cluster is meant, and to keep its cache with the lab. */
  get kubectlOptions(): readonly string[] {
    return ["--kubeconfig", this.kubeconfig, "--cache-dir", join(labPaths(this.name).root, "kubectl-cache")];
  }

  /** Folder of the lab's programs, `kubectl` among them. */
  get programs(): string {
    return this.#context.state.programs;
  }

  /** The API server's audit log: one JSON object a line, every request with its user. */
  get auditLog(): string {
    return join(labPaths(this.name).root, "machines", CONTROL_PLANE, "log", "audit.log");
  }

  /** The API server, reached from the host as administrator. */
  get api(): ApiServer {
    return this.#context.api;
  }

  // Use

  /** Runs kubectl and returns what it printed. @throws CommandError if it fails. */
  async kubectl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const argv = [join(this.programs, "kubectl"), ...this.kubectlOptions];
    return (await run([...argv, ...args], options)).stdout;
  }

  /** Loads an image onto all nodes that are on. */
  async loadImage(source: ImageSource | string): Promise<void> {
    const image = typeof source === "string" ? { path: source } : source;
    const { dead } = this.#context.state;
    const alive = this.nodeNames.filter((name) => !dead.includes(name));
    await Promise.all(alive.map((name) => importImage(this.#context, this.#context.machine(name), image)));
  }

  /** The names of the images on a node. */
  images(node: string): Promise<readonly string[]> {
    return imageNames(this.#context, this.#context.machine(node));
  }

  /** Runs a command on a member: on a node as if logged in there, on a client in its network. */
  exec(member: string, argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return exec(this.#context, member, argv, options);
  }

  /** Starts a command in a client's network. It should end with its standard input; it ends with the lab in any case. */
  spawn(member: string, argv: readonly string[]): Spawned {
    return spawnOn(this.#context, member, argv);
  }

  /** Gets a URL from a member's network on a connection of its own. */
  fetch(
    from: string,
    url: string,
    options: AskOptions & { headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Attempt> {
    const { headers, ...rest } = options;
    return ask(
      this.#context,
      from,
      { kind: "http", url, ...(headers === undefined ? {} : { headers }) },
      rest,
    );
  }

  /** Sends one datagram from a member's network and waits for one back. */
  udpAsk(
    from: string,
    address: string,
    port: number,
    options: AskOptions & { text?: string } = {},
  ): Promise<Attempt> {
    const { text, ...rest } = options;
    return ask(
      this.#context,
      from,
      { kind: "udp", address, port, ...(text === undefined ? {} : { text }) },
      rest,
    );
  }

  /** Opens and closes one TCP connection from a member's network. */
  tcpConnect(from: string, address: string, port: number, options: AskOptions = {}): Promise<Attempt> {
    return ask(this.#context, from, { kind: "tcp", address, port }, options);
  }

  /** Asks again and again at a fixed pace; resolves once the first attempt has an outcome. */
  async probe(from: string, question: Question, options: AskOptions & { everyMs: number }): Promise<Probing> {
    const probing = new Probing(this.#context, from, question, options);
    await probing.started;
    return probing;
  }

  /** The replies to ARP requests for an address. */
  arping(
    from: string,
    address: string,
    options: neighbors.ResolveOptions = {},
  ): Promise<readonly neighbors.Resolution[]> {
    return neighbors.arping(this.#context, from, address, options);
  }

  /** The replies to a neighbor solicitation for an address. */
  ndisc(
    from: string,
    address: string,
    options: neighbors.ResolveOptions = {},
  ): Promise<readonly neighbors.Resolution[]> {
    return neighbors.ndisc(this.#context, from, address, options);
  }

  /** A member's ARP and NDP tables. */
  neighbors(member: string): Promise<readonly neighbors.Neighbor[]> {
    return neighbors.neighbors(this.#context, member);
  }

  /** Makes a member forget one neighbor, or all. */
  flushNeighbors(member: string, address?: string): Promise<void> {
    return neighbors.flushNeighbors(this.#context, member, address);
  }

  /** Writes a neighbor entry by hand. */
  setNeighbor(member: string, entry: { address: string; mac: string; interface?: string }): Promise<void> {
    return neighbors.setNeighbor(this.#context, member, entry);
  }

  /** Captures frames at a member's interface; `filter` in tcpdump's words. */
  capture(member: string, filter: string, options: CaptureOptions = {}): Promise<Capture> {
    return Capture.start(this.#context, member, filter, options);
  }

  /** What a program has written so far. */
  logs(member: string, component: Component): string {
    return readFileSync(logFile(this.name, member, component), "utf8");
  }

  /** The processes of a pod `namespace/name` by the host's numbers, for /proc. */
  podProcesses(pod: string): Promise<readonly number[]> {
    return podProcesses(this.#context, pod);
  }

  // Waiting

  /** Waits for a condition; the error names it, what was seen last, and where the logs of that moment are. */
  waitFor<T>(description: string, probe: Probe<T>, options: WaitOptions = {}): Promise<T> {
    return waitInLab(this.#context, description, probe, options);
  }

  /** Waits until nodes are Ready. @param names all nodes that are on, unless given. */
  nodesReady(names?: readonly string[], deadlineMs?: number): Promise<void> {
    const { dead } = this.#context.state;
    return nodesReady(
      this.#context,
      names ?? this.nodeNames.filter((name) => !dead.includes(name)),
      deadlineMs,
    );
  }

  /** Writes logs and objects to a file that outlives the lab. @returns the file's name. */
  dumpDiagnostics(why = "asked for"): Promise<string> {
    return dumpDiagnostics(this.#context, why);
  }

  // Faults

  /** Adds a node and waits until it is usable. @returns its name. */
  addNode(): Promise<string> {
    return faults.addNode(this.#context);
  }

  /** Pulls a member's cable out of the switch: its interface loses carrier. */
  cutCable(member: string, interfaceName = "eth0"): Promise<void> {
    return faults.setCable(this.#context, member, interfaceName, false);
  }

  /** Plugs the cable in again. */
  plugCable(member: string, interfaceName = "eth0"): Promise<void> {
    return faults.setCable(this.#context, member, interfaceName, true);
  }

  /** Takes an interface out of a member altogether. */
  removeInterface(member: string, interfaceName: string): Promise<void> {
    return faults.removeInterface(this.#context, member, interfaceName);
  }

  /** Puts it back with its addresses. */
  restoreInterface(member: string, interfaceName: string): Promise<void> {
    return faults.restoreInterface(this.#context, member, interfaceName);
  }

  /** Hard death of a node: carrier gone, everything on it ended in one blow. */
  kill(node: string): Promise<void> {
    return faults.killNode(this.#context, node);
  }

  /** Starts a killed node; {@link nodesReady} waits for it. */
  start(node: string): Promise<void> {
    return faults.startNode(this.#context, node);
  }

  /** Hard reset of a node that stays off for `offMs`; {@link nodesReady} waits for it. */
  reboot(node: string, offMs = 0): Promise<void> {
    return faults.rebootNode(this.#context, node, offMs);
  }

  /** Stops a machine, or one of its programs, from running at all. Its kernel still answers on the wire. */
  freeze(machine: string, component?: Component): Promise<void> {
    return faults.setFrozen(this.#context, machine, component, true);
  }

  /** Lets it run on. */
  thaw(machine: string, component?: Component): Promise<void> {
    return faults.setFrozen(this.#context, machine, component, false);
  }

  /** Stops a pod `namespace/name` from running at all. */
  async freezePod(pod: string): Promise<void> {
    await this.#context.cgroups.freeze(await podGroup(this.#context, pod));
  }

  /** Lets it run on. */
  async thawPod(pod: string): Promise<void> {
    await this.#context.cgroups.thaw(await podGroup(this.#context, pod));
  }

  /** Drops frames from one member to another, on top of what is dropped already. @param cut percent 100 unless given. */
  drop(cut: Omit<Cut, "percent"> & { readonly percent?: number }): Promise<void> {
    return setCuts(this.#context, [...this.#context.state.cuts, { percent: 100, ...cut }]);
  }

  /** Parts the members of one side from those of the other, both ways. */
  partition(one: readonly string[], other: readonly string[]): Promise<void> {
    return setCuts(this.#context, [...this.#context.state.cuts, ...cutsBetween(one, other)]);
  }

  /** Ends all dropping. */
  heal(): Promise<void> {
    return setCuts(this.#context, []);
  }

  /** Ends one of a machine's programs: asked, then killed after `patienceMs`; 0 kills at once. */
  stopComponent(machine: string, component: Component, patienceMs = 0): Promise<void> {
    return faults.stopComponent(this.#context, machine, component, patienceMs);
  }

  /** Starts a program that was stopped. */
  startComponent(machine: string, component: Component): Promise<void> {
    return faults.startComponent(this.#context, machine, component);
  }

  /** Kills the API server. */
  stopApiServer(): Promise<void> {
    return this.stopComponent(CONTROL_PLANE, "kube-apiserver");
  }

  /** Starts the API server and waits until it is ready. */
  async startApiServer(): Promise<void> {
    await this.startComponent(CONTROL_PLANE, "kube-apiserver");
    await waitForApiServer(this.#context);
  }

  /** Kills etcd. */
  stopEtcd(): Promise<void> {
    return this.stopComponent(CONTROL_PLANE, "etcd");
  }

  /** Starts etcd and waits until the API server is ready again. */
  async startEtcd(): Promise<void> {
    await this.startComponent(CONTROL_PLANE, "etcd");
    await waitForApiServer(this.#context);
  }
}

/** Makes room for a lab of that name, or says why there is none. */
async function clearName(options: LabOptions, report: (line: string) => void): Promise<void> {
  const { name } = options;
  const state = readState(name);
  if (state?.phase === "up" && options.ifExists === "fail") {
    throw new Error(`lab ${name} is up already; take it down first, or choose another name`);
  }
  if (state?.phase === "starting" && isAlive(state.owner)) {
    throw new Error(`lab ${name} is being brought up by process ${state.owner.pid}; choose another name`);
  }
  if (leftovers(name, new Cgroups()).length === 0) return;
  report(`removing what is left of an earlier lab ${name}`);
  await takeDown(name, new Cgroups());
}
