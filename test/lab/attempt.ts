/** What is asked of a service from inside a client. */
export type Question =
  | {
      readonly kind: "http";
      readonly url: string;
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "udp"; readonly address: string; readonly port: number; readonly text?: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number };

/** How it is asked. */
export interface AskOptions {
  /** @default 2000 */
  readonly timeoutMs?: number;
  /** One of the client's own addresses to ask from. */
  readonly sourceAddress?: string;
  /**
   * HTTP only: all questions of a prober go over one connection, one after the other; when that breaks, over a new one.
   * @default false: each has a connection of its own
   */
  readonly oneConnection?: boolean;
}

/** Why there was no answer: `timeout`, or the system's code such as `ECONNREFUSED`, `ECONNRESET`, `EHOSTUNREACH`. */
export type NoAnswer = string;

interface Timing {
  /** Milliseconds since 1970, with a fraction. */
  readonly startedAtMs: number;
  readonly elapsedMs: number;
}

/** An answer that came. */
export interface Answered extends Timing {
  readonly ok: true;
  /** HTTP only; 0 otherwise. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, or the datagram. */
  readonly body: string;
  readonly localAddress: string;
  readonly localPort: number;
}

/** One question and what came of it. */
export type Attempt = Answered | (Timing & { readonly ok: false; readonly reason: NoAnswer });

/** What the lab's test pod says of itself and of whom it saw. */
export interface WebAnswer {
  readonly pod: string;
  readonly node: string;
  readonly clientAddress: string;
  readonly clientPort: number;
}

/** Reads the answer of the lab's test pod. @throws Error if the text is another's. */
export function readWebAnswer(text: string): WebAnswer {
  const match = /^pod (\S+)\nnode (\S+)\nclient \[?([0-9a-f.:]+?)\]?:(\d+)\n$/.exec(text);
  const [, pod, node, clientAddress, clientPort] = match ?? [];
  if (pod === undefined || node === undefined || clientAddress === undefined) {
    throw new Error(`not an answer of the lab's test pod: ${JSON.stringify(text.slice(0, 200))}`);
  }
  return { pod, node, clientAddress, clientPort: Number(clientPort) };
}

/** The attempts without an answer, in runs of one reason: how many, why, and when the first and the last began (UTC). */
export function unanswered(attempts: readonly Attempt[]): readonly string[] {
  const runs: { reason: NoAnswer; atMs: number[] }[] = [];
  for (const attempt of attempts.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    if (attempt.ok) continue;
    const { reason, startedAtMs } = attempt;
    const last = runs.at(-1);
    if (last?.reason === reason) last.atMs.push(startedAtMs);
    else runs.push({ reason, atMs: [startedAtMs] });
  }
  return runs.map(({ reason, atMs }) => {
    const [from = 0] = atMs;
    return `${atMs.length} ${reason} ${timeOfDay(from)} to ${timeOfDay(atMs.at(-1) ?? from)}`;
  });
}

function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/**
 * The longest time, in ms, from the start of a failed attempt to the start of the next good one, or to the end of the
 * last failed one if none came.
 */
export function longestOutageMs(attempts: readonly Attempt[]): number {
  let longest = 0;
  let failedSinceMs: number | undefined;
  let endMs = 0;
  for (const attempt of attempts.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    endMs = Math.max(endMs, attempt.startedAtMs + attempt.elapsedMs);
    if (!attempt.ok) {
      failedSinceMs ??= attempt.startedAtMs;
    } else if (failedSinceMs !== undefined) {
      longest = Math.max(longest, attempt.startedAtMs - failedSinceMs);
      failedSinceMs = undefined;
    }
  }
  return failedSinceMs === undefined ? longest : Math.max(longest, endMs - failedSinceMs);
}
