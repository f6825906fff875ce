/** Why a frame on an echo socket was not answered. */
export const ECHO_DROP_REASONS = [
  "Short",
  "VlanTagged",
  "NotEcho",
  "NotForUs",
  "OwnFrame",
  "BadLength",
  "Options",
  "Fragment",
  "NotAnnounced",
  "Caretaken",
  "Silent",
  "KernelAnswers",
  "BadSource",
  "BadChecksum",
  "Looped",
  "RateLimited",
] as const;
export type EchoDropReason = (typeof ECHO_DROP_REASONS)[number];

/** "Answer": the frame has been turned into its answer. */
export type EchoVerdict = "Answer" | EchoDropReason;
