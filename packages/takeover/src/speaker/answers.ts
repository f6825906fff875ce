import type { NodeId } from "../claims/claim.ts";
import { isHigher } from "../claims/claim.ts";
import { type Core, isReady } from "../core/core.ts";
import { type Entry, itemOf } from "../core/ledger.ts";
import { Spacing } from "../core/spacing.ts";
import type { Holder } from "../holder/holder.ts";
import type { Look } from "../holder/look.ts";
import { type Ask, NEVER_MS, type Path, type Query, type SightQuestion } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { Hearing } from "./hearing.ts";
import type { Watches } from "./watches.ts";

/** How many others one answer would do of. */
const MOST_ASKED = 7;

export interface AnswersOptions {
  readonly core: Core;
  readonly holder: Holder;
  readonly watches: Watches;
  readonly hearing: Hearing;
  readonly look: Look;
}

/** Answers to what others ask. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #acknowledgments: Spacing<string>;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#acknowledgments = new Spacing(options.core.clock, TIMING.acknowledge);
  }

  /** A heartbeat is acknowledged on the path it came by, not each of them. */
  heartbeat(from: NodeId, path: Path): void {
    const { core } = this.#options;
    if (!this.#acknowledgments.allows(`${from} ${path}`)) return;
    core.post.send(from, { type: "Ack", ready: isReady(core) }, path);
  }

  /** What of these is announced or known here; of none: what the asker stands in for. */
  query(from: NodeId, { addresses }: Query): void {
    const { core, hearing, holder } = this.#options;
    if (addresses.length === 0) {
      core.post.pages(from, holder.held.of(from), holder.held.revision);
      return;
    }
    const entries = addresses.flatMap((address) => core.ledger.get(address) ?? []);
    const isMine = ({ mine }: Entry): boolean => mine !== undefined;
    core.post.claims(from, entries.filter(isMine));
    hearing.tellKnown(
      from,
      entries.filter((entry) => !isMine(entry)),
    );
  }

  /** Only who can testify looks at the segment first; who hears nothing answers at once. */
  ask(from: NodeId, ask: Ask): void {
    const { core, holder, watches, look } = this.#options;
    const { subject, round } = ask;
    const entries = ask.items.flatMap(({ address }) => core.ledger.get(address) ?? []);
    const outbid = ask.items.flatMap(({ address, claim }) => {
      const entry = core.ledger.get(address);
      return entry?.mine !== undefined && isHigher(entry.mine, claim) ? [entry] : [];
    });
    if (outbid.length > 0 && core.post.mayAnswer(from, "claim")) core.post.claims(from, outbid);
    holder.overlaps.asked(from, entries);
    const self = subject === core.self.id;
    const watch = watches.get(subject);
    const sinceMs = Math.round(Math.min(watch?.silentMs ?? NEVER_MS, NEVER_MS));
    const tell = (sight: 0 | 1 | 2): void => {
      const items = self
        ? entries.flatMap((entry) => (entry.mine === undefined ? [] : [itemOf(entry, entry.mine)]))
        : [];
      const hasDuty =
        watch !== undefined &&
        entries.some((entry) => entry.placement !== undefined && watch.duties.has(entry));
      // While it resumes it is as one that only starts: what it does not announce yet is not let go of.
      const ready = isReady(core) && !(self && core.resuming);
      core.post.send(from, { type: "Tell", subject, round, sinceMs, ready, hasDuty, sight, self, items });
    };
    if (self || sinceMs < TIMING.hears) look.at(tell);
    else tell(0);
  }

  /** Who has nothing to do with others hears nobody on the node path: they are asked there, by one who was asked on the segment. */
  sight(from: NodeId, path: Path, { round }: SightQuestion): void {
    const { core, look } = this.#options;
    if (!isReady(core)) return;
    const hearsOthers = (): boolean => core.directory.hearsOthers(from, core.clock.nowMs() - TIMING.pathWell);
    if (path === "Segment" && core.post.hasNodePath && !hearsOthers()) this.#askAround(from);
    look.at((sight) => core.post.send(from, { type: "Sighted", round, sight, others: hearsOthers() }));
  }

  #askAround(than: NodeId): void {
    const { post, directory } = this.#options.core;
    const others = [...directory.others()].filter(({ id }) => id !== than);
    for (const { id } of others.slice(0, MOST_ASKED)) post.send(id, { type: "Sight", round: 0 }, "Node");
  }
}
