import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import { errorText, type Log } from "@fairlead/runtime/log.ts";
import { cacheText, type Known, NOTHING_KNOWN, readCache } from "./cache.ts";

const WRITE_AFTER_MS = 100;
/** With many addresses a write takes long: it may take this part of the time at most. */
const MOST_SHARE = 0.05;

export interface CacheFileOptions {
  /** Where it lies; empty: nowhere, and nothing is remembered. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The file in which a speaker leaves the next process on this node what it knew. It never stops anything. */
export class CacheFile {
  readonly #options: CacheFileOptions;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #known: (() => Known) | undefined;
  #lastTookMs = 0;
  #failed = false;

  constructor(options: CacheFileOptions) {
    this.#options = options;
  }

  /** What the last process left; nothing if there was none, or if it cannot be read. */
  read(): Known {
    if (this.#options.folder === "") return NOTHING_KNOWN;
    try {
      return readCache(readFileSync(this.#path(), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.#options.log.warn("cache not usable", { file: this.#path(), error: errorText(error) });
      return NOTHING_KNOWN;
    }
  }

  /** Something changed. @param known what is known when it is written, a moment later */
  changed(known: () => Known): void {
    if (this.#options.folder === "") return;
    this.#known = known;
    const waitMs = Math.max(WRITE_AFTER_MS, this.#lastTookMs / MOST_SHARE);
    this.#timer ??= this.#options.clock.after(waitMs, () => this.#flush());
  }

  /** Writes what is not written yet; resolves when that is done. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#flush();
    await this.#writing;
  }

  #flush(): void {
    const known = this.#known;
    this.#timer = undefined;
    this.#known = undefined;
    if (known !== undefined) this.#writing = this.#writing.then(() => this.#write(known));
  }

  async #write(known: () => Known): Promise<void> {
    const path = this.#path();
    const beganMs = this.#options.clock.nowMs();
    try {
      // What a process left that died while it wrote would keep its mode.
      await rm(`${path}.new`, { force: true });
      await writeFile(`${path}.new`, cacheText(known()), { mode: 0o600, flag: "wx" });
      await rename(`${path}.new`, path);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#options.log.warn("cache not written", { file: path, error: errorText(error) });
      this.#failed = true;
    }
    this.#lastTookMs = this.#options.clock.nowMs() - beganMs;
  }

  #path(): string {
    return join(this.#options.folder, "known.json");
  }
}
