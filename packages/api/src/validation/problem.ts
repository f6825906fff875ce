/** One thing that is wrong, or odd, in an object. */
export interface Problem {
  /** Path of the field: `spec.addresses[2]`. */
  readonly field: string;
  /** The value found there, as JSON text; at most 200 characters of it. */
  readonly value: string;
  /** What is wrong, quoting the offending part, and what to do. */
  readonly message: string;
}

/** What could be read of an object. */
export interface Reading<T> {
  /** What is right of it. */
  readonly value: T;
  /** What is wrong, in the order of the fields; the value does without it. */
  readonly problems: readonly Problem[];
  /** What is accepted but probably not meant. */
  readonly notes: readonly Problem[];
}

/** A problem; `value` is what was found. */
export function problem(field: string, value: unknown, message: string): Problem {
  const text = JSON.stringify(value) ?? "nothing";
  return { field, value: text.length > 200 ? `${text.slice(0, 199)}…` : text, message };
}

/** The problem in one line, as conditions and Events carry it. */
export function problemText({ field, message }: Problem): string {
  return `${field}: ${message}`;
}
