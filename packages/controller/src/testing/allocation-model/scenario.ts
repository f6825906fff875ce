import type { Service } from "@fairlead/api/core/service.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { Decision } from "../../allocation/allocate.ts";
import { readPool } from "../../allocation/pool.ts";
import { Pools } from "../../allocation/pools.ts";
import { address, summary, type Until, World } from "../allocation.ts";
import type { View } from "./naive.ts";
import type { Operation } from "./operations.ts";
import { type PoolPlan, poolObject, type ServicePlan, serviceObject } from "./universe.ts";

/** More rounds than this would be a circle. */
const ROUNDS = 12;

/** Called before a decision is carried out that takes something. */
export type Watcher = (plan: ServicePlan, decision: Decision, view: View) => void;

/** The real core, and everything that it was told, in few words. */
export class Scenario {
  readonly world = new World();
  readonly pools = new Map<string, PoolPlan>();
  readonly services = new Map<string, ServicePlan>();
  readonly #tiers = new Map<string, string>();
  readonly #created = new Map<string, string>();
  readonly #objects = new WeakMap<ServicePlan, Service>();
  readonly #waitingSince = new Map<string, number>();
  readonly #objections = new Map<string, readonly string[]>();
  readonly #watcher: Watcher;
  #network: readonly string[] = [];
  #ripe = new Set<string>();
  #clock = 0;

  constructor(pools: readonly PoolPlan[], watcher: Watcher) {
    this.#watcher = watcher;
    this.world.ripe = this.#ripe;
    for (const plan of pools) this.pools.set(plan.name, plan);
    this.#readPools();
  }

