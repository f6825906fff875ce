import type { Claim } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import { MOST_ITEMS } from "../messages/items.ts";

/** So many are claimed in one go; then sockets and other timers have their turn. */
const CLAIMED_AT_ONCE = 10 * MOST_ITEMS;

/**
 * What was announced here before a restart is asked about some hundred at a time, and claimed only when all of it has been asked about:
 * whoever answers in this node's place ends it for all addresses with the first heartbeat that does not say "restarting".
 */
export class Resumption {
  readonly #core: Core;
  readonly #claim: (claims: ReadonlyMap<Entry, Claim>) => void;
  /** Not asked about yet, or not to the end. */
  readonly #expected = new Set<Entry>();
  readonly #claims = new Map<Entry, Claim>();
  #next: Timer | undefined;

  constructor(core: Core, claim: (claims: ReadonlyMap<Entry, Claim>) => void) {
    this.#core = core;
    this.#claim = claim;
  }

  /** The address will be asked about. */
  expect(entry: Entry): void {
    this.#expected.add(entry);
    this.#core.resuming = true;
  }

  /** These have been asked about, and some of them may be claimed. */
  settled(asked: readonly Entry[], claims: ReadonlyMap<Entry, Claim>): void {
    for (const [entry, claim] of claims) this.#claims.set(entry, claim);
    for (const entry of asked) this.#expected.delete(entry);
    this.#goOn();
  }

  /** There is nothing to resume about this address any more. */
  forget(entry: Entry): void {
    this.#claims.delete(entry);
    if (this.#expected.delete(entry)) this.#goOn();
  }

  stop(): void {
    this.#next?.cancel();
  }

  #goOn(): void {
    if (this.#expected.size > 0 || this.#next !== undefined) return;
    const claims = new Map<Entry, Claim>();
    for (const [entry, claim] of this.#claims) {
      if (claims.size === CLAIMED_AT_ONCE) break;
      claims.set(entry, claim);
    }
    for (const entry of claims.keys()) this.#claims.delete(entry);
    this.#core.resuming = this.#claims.size > 0;
    if (this.#core.resuming)
      this.#next = this.#core.clock.after(0, () => {
        this.#next = undefined;
        this.#goOn();
      });
    if (claims.size > 0) this.#claim(claims);
  }
}
