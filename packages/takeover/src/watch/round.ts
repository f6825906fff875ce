import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { NodeId } from "../claims/claim.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core/core.ts";
import type { Item, Sight, Tell } from "../messages/message.ts";
import { TIMING } from "../timing.ts";

/** What a confirm round asks. */
export interface Question {
  /** Whom it is about. */
  readonly subject: NodeId;
  readonly list: readonly NodeId[];
  /** Which addresses the wire is asked for. */
  readonly addresses: readonly IpAddress[];
  /** The claims of these that are known here, as far as there are any. */
  readonly items: readonly Item[];
  /** Ask the wire three times over 0.6 s, as before a very first announcement. */
  readonly first?: boolean;
}

/** What was seen in a confirm round. */
export interface Findings {
  /** Who answered for an address, by its text. */
  readonly answers: ReadonlyMap<string, Mac>;
  /** The subject's kernel answered. */
  readonly kernel: boolean;
  /** Who told what, the subject among them. */
  readonly tells: ReadonlyMap<NodeId, Tell>;
  readonly sight: Sight;
  /** List members, the subject left out, whose kernels answered. */
  readonly membersSeen: number;
}

interface Round {
  readonly question: Question;
  readonly members: readonly NodeId[];
  readonly answers: Map<string, Mac>;
  readonly tells: Map<NodeId, Tell>;
  readonly timers: readonly Timer[];
}

/**
 * Confirm rounds: for 100 ms four questions are asked at once - the wire for the addresses, the holder's kernel and the
 * witnesses; the other speakers for what they hear. What it means is not decided here.
 */
export class Rounds {
  readonly #rounds = new Map<number, Round>();
  #next = 1;

  /** Starts a round; `done` is called at its end. @returns a handle that ends it without a word */
  start(core: Core, question: Question, done: (findings: Findings) => void): Timer {
    const id = this.#next++;
    const members = question.list.filter((node) => node !== core.self.id && node !== question.subject);
    const [lasts, volleys] = question.first
      ? [TIMING.firstRound, TIMING.firstVolleys]
      : [TIMING.round, TIMING.volleys];
    const timers = volleys.map((at) => core.clock.after(at, () => this.#volley(core, id)));
    timers.push(
      core.clock.after(lasts, () => {
        const round = this.#rounds.get(id);
        this.#rounds.delete(id);
        if (round !== undefined) done(findingsOf(core, round));
      }),
    );
    this.#rounds.set(id, { question, members, answers: new Map(), tells: new Map(), timers });
    return {
      cancel: () => {
        this.#rounds.delete(id);
        for (const timer of timers) timer.cancel();
      },
    };
  }

  /** Somebody answers for an address on the wire. */
  seen(address: IpAddress, mac: Mac): void {
    for (const { answers } of this.#rounds.values())
      if (!answers.has(address.text)) answers.set(address.text, mac);
  }

  told(from: NodeId, tell: Tell): void {
    this.#rounds.get(tell.round)?.tells.set(from, tell);
  }

  #volley(core: Core, id: number): void {
    const round = this.#rounds.get(id);
    if (round === undefined) return;
    const { question, members, answers, tells } = round;
    const { subject, items } = question;
    const kernels = [subject, ...members].map((node) => core.directory.get(node)?.kernel);
    for (const target of [...question.addresses, ...kernels, core.surroundings.anchor])
      if (target !== undefined && !answers.has(target.text)) core.environment.probe(target);
    for (const node of new Set([subject, ...members]))
      if (!tells.has(node)) core.post.send(node, { type: "Ask", subject, round: id, items });
  }
}

function findingsOf(core: Core, { question, members, answers, tells }: Round): Findings {
  const { directory, surroundings } = core;
  /** An address that floats may have gone to another node, which answers for it now. */
  const kernelOf = (node: NodeId): boolean => {
    const mac = answers.get(directory.get(node)?.kernel?.text ?? "");
    return mac !== undefined && [node, undefined].includes(directory.idOf(mac));
  };
  const membersSeen = members.filter(kernelOf).length;
  const isAnchorSeen = surroundings.anchor !== undefined && answers.has(surroundings.anchor.text);
  const sight = isAnchorSeen ? 2 : membersSeen > 0 ? 1 : 0;
  return { answers, kernel: kernelOf(question.subject), tells, sight, membersSeen };
}
