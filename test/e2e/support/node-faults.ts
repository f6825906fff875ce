import type { Lab } from "../../lab/lab.ts";

/** What befalls a node, after which another one must answer for its addresses. */
export interface NodeFault {
  /** What the node does: "dies". */
  readonly what: string;
  readonly strike: (lab: Lab, node: string) => Promise<unknown>;
  readonly undo: (lab: Lab, node: string) => Promise<unknown>;
  /** Whether the node comes back with a speaker while the API server is away. */
  readonly returnsAlone: boolean;
}

export const NODE_FAULTS: readonly NodeFault[] = [
  {
    what: "dies",
    strike: (lab, node) => lab.kill(node),
    undo: (lab, node) => lab.start(node),
    returnsAlone: false,
  },
  {
    // The kernel of a frozen machine of the lab still answers: all namespaces have one kernel.
    what: "stands still, kernel and all",
    strike: (lab, node) => Promise.all([lab.partition([node], allBut(lab, node)), lab.freeze(node)]),
    async undo(lab, node) {
      await lab.heal();
      await lab.thaw(node);
    },
    returnsAlone: true,
  },
  {
    what: "loses its cable",
    strike: (lab, node) => lab.cutCable(node),
    undo: (lab, node) => lab.plugCable(node),
    returnsAlone: true,
  },
];

function allBut(lab: Lab, node: string): readonly string[] {
  return lab.members.map(({ name }) => name).filter((name) => name !== node);
}
