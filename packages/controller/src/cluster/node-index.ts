import type { Node } from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { Change } from "@fairlead/kube/store.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { type CordonedNodes, isUp, lacksSpeaker, type NodeView, viewNode } from "../placement/node-view.ts";
import { Settling } from "./settling.ts";
import { SteadyLinks } from "./steady-links.ts";

/**
 * For how long a speaker that is not there is waited for, in ms. While it is away its stand-ins take care of its addresses; after
 * 30 s of that they take them over, which is to be seen before anything is decided here.
 */
export const SPEAKER_GRACE_MS = 45_000;

export interface NodeIndexOptions {
  readonly clock: Clock;
  /** For how long a node must have been up, in ms, before it gets something new while another node can have it. */
  readonly settleMs: number;
  /** See the option of the controller. */
  readonly cordonedNodes: CordonedNodes;
  /** Called when something that placement asks of a node has changed, not for a heartbeat. */
  readonly onChange: (node: string) => void;
}

/** A speaker that is not there though its node is. */
interface Absence {
  readonly sinceMs: number;
  /** Ends the waiting; undefined until that begins. */
  readonly timer: Timer | undefined;
}

/** The nodes as placement sees them, put together from Node, speaker Pod and Speaker. */
export class NodeIndex {
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Map<string, Pod>>();
  readonly #speakers = new Map<string, Speaker>();
  readonly #views = new Map<string, { readonly view: NodeView; readonly text: string }>();
  readonly #absences = new Map<string, Absence>();
  /** What was last reported of nodes whose report was taken away. */
  readonly #lastReports = new Map<string, Speaker>();
  readonly #options: NodeIndexOptions;
  readonly #settling: Settling;
  readonly #links: SteadyLinks;
  #begun = false;
  #list: readonly NodeView[] | undefined;

  constructor(options: NodeIndexOptions) {
    this.#options = options;
    this.#settling = new Settling({ ...options, onSettled: (name) => this.#look(name) });
    this.#links = new SteadyLinks(options.clock, (name) => this.#look(name));
  }

  /** Everything has been read: who is not there has been away for an unknown time, and is waited for from now. */
  begin(): void {
    this.#begun = true;
    for (const name of [...this.#absences.keys()]) this.#absences.set(name, this.#absence(name));
    this.#settling.begin();
    for (const name of [...this.#nodes.keys()]) this.#look(name);
  }

  /** Waits for nobody any more. */
  stop(): void {
    for (const { timer } of this.#absences.values()) timer?.cancel();
    this.#absences.clear();
    this.#settling.stop();
    this.#links.stop();
  }

  applyNode({ key, current }: Change<Node>): void {
    if (current === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, current);
    this.#look(key);
  }

  applySpeaker({ key, current }: Change<Speaker>): void {
    const known = this.#speakers.get(key);
    if (current?.status !== undefined) this.#lastReports.delete(key);
    else if (known?.status !== undefined) this.#lastReports.set(key, known);
    if (current === undefined) this.#speakers.delete(key);
    else this.#speakers.set(key, current);
    this.#look(key);
  }

  applyPod({ key, previous, current }: Change<Pod>): void {
    const before = previous?.spec?.nodeName;
    const after = current?.spec?.nodeName;
    if (before !== undefined) this.#pods.get(before)?.delete(key);
    if (after !== undefined && current !== undefined) {
      const pods = this.#pods.get(after) ?? new Map<string, Pod>();
      this.#pods.set(after, pods.set(key, current));
    }
    for (const node of new Set([before, after])) {
      if (node !== undefined) this.#look(node);
    }
  }

  get(node: string): NodeView | undefined {
    return this.#views.get(node)?.view;
  }

  /** All nodes, by name. */
  list(): readonly NodeView[] {
    this.#list ??= [...this.#views.values()]
      .map(({ view }) => view)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return this.#list;
  }

  /** Names of all interfaces that speakers have reported, with carrier or without. */
  interfaceNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { status } of this.#speakers.values()) {
      for (const { name } of status?.interfaces ?? []) names.add(name);
    }
    return names;
  }

  #look(name: string): void {
    const node = this.#nodes.get(name);
    const before = this.#views.get(name);
    if (node === undefined) {
      this.#present(name);
      this.#settling.set(name, false);
      this.#links.delete(name);
      this.#lastReports.delete(name);
      if (this.#pods.get(name)?.size === 0) this.#pods.delete(name);
      if (!this.#views.delete(name)) return;
    } else {
      const view = this.#view(name, node);
      const text = textOf(view);
      if (before?.text === text) return;
      this.#views.set(name, { view, text });
    }
    this.#list = undefined;
    this.#options.onChange(name);
  }

  #view(name: string, node: Node): NodeView {
    const pods = [...(this.#pods.get(name)?.values() ?? [])];
    const report = this.#speakers.get(name);
    const lastReport = this.#lastReports.get(name);
    const { cordonedNodes } = this.#options;
    const seen = viewNode(node, { pods, report, lastReport, patient: true, cordonedNodes });
    const isReported = (report ?? lastReport)?.status !== undefined;
    const view = isReported ? { ...seen, steady: this.#links.set(name, seen.interfaces) } : seen;
    this.#settling.set(name, isUp(view));
    if (!lacksSpeaker(view)) {
      this.#present(name);
      return { ...view, settled: view.settled && this.#settling.isSettled(name) };
    }
    const absence = this.#absences.get(name) ?? this.#absence(name);
    this.#absences.set(name, absence);
    const isOver = this.#begun && this.#options.clock.nowMs() >= absence.sinceMs + SPEAKER_GRACE_MS;
    if (!isOver) return view;
    this.#lastReports.delete(name);
    return viewNode(node, { pods, report, patient: false, cordonedNodes });
  }

  /** A speaker begins to be waited for. */
  #absence(name: string): Absence {
    const { clock } = this.#options;
    // Before the timer is set, so that the time is over when it calls.
    const sinceMs = clock.nowMs();
    const timer = this.#begun ? clock.after(SPEAKER_GRACE_MS, () => this.#look(name)) : undefined;
    return { sinceMs, timer };
  }

  #present(name: string): void {
    this.#absences.get(name)?.timer?.cancel();
    this.#absences.delete(name);
  }
}

/** The same text means the same view. */
function textOf(view: NodeView): string {
  return JSON.stringify(view, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
