import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Claim } from "../claims/claim.ts";
import type { Core, Surroundings } from "../core/core.ts";
import { type Entry, Ledger, listOf } from "../core/ledger.ts";
import { Post, type PostOptions } from "../core/post.ts";
import { Pulse } from "../core/pulse.ts";
import type { Environment, Memory, Peer, Placement, Reason } from "../environment.ts";
import { Challenges } from "../holder/challenge.ts";
import { Doubt } from "../holder/doubt.ts";
import { Holder } from "../holder/holder.ts";
import { Look } from "../holder/look.ts";
import { Offers } from "../holder/offers.ts";
import { ProvisionalCheck } from "../holder/provisional.ts";
import { Uplinks } from "../holder/uplinks.ts";
import { WireHints } from "../holder/wire-hints.ts";
import type { Message, Path } from "../messages/message.ts";
import { Directory } from "../peers/directory.ts";
import { Vacancies } from "../standby/vacancies.ts";
import { TIMING } from "../timing.ts";
import { Rounds } from "../watch/round.ts";
import { Answers } from "./answers.ts";
import { Hearing } from "./hearing.ts";
import { Learning } from "./learning.ts";
import { Watches } from "./watches.ts";

export interface TakeoverOptions extends Omit<PostOptions, "self"> {
  readonly self: Peer;
  readonly surroundings: Surroundings;
  readonly environment: Environment;
}

/** The failover protocol of one speaker on one segment. It is told what happens and does what it must by its environment. */
export class Takeover {
  readonly #core: Core;
  readonly #pulse: Pulse;
  readonly #holder: Holder;
  readonly #watches: Watches;
  readonly #vacancies: Vacancies;
  readonly #hearing: Hearing;
  readonly #answers: Answers;
  readonly #doubt: Doubt;
  readonly #offers: Offers;
  readonly #uplinks: Uplinks;
  readonly #provisional: ProvisionalCheck;
  readonly #hints: WireHints;
  readonly #look: Look;
  readonly #learning: Learning;

