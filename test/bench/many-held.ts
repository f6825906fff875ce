import { setTimeout as delay } from "node:timers/promises";
import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { Reflector } from "@fairlead/kube/reflector.ts";
import { Audit, settled } from "../e2e/support/audit.ts";
import { Burst, type Member } from "../e2e/support/burst.ts";
import { advertisement, namespace, pool } from "../e2e/support/objects.ts";
import { apply } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";
import { Administrator } from "./administrator.ts";
import { clear } from "./ground.ts";
import { progress } from "./progress.ts";

/** Routed nowhere and answered on the nodes' segment: more than fit into that. Half of the Services are of IPv6. */
const ADDRESSES = ["10.200.0.0/18", "2001:db8:200::/112"];
/** What these have room for. */
const MOST = 32_000;

const NAME = "many";
const WRITERS = 20;
const REMOVAL_MS = 600_000;
/** Conditions of Services are written long after the addresses are announced. */
const QUIET = { lookMs: 3000, deadlineMs: 900_000 };

/**
 * Numbers of addresses that the nodes are to hold, one after the other, from an environment variable: `1000,10000`.
 *
 * @throws RangeError if one is less than `least`, or more than there is room for
 */
export function sizesFrom(variable: string, otherwise: readonly number[], least: number): readonly number[] {
  const text = process.env[variable];
  const sizes = text === undefined ? otherwise : text.split(",").map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size >= least && size <= MOST)) return sizes;
  throw new RangeError(`${variable} is ${text}; write numbers from ${least} to ${MOST}`);
}

/**
 * Many Services with an address each, announced by the lab's nodes. An EndpointSlice of its own that names no pod says that each is
 * served, so that Kubernetes' own controllers, which work off few a second, have nothing to do.
 */
export class ManyHeld {
  readonly #lab: Lab;
  readonly #burst: Burst;
  readonly #administrator: Administrator;
  readonly #reader: Reflector<VirtualIP>;
  readonly #records = new Map<string, VirtualIP>();

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#burst = new Burst(lab);
    this.#administrator = new Administrator(lab);
    this.#reader = new Reflector<VirtualIP>({
      ...this.#administrator,
      resource: virtualIPs,
      onChange: ({ key, current }) => {
        if (current === undefined) this.#records.delete(key);
        else this.#records.set(key, current);
      },
    });
    this.#reader.start();
  }

  /** Makes a pool, its advertisement and a namespace; nothing is held when this resolves. */
  static async prepare(lab: Lab): Promise<ManyHeld> {
    const advertised = advertisement(NAME, { interfaces: ["eth0"] });
    await apply(lab, namespace(NAME), pool(NAME, { addresses: ADDRESSES }), advertised);
    await settled(lab);
    return new ManyHeld(lab);
  }

  /**
   * Creates Services until there are so many; resolves when each has an address that one node announces, and all is quiet.
   *
   * @param proxied whether kube-proxy makes rules for the new ones, as it does for any
   */
  async create(count: number, { proxied }: { readonly proxied: boolean }): Promise<void> {
    const wanted: Member[] = [];
    for (let i = this.#burst.created.length; i < count; i++)
      wanted.push({
        ...{ namespace: NAME, name: `${NAME}-${i}`, served: true },
        ...(!proxied && { proxied }),
      });
    await Promise.all([
      this.#burst.create(wanted, WRITERS),
      progress(this.#lab, "addresses are announced", count, () => this.#announced()),
    ]);
    await this.#quiet();
  }

  /** The addresses that each node is to answer for, and does. */
  byNode(): ReadonlyMap<string, readonly string[]> {
    const addresses = new Map<string, string[]>(this.#lab.nodeNames.map((name) => [name, []]));
    for (const { spec, status } of this.#records.values()) {
      const [owner = ""] = spec.placement?.nodes ?? [];
      if (status?.announcers?.[0]?.node === owner) addresses.get(owner)?.push(spec.address);
    }
    return addresses;
  }

  /** Deletes the newest Services until there are so many; resolves when no more addresses than that are held. */
  async shrink(count: number): Promise<void> {
    const numberOf = ({ name }: Member): number => Number(name.slice(NAME.length + 1));
    await this.#burst.remove(this.#burst.created.filter((member) => numberOf(member) >= count));
    await this.#noMoreThan(count);
  }

  /** Removes everything of it. */
  async remove(): Promise<void> {
    await this.#burst.remove();
    await this.#noMoreThan(0);
    await this.#reader.stop();
    this.#administrator.close();
    this.#burst.close();
    const ours = ["delete", "namespace", NAME, `--timeout=${REMOVAL_MS / 1000}s`];
    await this.#lab.kubectl(ours, { deadlineMs: REMOVAL_MS });
    await clear(this.#lab);
  }

  async #noMoreThan(count: number): Promise<void> {
    await this.#lab.waitFor(
      `${count} VirtualIPs are left`,
      (see) => {
        see(this.#records.size);
        return this.#records.size <= count;
      },
      { deadlineMs: REMOVAL_MS, everyMs: 200 },
    );
  }

  /** Waits until our programs write nothing; looks at a few seconds of the audit log at a time, for there is much in it. */
  async #quiet(): Promise<void> {
    await this.#lab.waitFor(
      `nothing is written for ${QUIET.lookMs} ms`,
      async (see) => {
        const audit = new Audit(this.#lab);
        await delay(QUIET.lookMs);
        see(audit.tally);
        return audit.writes.length === 0;
      },
      { deadlineMs: QUIET.deadlineMs },
    );
  }

  #announced(): number {
    let count = 0;
    for (const { status } of this.#records.values()) if (status?.announcers?.length === 1) count++;
    return count;
  }
}
