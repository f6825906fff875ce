import { BlockList } from "node:net";
import type { Usage } from "./pool-usage.ts";

/** What a pool has and leaves out, as it is written in its spec. */
export interface CountedPool {
  readonly addresses: readonly string[];
  readonly exclude?: readonly string[];
  readonly avoidBuggyIPs?: boolean;
}

/**
 * Counts a pool's addresses one by one, with nothing of the product's own arithmetic.
 *
 * @param candidates all addresses that it may have
 * @param held those that Services show
 */
export function ownCount(
  pool: CountedPool,
  candidates: readonly string[],
  held: ReadonlySet<string>,
): Usage & { readonly offered: readonly string[] } {
  const within = blockList(pool.addresses);
  const left = blockList(pool.exclude ?? []);
  const all = candidates.filter((address) => within.check(address, typeOf(address)));
  const offered = all.filter(
    (address) =>
      !left.check(address, typeOf(address)) && !(pool.avoidBuggyIPs && /^\d.*\.(0|255)$/.test(address)),
  );
  const used = all.filter((address) => held.has(address)).length;
  const free = offered.filter((address) => !held.has(address)).length;
  return { offered, used, free, excluded: all.length - used - free };
}

/** The addresses that begin so and end with a number from 0 to 255; IPv6 writes it in hexadecimal. */
export function candidatesOf(beginning: string): readonly string[] {
  const base = beginning.includes(":") ? 16 : 10;
  return Array.from({ length: 256 }, (_, i) =>
    base === 16 && i === 0 ? beginning : `${beginning}${i.toString(base)}`,
  );
}

function typeOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [prefix = "", length] = entry.split("/");
    const [first = "", last = first] = entry.split("-");
    if (length === undefined) list.addRange(first, last, typeOf(first));
    else list.addSubnet(prefix, Number(length), typeOf(prefix));
  }
  return list;
}
