/** What one piece of noise came to: "Answer", or the reason for which it was dropped. */
export type Outcome = string;

/** Makes one piece of noise, hands it in, and checks what came of it. @throws Violation */
export type Trial = () => Outcome;

/** Something that must never happen; its text has the bytes that made it happen. */
export class Violation extends Error {
  override readonly name = "Violation";
  constructor(what: string, bytes: Uint8Array, options?: ErrorOptions) {
    super(`${what}: ${Buffer.from(bytes).toString("hex")}`, options);
  }
}

/** Runs `work`, whatever it throws being a violation. */
export function neverThrowing<T>(bytes: Uint8Array, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Violation) throw cause;
    throw new Violation(`thrown: ${String(cause)}`, bytes, { cause });
  }
}
