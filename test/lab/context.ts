import { ApiServer } from "./api-server.ts";
import { Cgroups } from "./cgroups.ts";
import { Machine } from "./machine.ts";
import { labPaths } from "./paths.ts";
import { CONTROL_PLANE, type Member, type PlanInput, plan, SWITCH } from "./plan.ts";
import { type LabState, readState, writeState } from "./state.ts";

/** A lab as its parts see it: its recorded state, and from that its members and machines. */
export class LabContext {
  readonly name: string;
  readonly cgroups: Cgroups;

  constructor(name: string, cgroups: Cgroups = new Cgroups()) {
    this.name = name;
    this.cgroups = cgroups;
  }

  /** The state as recorded now. @throws Error if there is no such lab. */
  get state(): LabState {
    const state = readState(this.name);
    if (state === undefined) throw new Error(`there is no lab ${this.name}; bring it up first`);
    return state;
  }

  /** Records a change of the state. */
  change(change: Partial<LabState>): void {
    writeState(this.name, { ...this.state, ...change });
  }

  /** All namespaces of the lab. */
  get members(): readonly Member[] {
    return plan(planInput(this.name, this.state));
  }

  /** The nodes, dead ones included. */
  get nodes(): readonly Member[] {
    return this.members.filter(({ role }) => role === "node");
  }

  /** @throws RangeError if the lab has no such member. */
  member(name: string): Member {
    const { members } = this;
    const found = members.find((member) => member.name === name);
    if (found !== undefined) return found;
    throw new RangeError(
      `lab ${this.name} has no ${name}; it has ${members.map((member) => member.name).join(", ")}`,
    );
  }

  /** The switch's namespace. */
  get switchNamespace(): string {
    return this.member(SWITCH).namespace;
  }

  /** @throws RangeError if the member runs no programs of its own. */
  machine(name: string): Machine {
    const member = this.member(name);
    if (member.role !== "node" && member.role !== "control-plane") {
      throw new RangeError(`${name} is a ${member.role}, which runs no programs of its own`);
    }
    return new Machine({ lab: this.name, member, cgroups: this.cgroups, programs: this.state.programs });
  }

  /** The machine that runs the control plane. */
  get controlPlane(): Machine {
    return this.machine(CONTROL_PLANE);
  }

  /** The API server, reached from the host. */
  get api(): ApiServer {
    return new ApiServer(this.state.apiPort, labPaths(this.name).pki);
  }
}

/** What a lab's plan depends on, out of its state. */
export function planInput(name: string, state: Pick<LabState, "options" | "nodeNumbers">): PlanInput {
  const { clients, outsideClients, secondSegment } = state.options;
  return { name, nodeNumbers: state.nodeNumbers, clients, outsideClients, secondSegment };
}
