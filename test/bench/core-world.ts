import type { Service } from "@fairlead/api/core/service.ts";
import { decide } from "@fairlead/controller/allocation/allocate.ts";
import { Ledger } from "@fairlead/controller/allocation/ledger.ts";
import { readPool } from "@fairlead/controller/allocation/pool.ts";
import { Pools } from "@fairlead/controller/allocation/pools.ts";
import { readRequest } from "@fairlead/controller/allocation/request.ts";
import { pool, service } from "@fairlead/controller/testing/objects.ts";
import type { IpAddress } from "@fairlead/net/address.ts";

/** The pools of the core's benchmark: the smallest, and the largest of each family. */
export const POOLS = [
  { name: "narrow", prefix: "192.0.2.0/28", family: "IPv4" },
  { name: "wide", prefix: "10.0.0.0/8", family: "IPv4" },
  { name: "long", prefix: "2001:db8::/64", family: "IPv6" },
] as const;

/** A pool of the benchmark. */
export type BenchPool = (typeof POOLS)[number];

/** Decisions and the ledger without anything around them: what is decided becomes true at once. */
export class CoreWorld {
  readonly #ledger = new Ledger();
  readonly #pools = new Pools(
    POOLS.map(({ name, prefix }) => readPool(pool(name, [prefix], { autoAssign: false }))),
  );
  readonly #holders = new Map<string, string[]>();
  #made = 0;

  /** Services that hold an address of the pool. */
  holders({ name }: BenchPool): string[] {
    const holders = this.#holders.get(name) ?? [];
    this.#holders.set(name, holders);
    return holders;
  }

  /** A Service that asks for an address of the pool. */
  next({ name, family }: BenchPool): Service {
    const annotations = { "fairlead.dev/address-pool": name };
    return service(`bench/service-${++this.#made}`, { annotations, families: [family] });
  }

  /** Gives a Service an address: reads what it asks for, decides, reserves, records and tells. @throws Error if it gets none */
  allocate(asking: Service): string {
    const ledger = this.#ledger;
    const request = readRequest(asking);
    const key = request.service;
    ledger.setTerms(key, request.sharing);
    const state = { pools: this.#pools, ledger, namespaceLabels: undefined, nowMs: 0, isRipe: () => true };
    const { take, outcome } = decide(request, state);
    const [grant] = take;
    if (grant === undefined) throw new Error(outcome.message);
    const { address } = grant;
    ledger.reserve(address, grant.pool, key);
    const rest = { claim: undefined, releasedAtMs: undefined, sharing: [] };
    ledger.record({ address, pool: grant.pool, services: [key], ...rest, uid: uidOf(address) });
    ledger.tell(key, [address], asking.metadata.creationTimestamp ?? "");
    return key;
  }

  /** The Service is deleted, and its address is free at once. */
  release(key: string): void {
    const ledger = this.#ledger;
    const holdings = ledger.holdings(key);
    ledger.tell(key, [], "");
    for (const { address } of holdings) {
      ledger.letGo(address, key);
      const uid = ledger.recordOf(address)?.uid ?? "";
      ledger.deleted(address, uid);
      // The watch brings the deletion.
      ledger.recordGone(address, uid);
    }
  }

  /** Has this many Services take addresses of the pool. */
  fill(from: BenchPool, count: number): this {
    const holders = this.holders(from);
    for (let i = 0; i < count; i++) holders.push(this.allocate(this.next(from)));
    return this;
  }
}

/** As long as the API server's, and one piece of memory as all that is read from JSON; what is put together is a tree of pieces. */
function uidOf({ text }: IpAddress): string {
  return Buffer.from(text.padStart(36, "0")).toString("latin1");
}
