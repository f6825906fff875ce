import { SPEAKER_GRACE_MS } from "@fairlead/controller/cluster/node-index.ts";
import { readAdvertisement } from "@fairlead/controller/placement/advertise.ts";
import { type NodeView, viewNode } from "@fairlead/controller/placement/node-view.ts";
import { Occupancy } from "@fairlead/controller/placement/occupancy.ts";
import { place } from "@fairlead/controller/placement/place.ts";
import { advertisement, node, speaker, speakerPod } from "@fairlead/controller/testing/objects.ts";
import { nextEpoch, placementOf, samePlacement } from "@fairlead/controller/virtual-ip/planner.ts";
import { holderOf } from "@fairlead/controller/virtual-ip/takeover.ts";
import type { VirtualIp } from "./api.ts";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

/** A node that was silent this long is NotReady (Kubernetes: 40 to 50 s). */
const NOT_READY_MS = 10_000;
/** What the only segment carries, so that any node may answer for any address. Of several the interfaces are named. */
const SUBNETS = ["172.31.255.254/12", "2001:db8::ffff:ffff/64", "fe80::1/64"];
const subnetsOf = (lan: number): readonly string[] => [
  `10.${lan}.255.254/16`,
  `2001:db8:${lan}::ffff:ffff/64`,
  "fe80::1/64",
];

/** What a node told last. */
interface Facts {
  atMs: number;
  speakerMs: number;
  hasSpeaker: boolean;
  carriers: string;
}

/** The controller: what a node's silence means, and the real decisions of placement and stand-ins. */
export class Controller {
  up = true;
  readonly #world: World;
  readonly #onPlaced: (object: VirtualIp, before: readonly string[]) => void;
  readonly #occupancy = new Occupancy();
  readonly #objects = new Map<string, VirtualIp>();
  readonly #facts = new Map<string, Facts>();
  readonly #views = new Map<string, { readonly view: NodeView; readonly text: string }>();
  readonly #dirty = new Set<VirtualIp>();
  #nodes: readonly NodeView[] = [];

  /** @param onPlaced an address was placed anew; before it was on these nodes */
  constructor(world: World, onPlaced: (object: VirtualIp, before: readonly string[]) => void) {
    this.#world = world;
    this.#onPlaced = onPlaced;
  }

  created(object: VirtualIp): void {
    this.#objects.set(object.address.text, object);
    this.#occupancy.set(object.address.text, object.placement.nodes);
    this.#dirty.add(object);
  }

  /** Something about the address has changed. */
  look(object: VirtualIp): void {
    this.#dirty.add(object);
  }

  /** A node reached the API server just now. */
  heardOf({ name, hasSpeaker, stations }: Machine): void {
    const atMs = this.#world.scheduler.nowMs;
    const facts = this.#facts.get(name) ?? { atMs, speakerMs: atMs, hasSpeaker: false, carriers: "" };
    facts.atMs = atMs;
    facts.hasSpeaker = hasSpeaker;
    if (hasSpeaker) {
      facts.speakerMs = atMs;
      facts.carriers = stations.map(({ carrier }) => (carrier ? "+" : "-")).join("");
    }
    this.#facts.set(name, facts);
  }

  forgetSilence(): void {
    for (const facts of this.#facts.values()) facts.atMs = this.#world.scheduler.nowMs;
  }

  /** What names the node, and what its speaker announces. */
  concerning(name: string): readonly VirtualIp[] {
    const names = new Set([...this.#occupancy.standIns.naming(name), ...this.#occupancy.on(name)]);
    const objects = [...names].flatMap((text) => this.#objects.get(text) ?? []);
    return this.#world.api.objects.length === objects.length
      ? objects
      : [...objects, ...this.#announced(name)];
  }

  /** Decides about everything that something has changed about. */
  run(): void {
    if (!this.up) return;
    this.#see();
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const object of dirty) this.#reconcile(object);
  }

  #announced(name: string): readonly VirtualIp[] {
    return [...this.#objects.values()].filter(
      ({ placement, announcers }) =>
        !placement.nodes.includes(name) && [...announcers.values()].some((one) => one.node === name),
    );
  }

  /** How the nodes look now; what a change of them may change is decided anew. */
  #see(): void {
    const { nowMs } = this.#world.scheduler;
    let changed = false;
    for (const machine of this.#world.machines) {
      const { name } = machine;
      const facts = this.#facts.get(name);
      const ready = facts !== undefined && nowMs - facts.atMs < NOT_READY_MS;
      const patient = facts !== undefined && nowMs - facts.speakerMs < SPEAKER_GRACE_MS;
      const text = `${ready} ${facts?.hasSpeaker} ${patient} ${facts?.carriers}`;
      if (this.#views.get(name)?.text === text) continue;
      this.#views.set(name, { text, view: viewOf(machine, { ready, patient, ...facts }) });
      changed = true;
      for (const object of this.concerning(name)) this.#dirty.add(object);
    }
    if (!changed) return;
    this.#nodes = [...this.#views.values()].map(({ view }) => view);
    for (const text of [...this.#occupancy.standIns.wanting(), ...this.#occupancy.nowhere()]) {
      const object = this.#objects.get(text);
      if (object !== undefined) this.#dirty.add(object);
    }
  }

  #reconcile(object: VirtualIp): void {
    const { address, placement, segments } = object;
    const { text } = address;
    const announcers = [...object.announcers.values()];
    const owner = holderOf({ placement, announcers, node: (name) => this.#views.get(name)?.view });
    const { standIns } = this.#occupancy;
    const interfaces = segments.length > 1 ? { interfaces: segments.map((number) => `lan${number}`) } : {};
    const decision = place({
      address,
      pool: { name: "lan", labels: {} },
      owner,
      wish: object.wish,
      listed: placement.nodes,
      services: [{ key: `web/${text}`, labels: {}, localTrafficOnly: false, endpoints: undefined }],
      advertisements: [readAdvertisement(advertisement("lan", interfaces))],
      nodes: this.#nodes,
      load: (name) => this.#occupancy.loadWithout(text, name),
      companions: () => 0,
      standIns: {
        tie: (one, other) => standIns.tie(one, other),
        ownersOf: (name) => standIns.ownersOf(name),
      },
    });
    const desired = placementOf(decision, nextEpoch(placement, announcers));
    if (decision.kind === "Placed" && decision.node === object.wish) object.wish = undefined;
    standIns.setWanting(text, decision.kind === "Placed" && decision.standIns.wanting);
    // Only a higher epoch takes an address back from a node that it was passed on to.
    if (owner === placement.nodes[0] && samePlacement(placement, desired)) return;
    this.#occupancy.set(text, desired.nodes);
    if (desired.epoch <= placement.epoch) this.#world.isBroken(`the epoch of ${text} does not grow`);
    object.placement = desired;
    this.#world.story(
      undefined,
      `${text} placed: epoch ${desired.epoch}, list ${desired.nodes.join(" ") || "empty"}`,
    );
    this.#onPlaced(object, placement.nodes);
  }
}

function viewOf(
  { name, stations }: Machine,
  facts: { readonly ready: boolean; readonly patient: boolean } & Partial<Facts>,
): NodeView {
  const interfaces = stations.map(({ lan }, i) => ({
    name: `lan${lan.number}`,
    addresses: stations.length > 1 ? subnetsOf(lan.number) : SUBNETS,
    carrier: facts.carriers?.[i] !== "-",
  }));
  return viewNode(node(name, { ready: facts.ready }), {
    pods: facts.hasSpeaker === true ? [speakerPod(name)] : [],
    report: speaker(name, interfaces),
    patient: facts.patient,
  });
}