  /** What the API has now. */
  view(): View {
    const { world } = this;
    return {
      pools: new Map(this.pools),
      services: new Map(this.services),
      records: new Map([...world.virtualIPs.values()].map(({ spec }) => [spec.address, spec])),
      statuses: new Map([...world.statuses].map(([key, shown]) => [key, shown.map(({ text }) => text)])),
      tiers: new Map(this.#tiers),
      network: new Set(this.#network),
    };
  }

  /** The addresses that the status of a Service shows. */
  shown(key: string): readonly string[] {
    return (this.world.statuses.get(key) ?? []).map(({ text }) => text);
  }

  /** What would be decided now. */
  decide(plan: ServicePlan): Decision {
    return this.world.decide(this.#object(plan));
  }

  /** What speaks against what the Service has, and has not done so for the grace. */
  pending(key: string): readonly string[] {
    return (this.#objections.get(key) ?? []).filter((one) => !this.#ripe.has(`${key} ${one}`));
  }

  /** All Services in the order in which a controller looks at them: holders before waiters, waiters by age of waiting. */
  inOrder(): readonly ServicePlan[] {
    const rank = ({ key }: ServicePlan): number =>
      this.world.has(key).length > 0 ? 0 : 1 + (this.#waitingSince.get(key) ?? Number.MAX_SAFE_INTEGER - 1);
    return [...this.services.values()].sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1));
  }

  /** Does it, without what follows from it. */
  apply(operation: Operation): void {
    const { world } = this;
    switch (operation.kind) {
      case "service":
        this.#put(operation.plan);
        break;
      case "tweak": {
        const plan = this.services.get(operation.key);
        if (plan !== undefined) this.#put({ ...plan, ...operation.change });
        break;
      }
      case "delete":
        this.#delete(operation.key);
        break;
      case "crash":
        this.#put(operation.plan);
        this.#crash(operation.plan.key, operation.until);
        this.restart([]);
        break;
      case "pool":
        this.pools.set(operation.plan.name, operation.plan);
        this.#readPools();
        break;
      case "poolTweak": {
        const plan = this.pools.get(operation.name);
        if (plan !== undefined) this.pools.set(plan.name, { ...plan, ...operation.change });
        this.#readPools();
        break;
      }
      case "poolGone":
        this.#goes(operation.name, operation.how);
        break;
      case "tier":
        this.#tiers.set(operation.namespace, operation.tier);
        world.namespaces[operation.namespace] = { tier: operation.tier };
        break;
      case "network":
        this.#network = operation.addresses;
        this.#tellNetwork();
        break;
      case "claim":
      case "holders":
      case "recordPool":
        this.#edit(operation);
        break;
      case "lose":
        for (const text of operation.addresses)
          if (this.#record(text) !== undefined) world.lose(address(text));
        if (operation.restart) this.restart([]);
        break;
      case "restart":
        this.restart(operation.order);
        break;
      case "time":
        world.nowMs += operation.minutes * 60_000;
        world.expire();
        break;
      case "ripen":
        for (const [key, objections] of this.#objections)
          for (const objection of objections) this.#ripe.add(`${key} ${objection}`);
        break;
    }
  }

  /** Decides upon everybody until nothing moves any more. @throws if that takes for ever */
  settle(): void {
    for (let round = 0; round < 2 * ROUNDS; round++) {
      if (this.#round()) continue;
      const disputed = [...this.services.values()].some((plan) => this.decide(plan).disputed);
      if (!disputed) return;
      this.world.repair();
    }
    throw new Error("it never rests");
  }

  /** Another controller begins and reads everything in another order. */
  restart(order: readonly number[]): void {
    const shuffled = <T>(list: readonly T[]): readonly T[] =>
      list
        .map((one, i) => ({ one, rank: order[i % Math.max(1, order.length)] ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ one }) => one);
    const services = [...this.services.values()].map((plan) => this.#object(plan));
    this.world.restart(shuffled(services), shuffled([...this.world.virtualIPs.values()]));
    this.#readPools([...this.pools.values()].reverse());
    this.#tellNetwork();
  }

  #round(): boolean {
    const { world } = this;
    let moved = false;
    for (const key of [...world.ledger.services()]) {
      if (this.services.has(key)) continue;
      world.forget(key);
      moved = true;
    }
    for (const plan of this.inOrder()) {
      const before = this.#watch(plan);
      const decision = this.world.settle(this.#object(plan));
      const { take, release, restate, keep, disputed } = decision;
      const unrecorded = keep.some(({ hold, pool }) => hold !== "Recorded" && pool !== undefined);
      const changed = !disputed && (take.length + release.length + restate.length > 0 || unrecorded);
      if (summary(decision) !== summary(before)) throw new Error(`${plan.key} is decided upon in two ways`);
      if (changed) moved = true;
      this.#note(plan.key, changed ? this.decide(plan) : decision);
    }
    return moved;
  }

  #crash(key: string, until: Until): void {
    const plan = this.services.get(key);
    if (plan === undefined) return;
    this.#watch(plan);
    this.world.settle(this.#object(plan), until);
  }

  #watch(plan: ServicePlan): Decision {
    const decision = this.decide(plan);
    if (decision.take.length > 0) this.#watcher(plan, decision, this.view());
    return decision;
  }

  #note(key: string, { objections, waiting }: Decision): void {
    this.#objections.set(key, objections);
    for (const one of this.#ripe) {
      if (one.startsWith(`${key} `) && !objections.includes(one.slice(key.length + 1)))
        this.#ripe.delete(one);
    }
    if (!waiting) this.#waitingSince.delete(key);
    else if (!this.#waitingSince.has(key)) this.#waitingSince.set(key, ++this.#clock);
  }

  #put(plan: ServicePlan): void {
    if (!this.services.has(plan.key)) this.#created.set(plan.key, String(++this.#clock).padStart(6, "0"));
    const copy = { ...plan };
    this.services.set(plan.key, copy);
    this.decide(copy);
  }

  #delete(key: string): void {
    this.services.delete(key);
    this.#objections.delete(key);
    this.#waitingSince.delete(key);
    for (const one of this.#ripe) if (one.startsWith(`${key} `)) this.#ripe.delete(one);
    this.world.forget(key);
  }

  #goes(name: string, how: "gone" | "removed" | "back"): void {
    const plan = this.pools.get(name);
    if (plan === undefined) return;
    if (how === "removed") this.pools.delete(name);
    else this.pools.set(name, { ...plan, gone: how === "gone" });
    this.#readPools();
  }

  #edit(operation: Extract<Operation, { kind: "claim" | "holders" | "recordPool" }>): void {
    const { world } = this;
    const at = address(operation.address);
    const record = this.#record(operation.address);
    switch (operation.kind) {
      case "claim": {
        const [namespace = "", name = ""] = operation.key.split("/");
        const { releasedAt: _, ...spec } = record ?? { address: at.text, services: [] };
        world.write(at, { ...spec, claim: { namespace, name } });
        break;
      }
      case "holders": {
        const { releasedAt: _, ...spec } = record ?? { address: at.text };
        world.write(at, { ...spec, services: operation.keys });
        break;
      }
      case "recordPool":
        if (record !== undefined) world.write(at, { ...record, pool: operation.pool });
        break;
    }
  }

  #record(text: string) {
    return this.world.virtualIPs.get(virtualIPName(address(text)))?.spec;
  }

  #tellNetwork(): void {
    const uses = this.#network.map((text) => ({ address: address(text), what: 'the address of node "n1"' }));
    this.world.ledger.setOutside("node n1", uses);
  }

  #readPools(plans: readonly PoolPlan[] = [...this.pools.values()]): void {
    this.world.pools = new Pools(plans.map((plan) => readPool(poolObject(plan), plan.gone)));
  }

  #object(plan: ServicePlan): Service {
    const known = this.#objects.get(plan);
    if (known !== undefined) return known;
    const made = serviceObject(plan, this.#created.get(plan.key) ?? "");
    this.#objects.set(plan, made);
    return made;
  }
}
