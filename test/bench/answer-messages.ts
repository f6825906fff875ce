/** What the asker is told to find out: one JSON object on its standard input. */
export interface AnswerOrder {
  /** Frames in hexadecimal, asked for in turn. */
  readonly questions: readonly string[];
  readonly how: Spaced | Flood;
}

/** One question at a time. */
export interface Spaced {
  readonly rounds: number;
  /** Between an answer and the next question. */
  readonly gapMs: number;
}

/** Each question by itself, again and again, as fast as answers come. */
export interface Flood {
  readonly forMs: number;
  /** Questions on the way at once. */
  readonly atOnce: number;
}

/** What was seen of one question of {@link Spaced}. */
export interface SpacedAnswers {
  /** From question to answer, in µs. */
  readonly times: readonly number[];
  /** Questions that nobody answered within a second. */
  readonly lost: number;
}

/** What was seen of one question of {@link Flood}. */
export interface FloodAnswers {
  readonly sent: number;
  readonly answered: number;
  readonly tookMs: number;
}
