import { styleText } from "node:util";
import type { Lab } from "../lab/lab.ts";

/** A sentence of the story did not hold. */
export class BrokenStory extends Error {
  override readonly name = "BrokenStory";
}

/** Tells what happens on a terminal, and runs the commands that it shows. */
export class Story {
  readonly #startMs = performance.now();
  #chapter = 0;

  chapter(title: string): void {
    this.#chapter += 1;
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(0);
    console.log(`\n${styleText("bold", `${this.#chapter}. ${title}`)} ${styleText("dim", `(${seconds} s)`)}`);
  }

  say(text: string): void {
    console.log(text);
  }

  /** Runs kubectl in the lab and shows the command with what it printed. */
  async kubectl(lab: Lab, ...args: readonly string[]): Promise<string> {
    this.command(`kubectl ${args.join(" ")}`);
    return this.output(await lab.kubectl(args, { deadlineMs: 150_000 }));
  }

  /** Runs a command on a member of the lab and shows both. */
  async on(lab: Lab, member: string, ...argv: readonly string[]): Promise<string> {
    this.command(`[on ${member}] ${argv.join(" ")}`);
    return this.output((await lab.exec(member, argv)).stdout);
  }

  command(text: string): void {
    console.log(styleText("cyan", `  $ ${text}`));
  }

  output(text: string): string {
    for (const line of text.trimEnd().split("\n")) if (line !== "") console.log(`    ${line}`);
    return text;
  }

  /** Goes on only if it is so. @throws BrokenStory */
  hold(holds: boolean, sentence: string): void {
    if (!holds) throw new BrokenStory(`it does not hold that ${sentence}`);
    console.log(styleText("green", `  ✓ ${sentence}`));
  }
}
