import { FAIR } from "./network.ts";
import type { World } from "./world.ts";

/** What all faults have in common: when it begins, in ms of the run, and how long it lasts. */
interface Timed {
  readonly atMs: number;
  readonly forMs: number;
}

/** Something that happens to a node. */
interface OfNode extends Timed {
  readonly node: number;
}

/** Something that happens on a segment; 0 is the network of the nodes' own addresses, if that is another. */
interface OnSegment extends Timed {
  readonly segment: number;
}

/** One fault, order or change; it ends by itself. Plain data, so that a failed run can be made smaller and printed. */
export type Fault =
  | (OfNode & { readonly kind: "Crash" | "Upgrade" | "Drain" | "NoApiForNode" })
  | (OfNode & { readonly kind: "SpeakerDies"; readonly cache: boolean })
  | (OfNode & { readonly kind: "Stall"; readonly whole: boolean; readonly hidden: boolean })
  | (OfNode & OnSegment & { readonly kind: "NoCarrier" | "NoGatewayForNode" })
  | (OfNode & OnSegment & { readonly kind: "Loss"; readonly loss: number })
  | (OfNode & OnSegment & { readonly kind: "Cut"; readonly to: number; readonly bothWays: boolean })
  /** These nodes are cut off from the others, the gateway and the clients. */
  | (OnSegment & { readonly kind: "Partition"; readonly apart: readonly number[] })
  | (OnSegment & { readonly kind: "BadWeather" | "NoGateway" })
  | (Timed & { readonly kind: "NoApi" | "NoController" | "NewKey" })
  | (OfNode & { readonly kind: "Move"; readonly address: number });

/** Has the fault begin now, and end when its time is over. */
export function inject(world: World, fault: Fault): void {
  const end = begin(world, fault);
  world.later(fault.forMs, end);
}

/** @returns what ends it */
function begin(world: World, fault: Fault): () => void {
  switch (fault.kind) {
    case "Crash": {
      const machine = world.machine(fault.node);
      machine.crash();
      return () => {
        machine.boot();
        machine.startSpeaker(true);
      };
    }
    case "SpeakerDies": {
      const machine = world.machine(fault.node);
      machine.killSpeaker();
      return () => machine.startSpeaker(fault.cache);
    }
    case "Upgrade":
      world.machine(fault.node).upgrade(fault.forMs);
      return () => {};
    case "Drain": {
      const machine = world.machine(fault.node);
      const restart = (): void => {
        machine.killSpeaker();
        world.later(fault.forMs, () => machine.startSpeaker(true));
      };
      machine.drain(() => world.later(0, restart));
      return () => {};
    }
    case "Stall":
      world.machine(fault.node).stall(fault.forMs, fault);
      return () => {};
    case "NoApiForNode":
      world.api.setCut(fault.node, true);
      return () => world.api.setCut(fault.node, false);
    case "NoApi":
      world.api.setUp(false);
      return () => world.api.setUp(true);
    case "NoController":
      world.api.controller.up = false;
      return () => {
        world.api.controller.up = true;
      };
    case "NewKey":
      world.rollOutKey(fault.forMs);
      return () => {};
    case "Move": {
      const object = world.api.objects[fault.address - 1];
      if (object !== undefined) world.api.move(object, fault.node);
      return () => {};
    }
    default:
      return beginOnSegment(world, fault);
  }
}

function beginOnSegment(world: World, fault: Extract<Fault, OnSegment>): () => void {
  const network = world.network(fault.segment);
  const where = fault.segment === 0 ? "the nodes' network" : `lan ${fault.segment}`;
  const told = (text: string, end: () => void): (() => void) => {
    world.story(undefined, `${where}: ${text}`);
    return () => {
      world.story(undefined, `${where}: no more: ${text}`);
      end();
    };
  };
  switch (fault.kind) {
    case "NoCarrier":
      world.machine(fault.node).setCarrier(false, fault.segment);
      return () => world.machine(fault.node).setCarrier(true, fault.segment);
    case "NoGateway":
      network.setDead("gateway", true);
      return told("the gateway is gone", () => network.setDead("gateway", false));
    case "NoGatewayForNode":
      for (const [from, to] of [[fault.node, "gateway"] as const, ["gateway", fault.node] as const])
        network.cut(from, to);
      return told(`n${fault.node} does not reach the gateway`, () => {
        network.mend(fault.node, "gateway");
        network.mend("gateway", fault.node);
      });
    case "Loss":
      network.setLoss(fault.node, fault.loss);
      return told(`${Math.round(fault.loss * 100)} % loss at n${fault.node}`, () =>
        network.setLoss(fault.node, 0),
      );
    case "Cut":
      network.cut(fault.node, fault.to);
      if (fault.bothWays) network.cut(fault.to, fault.node);
      return told(`n${fault.node} does not reach n${fault.to}${fault.bothWays ? ", nor back" : ""}`, () => {
        network.mend(fault.node, fault.to);
        network.mend(fault.to, fault.node);
      });
    case "Partition":
      network.partition(new Map(fault.apart.map((node) => [node, 1])));
      return told(`${fault.apart.map((node) => `n${node}`).join(", ") || "nobody"} cut off`, () =>
        network.partition(new Map()),
      );
    case "BadWeather":
      network.weather = { ...FAIR, late: 0.05, duplicate: 0.1, loss: 0.05 };
      return told("messages are lost, doubled and late", () => {
        network.weather = FAIR;
      });
  }
}
