import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { keyOfAnswer, keyOfQuestion } from "./answer-frames.ts";
import type { AnswerOrder, Flood, FloodAnswers, Spaced, SpacedAnswers } from "./answer-messages.ts";
import { AnswerSocket } from "./answer-socket.ts";
import { monotonicMs } from "./monotonic.ts";

/**
 * Asks by ARP and neighbor discovery and tells how fast the answers come. Runs inside a client's network namespace as
 * `answer-asker.ts INTERFACE-NUMBER`; takes an {@link AnswerOrder}, says a list of {@link SpacedAnswers} or {@link FloodAnswers} in
 * the order of the questions.
 */

/** A question so old is lost. */
const LOST_MS = 1000;
/** A flood without an answer for so long begins anew. */
const DRIED_UP_MS = 20;

let wantedKey = "";
let onAnswer: (() => void) | undefined;
const socket = new AnswerSocket(Number(process.argv[2]), (frame, length) => {
  if (onAnswer !== undefined && keyOfAnswer(frame, length) === wantedKey) onAnswer();
});
const order = JSON.parse(await text(process.stdin)) as AnswerOrder;
const frames = order.questions.map((question) => Uint8Array.from(Buffer.from(question, "hex")));
const { how } = order;
const answers = "rounds" in how ? await askSpaced(how) : await flood(how);
socket.close();
process.stdout.end(JSON.stringify(answers), () => process.exit(0));

async function askSpaced({ rounds, gapMs }: Spaced): Promise<readonly SpacedAnswers[]> {
  const seen = frames.map(() => ({ times: [] as number[], lost: 0 }));
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++)
    for (const [i, frame] of frames.entries()) {
      const took = await ask(frame);
      const one = seen[i];
      if (one !== undefined && round > 0) {
        if (took === undefined) one.lost++;
        else one.times.push(took);
      }
      if (gapMs > 0) await wait(gapMs);
    }
  return seen;
}

/** @returns µs until the answer; undefined if none came */
async function ask(frame: Uint8Array): Promise<number | undefined> {
  wantedKey = keyOfQuestion(frame);
  const began = process.hrtime.bigint();
  return await new Promise((done) => {
    const finish = (took: number | undefined): void => {
      clearTimeout(timer);
      onAnswer = undefined;
      done(took);
    };
    const timer = setTimeout(() => finish(undefined), LOST_MS);
    onAnswer = () => finish(Number(process.hrtime.bigint() - began) / 1000);
    socket.send(frame);
  });
}

async function flood({ forMs, atOnce }: Flood): Promise<readonly FloodAnswers[]> {
  const seen: FloodAnswers[] = [];
  for (const frame of frames) seen.push(await floodWith(frame, forMs, atOnce));
  return seen;
}

async function floodWith(frame: Uint8Array, forMs: number, atOnce: number): Promise<FloodAnswers> {
  let [sent, answered] = [0, 0];
  wantedKey = keyOfQuestion(frame);
  const beganMs = monotonicMs();
  const send = (): void => {
    if (socket.send(frame)) sent++;
  };
  onAnswer = () => {
    answered++;
    send();
  };
  for (let i = 0; i < atOnce; i++) send();
  while (monotonicMs() - beganMs < forMs) {
    const before = answered;
    await wait(DRIED_UP_MS);
    if (answered === before) for (let i = 0; i < atOnce; i++) send();
  }
  const tookMs = monotonicMs() - beganMs;
  onAnswer = undefined;
  // What is still on its way is none of the next question's.
  await wait(DRIED_UP_MS * 5);
  return { sent, answered, tookMs };
}
