import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Labels } from "@fairlead/api/selector-matches.ts";
import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { type Decision, decide } from "../allocation/allocate.ts";
import { Ledger } from "../allocation/ledger.ts";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { readRequest } from "../allocation/request.ts";

/** @throws if it is none */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** Pools, namespaces and a ledger, without anything around them. */
export class World {
  readonly ledger = new Ledger();
  readonly namespaces: Record<string, Labels> = {};
  pools: Pools;
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
    for (const text of addresses) {
      this.ledger.record({ address: address(text), pool, services: [service], uid: `uid-${++this.#uid}` });
    }
    return this;
  }

  /** The Service's status is read. */
  shows({ metadata, status }: Service): this {
    const shown = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) =>
      ip === undefined ? [] : [address(ip)],
    );
    this.ledger.tell(`${metadata.namespace}/${metadata.name}`, shown, metadata.creationTimestamp ?? "");
    return this;
  }

  decide(service: Service): Decision {
    const { pools, ledger } = this;
    const request = readRequest(service);
    return decide(request, { pools, ledger, namespaceLabels: this.namespaces[request.namespace] });
  }

  /** Decides and does what was decided, as the API would show it. */
  settle(service: Service): Decision {
    const decision = this.decide(service);
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    for (const { address, pool } of [...decision.keep, ...decision.take]) {
      if (pool === undefined || this.ledger.recordOf(address) !== undefined) continue;
      this.ledger.reserve(address, pool, key);
      this.ledger.record({ address, pool, services: [key], uid: `uid-${++this.#uid}` });
    }
    const shown = [...decision.keep, ...decision.take].map((one) => one.address);
    this.ledger.tell(key, shown, service.metadata.creationTimestamp ?? "");
    for (const { address } of decision.release) {
      const record = this.ledger.recordOf(address);
      if (record !== undefined) this.ledger.released(address, record.uid);
    }
    return decision;
  }

  /** A Service is deleted, and what it has is released. */
  forget(key: string): void {
    this.ledger.tell(key, [], "");
    for (const { address } of this.ledger.holdings(key)) {
      const record = this.ledger.recordOf(address);
      if (record !== undefined) this.ledger.released(address, record.uid);
    }
  }

  /** The addresses that a Service has on record. */
  has(service: string): readonly string[] {
    return this.ledger.holdings(service).map((holding) => holding.address.text);
  }
}

/** What a decision gives, in a few words: `keep 192.0.2.1, take 192.0.2.2, release ...: Reason`. */
export function summary({ keep, take, release, outcome }: Decision): string {
  const part = (verb: string, list: readonly { readonly address: IpAddress }[]): string[] =>
    list.length === 0 ? [] : [`${verb} ${list.map((one) => one.address.text).join(" ")}`];
  const parts = [...part("keep", keep), ...part("take", take), ...part("release", release)];
  return `${parts.join(", ") || "nothing"}: ${outcome.reason}`;
}
