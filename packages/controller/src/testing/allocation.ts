import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import type { VirtualIP, VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import { foreignUseOf } from "@fairlead/api/virtual-ip-foreign.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { addressOf, FAMILIES, type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { type Decision, decide } from "../allocation/allocate.ts";
import { Ledger } from "../allocation/ledger.ts";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { type AddressRequest, readRequest } from "../allocation/request.ts";
import { recordOf } from "../cluster/object-facts.ts";
import { joined, left } from "../virtual-ip/holders.ts";

/** @throws if it is none */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** How far a controller comes with a Service before it dies. */
export type Until = "secured" | "told" | "released";

/** Pools, namespaces, VirtualIPs, the statuses of Services and a ledger, without anything around them. */
export class World {
  ledger = new Ledger();
  readonly namespaces: Record<string, Labels> = {};
  /** By name. What was lost is taken out with {@link lose}. */
  readonly virtualIPs = new Map<string, VirtualIP>();
  /** What the status of each Service shows, by `namespace/name`. */
  readonly statuses = new Map<string, readonly IpAddress[]>();
  pools: Pools;
  /** Objections that have stood for the grace, as `namespace/name objection`; undefined: all. */
  ripe: ReadonlySet<string> | undefined;
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  /** What Services ask for, once it has been read. */
  readonly #requests = new WeakMap<Service, AddressRequest>();
  #uid = 0;

  constructor(...pools: readonly IPAddressPool[]) {
    this.pools = new Pools(pools.map((pool) => readPool(pool)));
  }

  /** Replaces the pools. */
  setPools(...pools: readonly IPAddressPool[]): this {
    this.pools = new Pools(pools.map((pool) => readPool(pool)));
    return this;
  }

  /** Another Service, or this one, has these addresses on record. */
  holds(service: string, pool: string, ...addresses: readonly string[]): this {
    for (const text of addresses) this.write(address(text), { address: text, pool, services: [service] });
    return this;
  }

  /** A person reserves an address. @param claim `namespace/name` */
  reserves(text: string, claim: string, spec: Partial<VirtualIPSpec> = {}): this {
    const [namespace = "", name = ""] = claim.split("/");
    this.write(address(text), { address: text, services: [], claim: { namespace, name }, ...spec });
    return this;
  }

  /** The Service's status is read. */
  shows(service: Service): this {
    const { metadata, status } = service;
    const shown = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) =>
      ip === undefined ? [] : [address(ip)],
    );
    this.ledger.setTerms(keyOf(service), this.#request(service).sharing);
    this.#tell(keyOf(service), shown, metadata.creationTimestamp);
    return this;
  }

  /** The Service is read, and decided upon. */
  decide(service: Service): Decision {
    const request = this.#request(service);
    this.ledger.setTerms(request.service, request.sharing);
    return this.#decide(request);
  }

  /** Decides and does what was decided, as the API would show it. @param until after which the rest is not done */
  settle(service: Service, until: Until = "released"): Decision {
    const decision = this.decide(service);
    if (decision.disputed) return decision;
    const key = keyOf(service);
    const { sharing } = this.#request(service);
    const restated = new Set(decision.restate.map(({ text }) => text));
    const secured = decision.keep.filter(
      // That the record goes on naming the right pool is the VirtualIP reconciler's part.
      ({ hold, pool, recordedPool, address: { text } }) =>
        pool !== undefined && (hold !== "Recorded" || restated.has(text) || pool !== recordedPool),
    );
    for (const { address: one, pool = "" } of [...secured, ...decision.take]) {
      this.ledger.reserve(one, pool, key);
      const before = this.virtualIPs.get(virtualIPName(one))?.spec ?? { address: one.text, services: [] };
      this.write(one, joined(before, { service: key, terms: sharing, pool, heldSince: undefined }));
    }
    if (until === "secured") return decision;
    const shown = [...decision.keep, ...decision.take].map((one) => one.address);
    this.#tell(key, shown, service.metadata.creationTimestamp);
    if (until === "told") return decision;
    for (const { address: one } of decision.release) this.letGo(key, one);
    return decision;
  }

  /** A Service is deleted, and what it has is released. */
  forget(key: string): void {
    this.#tell(key, [], undefined);
    this.ledger.setTerms(key, undefined);
    for (const holding of this.ledger.holdings(key)) this.letGo(key, holding.address);
  }

  /** A Service lets an address go. */
  letGo(key: string, one: IpAddress): void {
    this.ledger.letGo(one, key);
    const object = this.virtualIPs.get(virtualIPName(one));
    if (object === undefined || !object.spec.services.includes(key)) return;
    const pool = this.pools.ownerOf(one, object.spec.pool);
    const now = new Date(this.nowMs).toISOString();
    const spec = left(object.spec, key, { policy: pool, foreign: foreignUseOf(object), now });
    if (spec === undefined) this.remove(one);
    else this.write(one, spec);
  }

  /** What waited for its former Service for long enough is free. */
  expire(): void {
    for (const object of [...this.virtualIPs.values()]) {
      const { address: text, releasedAt, pool } = object.spec;
      if (releasedAt === undefined) continue;
      const delayMs = this.pools.get(pool ?? "")?.releaseDelayMs ?? 0;
      if (Date.parse(releasedAt) + delayMs <= this.nowMs) this.remove(address(text));
    }
  }

  /** Writes a VirtualIP. */
  write(one: IpAddress, spec: VirtualIPSpec): void {
    const name = virtualIPName(one);
    const uid = this.virtualIPs.get(name)?.metadata.uid ?? `uid-${++this.#uid}`;
    const object: VirtualIP = { metadata: { name, uid }, spec };
    this.virtualIPs.set(name, object);
    this.#read(object);
  }

  /** The controller deletes a VirtualIP. */
  remove(one: IpAddress): void {
    const object = this.virtualIPs.get(virtualIPName(one));
    this.virtualIPs.delete(virtualIPName(one));
    this.ledger.deleted(one, object?.metadata.uid ?? "");
  }

  /** Somebody else deletes a VirtualIP. */
  lose(one: IpAddress): void {
    const object = this.virtualIPs.get(virtualIPName(one));
    this.virtualIPs.delete(virtualIPName(one));
    this.ledger.recordGone(one, object?.metadata.uid ?? "");
  }

  /** What statuses show against a record has lasted: the eldest of those Services gets its address back. */
  repair(): void {
    for (const { spec } of [...this.virtualIPs.values()]) {
      const one = address(spec.address);
      const [service] = this.ledger.disputing(one);
      if (service === undefined) continue;
      const pool = spec.pool ?? this.pools.containing(one)[0]?.name ?? "";
      const terms = this.ledger.termsOf(service);
      const empty = { ...spec, services: [], sharing: [] };
      this.write(one, joined(empty, { service, terms, pool, heldSince: undefined }));
    }
  }

  /** Another controller begins, and reads these in this order. */
  restart(
    services: readonly Service[],
    virtualIPs: readonly VirtualIP[] = [...this.virtualIPs.values()],
  ): this {
    const former = this.ledger;
    this.ledger = new Ledger();
    for (const { name } of this.pools.ordered) {
      for (const family of FAMILIES) {
        const last = former.lastHandedOut(name, family);
        if (last !== undefined) this.ledger.continueFrom(name, addressOf(family, last));
      }
    }
    for (const object of virtualIPs) this.#read(object);
    for (const service of services) {
      const key = keyOf(service);
      this.ledger.setTerms(key, this.#request(service).sharing);
      this.#tell(key, this.statuses.get(key) ?? [], service.metadata.creationTimestamp);
    }
    return this;
  }

  /** The addresses that a Service has. */
  has(service: string): readonly string[] {
    return this.ledger.holdings(service).map((holding) => holding.address.text);
  }

  #read(object: VirtualIP): void {
    const record = recordOf(object);
    if (record !== undefined) this.ledger.record(record);
  }

  #tell(key: string, shown: readonly IpAddress[], since = ""): void {
    if (shown.length === 0) this.statuses.delete(key);
    else this.statuses.set(key, shown);
    this.ledger.tell(key, shown, since);
  }

  #request(service: Service): AddressRequest {
    const known = this.#requests.get(service);
    if (known !== undefined) return known;
    const read = readRequest(service);
    this.#requests.set(service, read);
    return read;
  }

  #decide(request: AddressRequest): Decision {
    const { pools, ledger, ripe, nowMs } = this;
    const namespaceLabels = this.namespaces[request.namespace];
    const isRipe = (objection: string): boolean => ripe?.has(`${request.service} ${objection}`) ?? true;
    return decide(request, { pools, ledger, namespaceLabels, nowMs, isRipe });
  }
}

function keyOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** What a decision gives, in a few words: `keep 192.0.2.1, take 192.0.2.2, release ...: Reason`. */
export function summary({ keep, take, release, outcome }: Decision): string {
  const part = (verb: string, list: readonly { readonly address: IpAddress }[]): string[] =>
    list.length === 0 ? [] : [`${verb} ${list.map((one) => one.address.text).join(" ")}`];
  const parts = [...part("keep", keep), ...part("take", take), ...part("release", release)];
  return `${parts.join(", ") || "nothing"}: ${outcome.reason}`;
}
