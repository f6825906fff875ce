/** The times of the protocol, in ms; docs/takeover.md says what they are for. */
export const TIMING = {
  /** H: between heartbeats to active stand-ins, and between beats of the machine's own pulse. */
  beat: 100,
  /** Who heard a heartbeat this recently hears the holder. */
  hears: 350,
  /** So much later than my own last heartbeat another's must be to prove that mine are lost, not that the holder died. */
  heardLater: 150,
  /** To the reserve. */
  reserveBeat: 1000,
  /** A stand-in is active only if it acknowledged a heartbeat this recently. */
  acknowledged: 3500,
  /** A heartbeat is acknowledged at most this often. */
  acknowledge: 450,
  /** A displaced holder is beaten at most this long. */
  displaced: 600_000,
  /** A confirm round, and its probes. */
  round: 100,
  volleys: [0, 30, 60],
  /** Before an address is announced for the very first time (RFC 5227 2.1.1, shortened). */
  firstRound: 600,
  firstVolleys: [0, 200, 400],
  /** Between confirm rounds that decide nothing. */
  recheck: 350,
  /** A plan must have been confirmed by a round this recently. */
  planConfirmed: 800,
  /** For each better stand-in that was silent in the round; once if one of them answered. */
  rankSilent: 50,
  rankAnswered: 300,
  kernelPoll: 100,
  kernelDead: 350,
  caretakeCheck: 1000,
  caretakeLimit: 30_000,
  caretakeRank: 300,
  learn: 300,
  learnQueries: [0, 100, 200],
  /** An own pulse that is later than this was a stall. */
  stallFence: 250,
  /**
   * A stand-in suspects 350 ms after the last heartbeat, which may be 100 ms older than the beat that is late, and asks for 100 ms more: a
   * shorter stall has cost an address less than 90 ms ago if at all, and the CLAIM that says so waits to be read.
   */
  doubtFence: 340,
  doubt: 100,
  doubtQueries: [0, 40],
  vacancy: 1000,
  vacancyRank: 400,
  vacancyRetries: [1000, 2000, 4000, 8000],
  /** In each so many addresses at most are asked about that nobody is known to announce: see Vacancies. */
  askPace: 100,
  /** A placed owner that does not see the anchor looks again. */
  placedRetry: 1000,
  /** How long an answer about one's own sight may take. */
  look: 60,
  lookVolleys: [0, 25],
  /** CLAIM until it is acknowledged; then doubling up to the last. */
  claimRepeats: [0, 60, 150, 400, 900],
  claimSlowest: 32_000,
  yieldRepeats: [0, 70, 140],
  offerNext: 75,
  /** Drain and loss of carrier: how long somebody is looked for. */
  offerFor: 2000,
  provisionalCheck: 1000,
  /** Answers to the same peer in one matter. */
  answerGap: 50,
  /** Between bursts of gratuitous frames for one address that others give cause for. */
  burstGap: 900,
  /** A segment path that was silent this long and is back makes the holder announce again. */
  pathBack: 2500,
  wireSilent: 1000,
  defendGap: 10_000,
  challenge: 100,
  challengeGap: 10_000,
  anchorWatch: 5000,
  anchorTries: 13,
  anchorGap: 200,
  /** Between two offers of everything because this node sees or reaches too little. */
  offeredAgain: 60_000,
  nodePathCheck: 1000,
  /** Acknowledged on the segment, and for so long by nobody on the node path. */
  nodePathLost: 3000,
  /** For so long an answer on the node path is waited for before everything is offered. */
  nodePathLastAnswer: 300,
  /** A path is well on which somebody was heard this recently: even the reserve is beaten once a second. */
  pathWell: 1500,
  healthEases: 10_000,
  /** Between queries for the whole set of a holder. */
  pagesGap: 500,
} as const;

/** The highest local health: suspicions of mine that proved wrong make me slower, by so many times at most. */
export const WORST_HEALTH = 3;

/** How many addresses stand for all of a holder in a confirm round. */
export const SAMPLES = 3;
