/** One address to ask for. */
export interface Question {
  readonly address: string;
  /** The frame that asks for it, to all, in hexadecimal. */
  readonly frame: string;
}

/** What the asker is told: first what to ask for, later how fast. */
export interface TurnOrder {
  readonly questions?: readonly Question[];
  /** The MAC of who has the addresses until they turn, as text; absent: nobody has them. */
  readonly from?: string;
  /** Questions for all addresses together. */
  readonly perSecond: number;
}

/** How many addresses were answered with the MAC that has them, and with another one. */
export interface TurnProgress {
  readonly held: number;
  readonly turned: number;
}

/** An address that came to be answered with another MAC; times are on the clock of `monotonicMs`. */
export interface Turn {
  readonly address: string;
  readonly answeredMs: number;
  /** When the last question before that was sent. */
  readonly askedMs: number;
  /** When the last question was sent that had no answer, though it had had time for one. */
  readonly inVainMs?: number;
  /** When somebody told all of it unasked, if that was before the answer. */
  readonly toldMs?: number;
}

/** What the asker says when its standard input ends. */
export interface TurnReport {
  readonly turns: readonly Turn[];
  /** Addresses that nobody with another MAC answered for. */
  readonly left: readonly string[];
  /** When the last answer came with the MAC that had them, on the clock of `monotonicMs`. */
  readonly lastHeldMs?: number;
  /** Questions sent since the pace was last set, and for how long. */
  readonly sent: number;
  readonly sentForMs: number;
  /** Frames that the kernel could not keep for the asker. */
  readonly dropped: number;
}
