/** One step of a long job and how long it took elsewhere. */
export interface Step {
  readonly name: string;
  readonly seconds: number;
}

const PRIOR = 20;

/** The line that tells how far a job of several steps is. Times in seconds. */
export function progressLine(
  steps: readonly Step[],
  current: number,
  elapsed: number,
  elapsedInStep: number,
): string {
  const expected = (from: number, to: number): number =>
    steps.slice(from, to).reduce((sum, { seconds }) => sum + seconds, 0);
  // The first steps tell little, so the estimate counts as if some seconds had gone exactly as expected.
  const pace = (elapsed - elapsedInStep + PRIOR) / (expected(0, current) + PRIOR);
  const inStep = Math.max((steps[current]?.seconds ?? 0) * pace - elapsedInStep, 0);
  const left = Math.ceil(inStep + expected(current + 1, steps.length) * pace);
  const name = steps[current]?.name ?? "";
  return `part ${current + 1} of ${steps.length}, ${name}: ${Math.round(elapsed)} s, about ${left} s left`;
}

/** Shows a progress line: rewritten in place on a terminal, once per step and every 30 s elsewhere. */
export class Progress {
  readonly #steps: readonly Step[];
  readonly #terminal: boolean;
  readonly #write: (text: string) => void;
  readonly #startMs = performance.now();
  #current = -1;
  #stepStartMs = this.#startMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { steps: readonly Step[]; terminal: boolean; write: (text: string) => void }) {
    this.#steps = options.steps;
    this.#terminal = options.terminal;
    this.#write = options.write;
  }

  /** The next step begins. */
  next(): void {
    this.#current += 1;
    this.#stepStartMs = performance.now();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#show(), this.#terminal ? 500 : 30_000);
    this.#show();
  }

  /** The job is over, well or not. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#terminal) this.#write("\n");
  }

  #show(): void {
    const now = performance.now();
    const seconds = (sinceMs: number): number => (now - sinceMs) / 1000;
    const line = progressLine(this.#steps, this.#current, seconds(this.#startMs), seconds(this.#stepStartMs));
    this.#write(this.#terminal ? `\r\x1b[K${line}` : `${line}\n`);
  }
}