  constructor({ self, surroundings, environment, ...rest }: TakeoverOptions) {
    this.#pulse = new Pulse(environment.clock, (lateMs) => {
      environment.report({ type: "Stalled", lateMs });
      this.#restartAll();
      if (lateMs > TIMING.doubtFence) this.#doubt.begin();
    });
    const core: Core = {
      self,
      environment,
      clock: this.#pulse,
      directory: new Directory(self.id),
      ledger: new Ledger((memory) => environment.keep(memory)),
      post: new Post({ self: self.id, ...rest }, environment),
      rounds: new Rounds(),
      surroundings,
      learned: false,
      draining: false,
      resuming: false,
    };
    this.#core = core;
    const onChange = (entry: Entry): void => {
      if (entry.mine !== undefined) this.#watches.drop(entry);
      this.#vacancies.consider(entry);
      this.#forgetIfNobodys(entry);
    };
    const claim = (claims: ReadonlyMap<Entry, Claim>, reason: Reason): void => {
      this.#holder.claim(claims, reason);
      if ([...claims.values()].some(({ firm }) => !firm)) this.#provisional.start();
    };
    const holder = new Holder({ core, onChange });
    const watches = new Watches({ core, claim, onDropped: onChange });
    const onKnowledge = (entry: Entry): void => this.#vacancies.consider(entry);
    this.#holder = holder;
    this.#watches = watches;
    this.#vacancies = new Vacancies({
      core,
      claim,
      isCovered: (entry) => watches.isCovered(entry),
      caretake: (entry, dead) => watches.caretake(entry, dead, listOf(entry)),
    });
    const challenges = new Challenges(core, holder);
    const look = new Look(core);
    const hearing = new Hearing({ core, holder, watches, challenges, onKnowledge });
    const offers = new Offers(core, holder);
    this.#look = look;
    this.#hearing = hearing;
    this.#answers = new Answers({ core, holder, watches, hearing, look });
    this.#doubt = new Doubt(core, holder);
    this.#offers = offers;
    this.#uplinks = new Uplinks({ core, holder, offers });
    this.#provisional = new ProvisionalCheck(core, holder);
    this.#hints = new WireHints(core, holder);
    this.#learning = new Learning(core, () => this.#considerAll());
  }

  /** Begins with what the last process kept. */
  start(memories: Iterable<Memory>): void {
    for (const memory of memories) this.#core.ledger.load(memory);
    this.#uplinks.start();
    if ([...this.#core.ledger.all()].length > 0) this.#learning.start();
  }

  /** Ends without a word, as a crash would. */
  stop(): void {
    this.#pulse.stop();
    this.#core.post.stop();
    this.#holder.stop();
    this.#watches.stop();
    this.#vacancies.stop();
    this.#doubt.stop();
    this.#uplinks.stop();
    this.#provisional.stop();
    this.#learning.stop();
  }

  /** This process exits and will be back: the stand-ins answer in its place, nothing moves. To be ended 30 ms later. */
  restarting(): void {
    this.#holder.beats.restarting();
  }

  /** This node leaves: everything is handed over. @param done called when nothing is left, or after 2 s */
  drain(done: () => void): void {
    this.#core.draining = true;
    this.#offers.all(done);
  }

  /** The Speaker objects changed. */
  onDirectory(peers: readonly Peer[]): void {
    this.#core.directory.set(peers);
  }

  /** What the API says of all addresses on this segment. What it does not name any more is let go. */
  onPlacements(placements: readonly Placement[]): void {
    const named = new Set(placements.map(({ address }) => address.text));
    const gone = [...this.#core.ledger.all()].filter(
      ({ placement, address }) => placement !== undefined && !named.has(address.text),
    );
    this.onPlacementChange(
      placements,
      gone.map(({ address }) => address),
    );
  }

  /** What the API says of some addresses, and which it does not name any more: those are let go. */
  onPlacementChange(placements: readonly Placement[], gone: readonly IpAddress[]): void {
    const { ledger } = this.#core;
    for (const address of gone) {
      const entry = ledger.get(address);
      if (entry !== undefined) this.#remove(entry);
    }
    for (const placement of placements) {
      if (!isNews(placement, ledger.get(placement.address)?.placement)) continue;
      const entry = ledger.place(placement);
      this.#holder.placed(entry);
      this.#vacancies.consider(entry);
    }
    this.#learning.start();
  }

  /** Carrier, anchor or settings changed. */
  onSurroundings(surroundings: Surroundings): void {
    const before = this.#core.surroundings;
    this.#core.surroundings = surroundings;
    if (before.carrier && !surroundings.carrier) {
      this.#watches.restart();
      if (!this.#core.draining) this.#offers.all();
    }
    if (before.carrier || !surroundings.carrier) return;
    // The others are asked what they made of it; what they did not take in time stays here.
    if (!this.#core.draining) this.#offers.stop();
    this.#restartAll();
    this.#doubt.begin();
  }

  /** A datagram arrived. */
  onMessage(datagram: Uint8Array, path: Path): void {
    const { environment, post, learned } = this.#core;
    this.check();
    const read = post.receive(datagram, path, learned);
    if (read.ok) this.#onMessage(read.value);
    else environment.drop(read.error);
  }

  /** A frame on the segment says that this MAC has this address: an answer to a probe, or gratuitous. */
  onSeen(address: IpAddress, mac: Mac, gratuitous: boolean): void {
    this.check();
    this.#core.rounds.seen(address, mac);
    this.#look.seen(address);
    this.#uplinks.seen(address);
    this.#watches.seen(address, mac, gratuitous);
    this.#hints.seen(address, mac);
  }

  /** To be called before a frame is answered that may have waited while this process stood still. */
  check(): void {
    this.#pulse.check();
  }

  #onMessage({ header, body }: Message): void {
    const { sender: from, path } = header;
    this.#heard(from, path);
    switch (body.type) {
      case "Heartbeat":
        this.#answers.heartbeat(from, path);
        this.#watches.heartbeat(from, path, body);
        return;
      case "Ack":
        this.#uplinks.acknowledged(from, path);
        this.#holder.beats.acknowledged(from, body.ready);
        return;
      case "Ask":
        this.#answers.ask(from, body);
        return;
      case "Tell":
        this.#core.rounds.told(from, body);
        return;
      case "Claim":
        this.#hearing.claim(from, body);
        return;
      case "Yield":
        this.#hearing.yielded(from, body);
        return;
      case "Query":
        this.#answers.query(from, body);
        return;
      case "Known":
        this.#hearing.known(from, body);
        return;
      case "Offer":
        this.#hearing.offer(from, body);
        return;
      case "Sight":
        this.#answers.sight(from, path, body);
        return;
      case "Sighted":
        this.#uplinks.sighted(from, path, body);
        return;
      case "ClaimAck":
        this.#hearing.acknowledged(from, body);
    }
  }

  #heard(from: Message["header"]["sender"], path: Path): void {
    const silentMs =
      this.#core.directory.heard(from, path, this.#core.clock.nowMs()) ?? this.#holder.beats.beatenMs(from);
    if (path === "Segment" && silentMs >= TIMING.pathBack) {
      this.#holder.overlaps.back(from, silentMs);
      for (const entry of new Set([...this.#holder.held.of(from), ...this.#holder.displaced.of(from)]))
        this.#holder.again(entry);
    }
    this.#holder.campaign.hurry(from);
  }

  #remove(entry: Entry): void {
    this.#core.ledger.forget(entry);
    entry.placement = undefined;
    entry.top = undefined;
    entry.topList = [];
    this.#holder.remove(entry);
    this.#watches.drop(entry);
    this.#vacancies.consider(entry);
  }

  /** What the API does not name and no holder announces any more: its epochs may begin anew. */
  #forgetIfNobodys(entry: Entry): void {
    const { ledger } = this.#core;
    const isKnown = entry.placement !== undefined || entry.mine !== undefined;
    if (!isKnown && ledger.get(entry.address) === entry && !this.#watches.isCovered(entry))
      ledger.forget(entry);
  }

  /** What was not heard while this node stood still means nothing. */
  #restartAll(): void {
    this.#watches.restart();
    this.#vacancies.restart();
    this.#considerAll();
  }

  #considerAll(): void {
    for (const entry of [...this.#core.ledger.all()]) this.#vacancies.consider(entry);
  }
}

/** Who is on the segment may come to be known after the decision. */
function isNews(placement: Placement, known: Placement | undefined): boolean {
  if (known === undefined || placement.epoch > known.epoch) return true;
  return placement.epoch === known.epoch && placement.list.join() !== known.list.join();
}
