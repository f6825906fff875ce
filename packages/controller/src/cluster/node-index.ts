import type { Node } from "@fairlead/api/core/node.ts";
import type { Pod } from "@fairlead/api/core/pod.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { type NodeView, viewNode } from "../placement/node-view.ts";

/** The nodes as placement sees them, put together from Node, speaker Pod and Speaker. */
export class NodeIndex {
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Map<string, Pod>>();
  readonly #speakers = new Map<string, Speaker>();
  readonly #views = new Map<string, { readonly view: NodeView; readonly text: string }>();
  readonly #onChange: (node: string) => void;
  #list: readonly NodeView[] | undefined;

  /** @param onChange called when something that placement asks of a node has changed, not for a heartbeat */
  constructor(onChange: (node: string) => void) {
    this.#onChange = onChange;
  }

  applyNode({ key, current }: Change<Node>): void {
    if (current === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, current);
    this.#look(key);
  }

  applySpeaker({ key, current }: Change<Speaker>): void {
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
      if (this.#pods.get(name)?.size === 0) this.#pods.delete(name);
      if (!this.#views.delete(name)) return;
    } else {
      const view = viewNode(node, this.#pods.get(name)?.values() ?? [], this.#speakers.get(name));
      const text = textOf(view);
      if (before?.text === text) return;
      this.#views.set(name, { view, text });
    }
    this.#list = undefined;
    this.#onChange(name);
  }
}

/** The same text means the same view. */
function textOf(view: NodeView): string {
  return JSON.stringify(view, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
