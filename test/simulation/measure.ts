import type { Mac } from "@fairlead/net/mac.ts";

/** What a moment looks like from the client's side, for one address on one segment. */
export interface Moment {
  /** The MACs that are given out for it. */
  readonly answered: ReadonlySet<Mac | undefined>;
  /** Two of them are given out by nodes that reach each other: on one connected segment. */
  readonly twice: boolean;
  /** Some client's data is lost. */
  readonly lost: boolean;
  /** Nobody answers although an informed, well placed member of the list lives. */
  readonly stranded: boolean;
}

/** Sums over a run, of the worst address on the worst segment, in ms. */
export interface Figures {
  readonly unansweredMs: number;
  readonly clientMs: number;
  readonly overlapMs: number;
  readonly moves: number;
  /** The longest time without an answer, and with two, at a stretch. */
  readonly longestUnansweredMs: number;
  readonly longestOverlapMs: number;
  readonly longestStrandedMs: number;
}

interface Sum {
  totalMs: number;
  longestMs: number;
  sinceMs: number | undefined;
}

interface Track {
  readonly unanswered: Sum;
  readonly lost: Sum;
  readonly overlap: Sum;
  readonly stranded: Sum;
  holder: number | undefined;
  moves: number;
}

/** Measures a run: between two changes everything stays as it is, so only changes are looked at. */
export class Measure {
  readonly #tracks = new Map<string, Track>();
  #fromMs: number | undefined;

  /** Measures from now on. */
  start(nowMs: number): void {
    this.#fromMs = nowMs;
  }

  /** @param place an address on a segment */
  look(place: string, nowMs: number, { answered, twice, lost, stranded }: Moment): void {
    if (this.#fromMs === undefined) return;
    const track = this.#of(place);
    follow(track.unanswered, nowMs, answered.size === 0);
    follow(track.lost, nowMs, lost);
    follow(track.overlap, nowMs, twice);
    follow(track.stranded, nowMs, stranded);
  }

  /** A node begins to announce the address. */
  announced(place: string, node: number): void {
    const track = this.#of(place);
    if (track.holder !== undefined && track.holder !== node && this.#fromMs !== undefined) track.moves++;
    track.holder = node;
  }

  /** To be asked for once, at the end. */
  figures(nowMs: number): Figures {
    const tracks = [...this.#tracks.values()];
    for (const { unanswered, lost, overlap, stranded } of tracks)
      for (const sum of [unanswered, lost, overlap, stranded]) follow(sum, nowMs, false);
    const most = (of: (track: Track) => number): number => Math.max(0, ...tracks.map(of));
    return {
      unansweredMs: most(({ unanswered }) => unanswered.totalMs),
      clientMs: most(({ lost }) => lost.totalMs),
      overlapMs: most(({ overlap }) => overlap.totalMs),
      moves: most(({ moves }) => moves),
      longestUnansweredMs: most(({ unanswered }) => unanswered.longestMs),
      longestOverlapMs: most(({ overlap }) => overlap.longestMs),
      longestStrandedMs: most(({ stranded }) => stranded.longestMs),
    };
  }

  #of(place: string): Track {
    const known = this.#tracks.get(place);
    if (known !== undefined) return known;
    const sums = { unanswered: none(), lost: none(), overlap: none(), stranded: none() };
    const track = { ...sums, holder: undefined, moves: 0 };
    this.#tracks.set(place, track);
    return track;
  }
}

function none(): Sum {
  return { totalMs: 0, longestMs: 0, sinceMs: undefined };
}

function follow(sum: Sum, nowMs: number, holds: boolean): void {
  if (sum.sinceMs !== undefined && !holds) {
    const lastedMs = nowMs - sum.sinceMs;
    sum.totalMs += lastedMs;
    sum.longestMs = Math.max(sum.longestMs, lastedMs);
  }
  if (!holds) sum.sinceMs = undefined;
  else sum.sinceMs ??= nowMs;
}
