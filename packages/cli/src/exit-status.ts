/** What the program tells by its exit status. */
export const ExitStatus = {
  Fine: 0,
  /** The files hold errors, or the cluster could not be asked. */
  Errors: 1,
  /** `plan`: a Service would change. */
  Changes: 2,
  /** `move`, `drain`: it has not happened yet. */
  NotYet: 2,
  /** `why`: nobody answers, or not for all. */
  NotAnswered: 2,
  /** As in sysexits.h: the command line is wrong. */
  Usage: 64,
  /** As in sysexits.h: a file cannot be read. */
  NoInput: 66,
} as const;

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];
