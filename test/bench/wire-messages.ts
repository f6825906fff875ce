/** Ask for an IPv4 address until somebody answers, or until nobody does. Replaces an order for the same address. */
export interface WireOrder {
  readonly address: string;
  readonly until: "answered" | "silent";
}

/** What has come true of an address; `atMs` is on the clock of `monotonicMs`. */
export interface WireEvent {
  readonly address: string;
  readonly is: "answered" | "silent";
  /** When the first reply came, or when the first request was sent that stayed unanswered. */
  readonly atMs: number;
}
