import { join } from "node:path";
import { questionsFrom } from "../e2e/support/questions.ts";
import { interfaceIndex } from "../e2e/support/wire.ts";
import type { Lab } from "../lab/lab.ts";
import type { AnswerOrder, Flood, FloodAnswers, Spaced, SpacedAnswers } from "./answer-messages.ts";

const ASKER = join(import.meta.dirname, "answer-asker.ts");
const CLIENT = "client-1";
const DEADLINE_MS = 300_000;

/** An address that a client on the LAN asks for. */
export interface Question {
  readonly address: string;
  /** The MAC that is asked alone; undefined: everybody is. */
  readonly mac?: string;
}

/** Has the client ask for addresses in turn, so that all of them see the same load of the machine; in the order of the questions. */
export function askSpaced(
  lab: Lab,
  questions: readonly Question[],
  how: Spaced,
): Promise<readonly SpacedAnswers[]> {
  return asked(lab, questions, how);
}

/** Has the client ask for one address after the other as fast as answers come; in the order of the questions. */
export function flood(
  lab: Lab,
  questions: readonly Question[],
  how: Flood,
): Promise<readonly FloodAnswers[]> {
  return asked(lab, questions, how);
}

async function asked<Answers>(
  lab: Lab,
  questions: readonly Question[],
  how: AnswerOrder["how"],
): Promise<readonly Answers[]> {
  const frames = questions.map((question) => Buffer.from(frameOf(lab, question)).toString("hex"));
  const order: AnswerOrder = { questions: frames, how };
  const index = await interfaceIndex(lab, CLIENT);
  const argv = [process.execPath, "--no-warnings", ASKER, String(index)];
  const options = { input: JSON.stringify(order), deadlineMs: DEADLINE_MS };
  const { stdout } = await lab.exec(CLIENT, argv, options);
  return JSON.parse(stdout) as readonly Answers[];
}

function frameOf(lab: Lab, { address, mac }: Question): Uint8Array {
  const ask = questionsFrom(lab, CLIENT);
  if (!address.includes(":")) return ask.arp(address, mac === undefined ? {} : { destination: mac });
  return ask.neighbor(address, mac === undefined ? {} : { destination: mac, to: address });
}
