import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { type Claim, covers, isHigher, type NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import { type Core, isReady, isWitness } from "../core/core.ts";
import { type Entry, itemOf } from "../core/ledger.ts";
import type { Reason } from "../environment.ts";
import type { Heartbeat, Page, Path } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import { Caretaking } from "./caretaking.ts";
import { decide, type Verdict } from "./decide.ts";
import { Duties, type Duty } from "./duties.ts";
import { evidenceOf } from "./evidence.ts";
import type { Health } from "./health.ts";
import { Plans, TAKEN_AT_ONCE } from "./plans.ts";
import type { Findings } from "./round.ts";

/**
 * What a stand-in makes of one holder: it is heard; a round runs; the wire answers though its heartbeats do not arrive;
 * another speaker answers; it lives elsewhere; it is dead and a claim is planned; its speaker is dead and I answer in its
 * place.
 */
export type WatchState = "Up" | "Suspect" | "PathFault" | "Other" | "Hold" | "Taking" | "Care";

export interface WatchOptions {
  readonly core: Core;
  readonly holder: NodeId;
  readonly health: Health;
  /** Announce these, firm or provisional. */
  readonly take: (duties: readonly Duty[], firm: boolean, reason: Reason) => void;
  /** This stand-in does not stand in for the address towards this holder any more. */
  readonly onDropped: (entry: Entry) => void;
  readonly onEnd: () => void;
}

/** The watch over one holder. Every state but `Up` and `Care` has a round running or due. */
export class Watch {
  readonly holder: NodeId;
  readonly duties = new Duties();
  readonly #options: WatchOptions;
  readonly #care: Caretaking;
  readonly #plans: Plans;
  /** Since when a path counts as silent: since the last heartbeat, or since my own loop ran again. */
  readonly #lastMs: Record<Path, number>;
  /** The last heartbeat on the segment. */
  #heardMs: number;
  #state: WatchState = "Up";
  #intervalMs: number = TIMING.reserveBeat;
  #active: readonly NodeId[] = [];
  #alarm: Timer | undefined;
  #round: Timer | undefined;
  #differsMs: number | undefined;
  /** The silence that runs has not been explained yet: what it comes to is measured from the last heartbeat on. */
  #isNews = true;
  #queriedMs = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    const { core, holder } = options;
    this.#options = options;
    this.holder = holder;
    const nowMs = core.clock.nowMs();
    this.#lastMs = { Segment: nowMs, Node: nowMs };
    this.#heardMs = nowMs;
    const { duties } = this;
    const active = (): readonly NodeId[] => this.#active;
    this.#care = new Caretaking({
      core,
      holder,
      duties,
      active,
      onKernelSilent: () => this.#startRound(),
      onLimit: () => this.#take([...duties.all()].slice(0, TAKEN_AT_ONCE), true, "SpeakerDead"),
    });
    this.#plans = new Plans({
      core,
      holder,
      duties,
      active,
      mayTake: () => this.#state === "Taking" && isReady(core),
      take: (taken, firm, reason) => this.#take(taken, firm, reason),
    });
    this.#arm(this.#suspectAfterMs());
  }

  get state(): WatchState {
    return this.#state;
  }

  /** Since the holder's last heartbeat on the segment: what is testified to others, whatever I did meanwhile. */
  get silentMs(): number {
    return this.#options.core.clock.nowMs() - this.#heardMs;
  }

  isCaretaking(entry: Entry): boolean {
    return this.#care.isAnswering(entry);
  }

  heartbeat(path: Path, beat: Heartbeat): void {
    if (this.#state !== "Care") this.#countMissed(path);
    this.#lastMs[path] = this.#options.core.clock.nowMs();
    if (path === "Segment") this.#heardMs = this.#lastMs.Segment;
    if (beat.addresses === 0 && !beat.restarting) {
      this.end();
      return;
    }
    const isShorter = beat.intervalMs < this.#intervalMs;
    this.#intervalMs = beat.intervalMs;
    if (isShorter && this.#state === "Up") this.#arm(this.#suspectAfterMs());
    this.#active = beat.active;
    if (path === "Segment") {
      const mayCaretake = beat.restarting && this.#mayCaretake();
      if (mayCaretake && this.#state !== "Care") this.#enterCare();
      else if (!beat.restarting && this.#state !== "Up") this.#up();
    }
    this.#compare(beat);
  }

  /** The holder itself says that it announces an address whose list has this node in it. */
  hold(duty: Duty): void {
    this.duties.set(duty);
    if (this.#state === "Care") this.#care.add(duty.entry);
  }

  /** One page of the holder's whole set has been held. */
  page(page: Page, addresses: readonly string[]): void {
    for (const { entry } of this.duties.page(page, addresses)) this.drop(entry);
  }

  /** Another node has a higher claim, or covers for a holder that is not heard. */
  outbid(entry: Entry, claim: Claim): void {
    const duty = this.duties.get(entry);
    if (duty === undefined || claim.node === this.holder) return;
    if (!isHigher(claim, duty.claim) && (this.#state === "Up" || !covers(claim, duty.claim))) return;
    if (claim.node !== this.#options.core.self.id) {
      this.#plans.begunByOther(duty.list);
      this.#care.begunByOther();
    }
    this.drop(entry);
  }

  /** Takes one address out of the duty. */
  drop(entry: Entry): void {
    this.#care.release(entry);
    if (!this.duties.delete(entry)) return;
    this.#options.onDropped(entry);
    if (this.duties.size === 0) this.end();
  }

  /** The speaker of this holder is dead and its kernel alive, as a round about an address found: answer in its place. */
  care(): void {
    this.#enterCare();
  }

  /** Somebody answers on the wire. */
  seen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    const { core } = this.#options;
    this.#care.seen(address, mac);
    const entry = core.ledger.get(address);
    if (entry === undefined || !this.duties.has(entry)) return;
    const node = core.directory.idOf(mac);
    if (node === undefined || node === core.self.id) return;
    if (node === this.holder) {
      if (this.#care.running && !gratuitous) this.#startRound();
      return;
    }
    this.#plans.answeredByOther(entry);
    if (this.#state === "Taking") core.post.query(node, [address]);
  }

  /** My own loop or port stood still: what I did not hear means nothing. */
  restart(): void {
    const { clock } = this.#options.core;
    this.#lastMs.Segment = clock.nowMs();
    this.#lastMs.Node = clock.nowMs();
    this.#care.restart();
    this.#plans.cancel();
    this.#round?.cancel();
    this.#round = undefined;
    this.#state = this.#care.running ? "Care" : "Up";
    this.#arm(this.#suspectAfterMs());
  }

  end(): void {
    this.#care.stop();
    this.#plans.cancel();
    this.#round?.cancel();
    this.#alarm?.cancel();
    const dropped = [...this.duties.all()];
    for (const { entry } of dropped) this.duties.delete(entry);
    this.#options.onEnd();
    for (const { entry } of dropped) this.#options.onDropped(entry);
  }

  /** One that is late by less than three quarters of the interval is not missed yet. */
  #countMissed(path: Path): void {
    const heartbeats = Math.floor(this.#silentMs(path) / this.#intervalMs + 1 / 4) - 1;
    const { environment } = this.#options.core;
    if (heartbeats > 0) environment.measured({ type: "Missed", holder: this.holder, path, heartbeats });
  }

  #up(): void {
    if (this.#state !== "Care") this.#options.health.refuted();
    this.#state = "Up";
    this.#care.stop();
    this.#plans.cancel();
    this.#round?.cancel();
    this.#round = undefined;
    this.#arm(this.#suspectAfterMs());
  }

  #enterCare(): void {
    this.#state = "Care";
    this.#isNews = false;
    this.#plans.cancel();
    this.#round?.cancel();
    this.#round = undefined;
    this.#alarm?.cancel();
    this.#care.start();
  }

  #mayCaretake(): boolean {
    const { core } = this.#options;
    return core.surroundings.caretake && core.directory.get(this.holder)?.kernel !== undefined;
  }

  #silentMs(path: Path): number {
    return this.#options.core.clock.nowMs() - this.#lastMs[path];
  }

  #suspectAfterMs(): number {
    return 3.5 * this.#intervalMs * (1 + this.#options.health.value);
  }

  #arm(delayMs: number): void {
    this.#alarm?.cancel();
    this.#alarm = this.#options.core.clock.after(delayMs, () => this.#onAlarm());
  }

  #onAlarm(): void {
    const { core } = this.#options;
    const leftMs = this.#state === "Up" ? this.#suspectAfterMs() - this.#silentMs("Segment") : 0;
    if (leftMs > 0) this.#arm(Math.ceil(leftMs));
    else if (isReady(core)) this.#startRound();
    else this.#arm(TIMING.recheck);
  }

  #startRound(): void {
    const { core } = this.#options;
    // An answer within a round is for the round to see; begun anew by each, it would never end.
    if (this.#round !== undefined) return;
    this.#alarm?.cancel();
    if (this.#state === "Up") this.#isNews = true;
    if (this.#state === "Up" || this.#state === "Care") this.#state = "Suspect";
    const samples = this.duties.samples();
    const list = [...new Set(samples.flatMap((duty) => duty.list))];
    const question = {
      subject: this.holder,
      list,
      addresses: samples.map(({ entry }) => entry.address),
      items: samples.slice(0, 31).map(({ entry, claim }) => itemOf(entry, claim)),
    };
    const silentMs = this.#silentMs("Segment");
    this.#round = core.rounds.start(core, question, (findings) =>
      this.#settle(samples, list, silentMs, findings),
    );
  }

  #settle(samples: readonly Duty[], list: readonly NodeId[], silentMs: number, findings: Findings): void {
    const { core } = this.#options;
    this.#round = undefined;
    const evidence = evidenceOf(core, {
      holder: this.holder,
      entries: samples.map(({ entry }) => entry),
      findings,
      silentMs,
      nodeBeats: this.#silentMs("Node") < 3.5 * this.#intervalMs && core.post.hasNodePath,
      mayCaretake: this.#mayCaretake(),
    });
    const verdict = decide(evidence);
    const isFirst = this.#isNews && this.#state === "Suspect";
    if (isFirst && (verdict.next === "Taking" || verdict.next === "Care"))
      core.environment.measured({ type: "Detected", found: verdict.next, silentMs: this.silentMs });
    if (verdict.next === "Care") {
      this.#enterCare();
      return;
    }
    this.#enter(verdict);
    if (verdict.next === "Taking") {
      const firm = verdict.conceded || isWitness(core, findings.sight, findings.membersSeen, list);
      this.#plans.confirm({ firm, reason: verdict.conceded ? "HolderConceded" : "HolderDead", findings });
    }
    this.#arm(TIMING.recheck);
  }

  #enter(verdict: Verdict): void {
    const { core } = this.#options;
    this.#state = verdict.next;
    if (verdict.next === "Taking") return;
    this.#isNews = false;
    this.#care.stop();
    this.#plans.cancel();
    if (verdict.next === "PathFault" || verdict.next === "Hold")
      core.environment.report({ type: "HeartbeatPath", holder: this.holder });
  }

  #take(duties: readonly Duty[], firm: boolean, reason: Reason): void {
    const { core, take } = this.#options;
    if (!isReady(core)) return;
    for (const { entry } of duties) this.#care.release(entry);
    take(duties, firm, reason);
    if (!this.#isNews) return;
    const { silentMs } = this;
    core.environment.measured({ type: "TakenOver", silentMs, addresses: duties.length });
  }

  /** A set that differs for longer than one interval was missed, not merely overtaken by a heartbeat. */
  #compare(beat: Heartbeat): void {
    const { core } = this.#options;
    // While it restarts it announces less than it will: that is no reason to let go of the rest.
    if (beat.restarting) return;
    const nowMs = core.clock.nowMs();
    const same = this.duties.confirm(beat);
    const since = same ? undefined : (this.#differsMs ?? nowMs);
    this.#differsMs = since;
    if (since === undefined || nowMs - this.#queriedMs < TIMING.pagesGap) return;
    if (this.duties.size > 0 && nowMs - since < this.#intervalMs) return;
    this.#queriedMs = nowMs;
    core.post.send(this.holder, { type: "Query", addresses: [] });
  }
}
