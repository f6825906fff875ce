import type { IpAddress } from "@fairlead/net/address.ts";
import { type Claim, compareClaims } from "@fairlead/takeover/claims/claim.ts";
import type { Placement } from "@fairlead/takeover/environment.ts";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

/** How often the API's news go round, writes arrive and the controller decides. */
const TICK_MS = 250;
/** A node that was silent this long is NotReady (Kubernetes: 40 to 50 s). */
const NOT_READY_MS = 10_000;
/** A placement that its owner does not claim for so long, while another announces, is taken back. */
const UNCLAIMED_MS = 5000;
/** A speaker that starts removes its status of what it does not hold once it had time to learn. */
const SETTLED_MS = 1500;
const LONGEST_LIST = 8;

/** One VirtualIP. */
export interface VirtualIp {
  readonly address: IpAddress;
  epoch: number;
  list: readonly bigint[];
  placedMs: number;
  readonly status: Map<bigint, Claim>;
}

/** The API server, and a controller that places addresses, adopts takeovers and replaces dead owners. */
export class Api {
  up = true;
  controllerUp = true;
  readonly objects: VirtualIp[] = [];
  readonly #world: World;
  readonly #cut = new Set<number>();
  readonly #aliveMs = new Map<number, number>();
  readonly #seen = new Map<number, number>();
  readonly #dirty = new Set<Machine>();
  #version = 0;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    this.#tick();
  }

  create(address: IpAddress, list: readonly bigint[]): void {
    this.objects.push({ address, epoch: 1, list, placedMs: 0, status: new Map() });
    this.#version++;
  }

  setUp(up: boolean): void {
    this.up = up;
    this.#world.story(undefined, `the API is ${up ? "back" : "gone"}`);
    // What was not heard of while nobody listened counts from now.
    for (const { number } of this.#world.machines) this.#aliveMs.set(number, this.#world.scheduler.nowMs);
  }

  /** Cuts one node off the API, or not any more. */
  setCut(node: number, cut: boolean): void {
    if (cut) this.#cut.add(node);
    else this.#cut.delete(node);
  }

  healPaths(): void {
    this.#cut.clear();
  }

  /** An order: this address is to be there. */
  move(object: VirtualIp, to: bigint): void {
    if (this.up) this.#place(object, to, "moved");
  }

  speakerStarted(machine: Machine): void {
    this.#seen.delete(machine.number);
    this.#world.scheduler.after(SETTLED_MS, () => this.#dirty.add(machine));
  }

  statusChanged(machine: Machine): void {
    this.#dirty.add(machine);
  }

  isReady(node: bigint): boolean {
    const machine = this.#world.machines.find(({ id }) => id === node);
    if (machine === undefined) return false;
    return this.#world.scheduler.nowMs - (this.#aliveMs.get(machine.number) ?? 0) < NOT_READY_MS;
  }

  #tick(): void {
    const { scheduler, machines } = this.#world;
    scheduler.after(TICK_MS, () => this.#tick());
    if (!this.up) return;
    for (const machine of machines) {
      if (!machine.forwards || this.#cut.has(machine.number)) continue;
      this.#aliveMs.set(machine.number, scheduler.nowMs);
      if (!machine.hasSpeaker) continue;
      if (this.#dirty.delete(machine)) this.#write(machine);
      if (this.#seen.get(machine.number) === this.#version) continue;
      this.#seen.set(machine.number, this.#version);
      const placements = this.#placements();
      machine.inSpeaker((takeover) => takeover.onPlacements(placements));
    }
    if (this.controllerUp) for (const object of this.objects) this.#reconcile(object);
  }

  #placements(): readonly Placement[] {
    return this.objects.map(({ address, epoch, list }) => ({ address, epoch, list, first: false }));
  }

  #write(machine: Machine): void {
    for (const { address, status } of this.objects) {
      const claim = machine.claims.get(address.text);
      if (claim === undefined) status.delete(machine.id);
      else status.set(machine.id, claim);
    }
  }

  #reconcile(object: VirtualIp): void {
    const owner = object.list[0] ?? 0n;
    const live = [...object.status].filter(([node]) => this.isReady(node)).map(([, claim]) => claim);
    const highest = live.sort(compareClaims).at(-1);
    if (highest === undefined) {
      if (this.isReady(owner)) return;
      const next = [...object.list, ...this.#world.machines.map(({ id }) => id)].find((id) =>
        this.isReady(id),
      );
      if (next !== undefined) this.#place(object, next, "placed, for its owner is not ready");
      return;
    }
    const isAbove = highest.epoch > object.epoch || (highest.epoch === object.epoch && highest.step > 0);
    const isCover = !highest.firm && !this.isReady(owner);
    if (highest.node === owner) {
      if (highest.epoch > object.epoch) this.#place(object, owner, "record repaired", highest.epoch);
    } else if ((isAbove && highest.firm) || isCover)
      this.#place(object, highest.node, "adopted", highest.epoch);
    else if (
      !live.some(({ node }) => node === owner) &&
      this.#world.scheduler.nowMs - object.placedMs > UNCLAIMED_MS
    )
      this.#place(object, highest.node, "placed back, for nobody claimed it", highest.epoch);
  }

  #place(object: VirtualIp, first: bigint, why: string, known = 0): void {
    const rest = object.list.filter((id) => id !== first);
    const missing = this.#world.machines.map(({ id }) => id).filter((id) => !object.list.includes(id));
    const others = [...rest, ...missing].filter((id) => id !== first);
    const ready = others.filter((id) => this.isReady(id));
    const list = [first, ...ready, ...others.filter((id) => !ready.includes(id))].slice(0, LONGEST_LIST);
    object.epoch = Math.max(object.epoch, known, ...[...object.status.values()].map((one) => one.epoch)) + 1;
    object.list = list;
    object.placedMs = this.#world.scheduler.nowMs;
    this.#version++;
    this.#world.story(
      undefined,
      `${object.address.text} ${why}: epoch ${object.epoch}, list ${list.map((id) => `n${id}`).join(" ")}`,
    );
  }
}
