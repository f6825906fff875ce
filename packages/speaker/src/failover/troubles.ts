import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Report } from "@fairlead/takeover/environment.ts";

/** What may last until somebody does something about it. */
export type TroubleKind =
  | "HeartbeatPath"
  | "HeartbeatBlocked"
  | "DuplicateNode"
  | "AnchorLost"
  | "NodePathLost";

/** Something that is wrong around this node, and lasts. */
export interface Trouble {
  readonly kind: TroubleKind;
  readonly interface: string;
  /** The node that it is about; undefined: none, or its name is not known. */
  readonly peer: string | undefined;
  /** Since when, RFC 3339 to the second. */
  readonly since: string;
}

const KINDS: readonly Report["type"][] = [
  "HeartbeatPath",
  "HeartbeatBlocked",
  "DuplicateNode",
  "AnchorLost",
  "NodePathLost",
] satisfies TroubleKind[];
/** Found after seconds, so told at once: what is announced is offered to others just then, and there may be no second time. */
const CERTAIN: readonly TroubleKind[] = ["NodePathLost"];
/** What is reported again after so long is no accident, in ms. */
const LASTS_MS = 5_000;
/** What has not been reported for so long is over, in ms: longer than it takes a holder to tell the segment its addresses again. */
const OVER_AFTER_MS = 150_000;
const LOOK_EVERY_MS = 10_000;
/** A host that makes things up is not told in full. */
const MOST = 64;

interface Seen {
  readonly trouble: Trouble;
  readonly firstMs: number;
  lastMs: number;
  told: boolean;
}

/** Makes of what the failover protocol reports each time it sees it what lasts, and tells all of that when it changes. */
export class Troubles {
  readonly #clock: Clock;
  readonly #tell: (troubles: readonly Trouble[]) => void;
  readonly #seen = new Map<string, Seen>();
  #timer: Timer | undefined;

  constructor(options: { readonly clock: Clock; readonly tell: (troubles: readonly Trouble[]) => void }) {
    this.#clock = options.clock;
    this.#tell = options.tell;
  }

  /** @param name of the interface */
  take(name: string, { type: kind }: Report, peer: string | undefined): void {
    if (!lasts(kind)) return;
    const key = `${kind} ${name} ${peer ?? ""}`;
    const nowMs = this.#clock.nowMs();
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      if (this.#seen.size >= MOST) return;
      const since = rfc3339(this.#clock.wall());
      const trouble: Trouble = { kind, interface: name, peer, since };
      const told = CERTAIN.includes(kind);
      this.#seen.set(key, { trouble, firstMs: nowMs, lastMs: nowMs, told });
      this.#timer ??= this.#clock.after(LOOK_EVERY_MS, () => this.#look());
      if (told) this.#tellAll();
      return;
    }
    seen.lastMs = nowMs;
    if (seen.told || nowMs - seen.firstMs < LASTS_MS) return;
    seen.told = true;
    this.#tellAll();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    let isNews = false;
    for (const [key, { lastMs, told }] of this.#seen) {
      if (nowMs - lastMs <= OVER_AFTER_MS) continue;
      this.#seen.delete(key);
      isNews ||= told;
    }
    this.#timer = this.#seen.size > 0 ? this.#clock.after(LOOK_EVERY_MS, () => this.#look()) : undefined;
    if (isNews) this.#tellAll();
  }

  #tellAll(): void {
    this.#tell([...this.#seen.values()].flatMap(({ told, trouble }) => (told ? [trouble] : [])));
  }
}

function lasts(kind: Report["type"]): kind is TroubleKind {
  return KINDS.includes(kind);
}
