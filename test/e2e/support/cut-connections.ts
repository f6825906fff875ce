import { type Attempt, unanswered } from "../../lab/attempt.ts";
import { type Claim, toldMac } from "./wire.ts";

/** When an address went from one MAC to another: not before `fromMs` and not after `toMs`, ms since 1970. */
export interface Switch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** For how much the clocks of two observers may differ, in ms. */
const CLOCKS_MS = 20;

/** Of the connections to one address, opened 20 ms apart, no more have their handshake under way in one switch. */
const MOST_CUT = 2;

/** When an address was first told to be at this MAC, as a switch; empty if it never was. @param claims what a client heard of it */
export function switchTo(claims: readonly Claim[], mac: string): readonly Switch[] {
  const first = claims.find((claim) => toldMac(claim) === mac);
  return first === undefined ? [] : [{ fromMs: first.timeMs, toMs: first.timeMs }];
}

/** When an address was told to be at another MAC than before. */
export function switchesIn(
  answers: readonly { readonly atMs: number; readonly mac: string }[],
): readonly Switch[] {
  return answers.flatMap(({ atMs, mac }, i) => {
    const last = answers[i - 1];
    return last === undefined || last.mac === mac ? [] : [{ fromMs: last.atMs, toMs: atMs }];
  });
}

/**
 * The attempts at one address that failed, as {@link unanswered} words them, but for up to two connections that were being opened in the
 * moment in which it went to another node. The old node took their SYN, the client sends its ACK to the new one, which knows nothing of
 * them and resets them, as it does every connection that is open then (docs/layer2.md, Limits). Prints how many there were.
 */
export function failedApart(attempts: readonly Attempt[], switches: readonly Switch[]): readonly string[] {
  const cut = new Set(
    switches.flatMap((moment) => attempts.filter((one) => isCut(one, moment)).slice(0, MOST_CUT)),
  );
  if (cut.size > 0)
    console.log(`      cut while they were opened, when the address moved: ${cut.size} connection(s)`);
  return unanswered(attempts.filter((one) => !cut.has(one)));
}

function isCut(attempt: Attempt, { fromMs, toMs }: Switch): boolean {
  if (attempt.ok || attempt.reason !== "ECONNRESET") return false;
  const { startedAtMs, elapsedMs } = attempt;
  return startedAtMs <= toMs + CLOCKS_MS && startedAtMs + elapsedMs >= fromMs - CLOCKS_MS;
}
