import { open } from "node:fs/promises";
import { errorText } from "@fairlead/runtime/log.ts";
import type { FileBytes } from "./validate/validate.ts";

/** The most that is read of one file. */
const MOST_BYTES = 16 * 2 ** 20;

/** What became of reading files. */
export interface ReadFiles {
  readonly files: readonly FileBytes[];
  /** Why the others could not be read, each with its name. */
  readonly failures: readonly string[];
}

/** Where files come from. */
export interface FileSource {
  /** @param limit how many bytes are wanted at most */
  read(path: string, limit: number): Promise<Uint8Array>;
}

/** Reads the files, each once. `-` is the standard input. */
export async function readFiles(paths: readonly string[], source: FileSource): Promise<ReadFiles> {
  const files: FileBytes[] = [];
  const failures: string[] = [];
  for (const path of new Set(paths)) {
    const file = path === "-" ? "stdin" : path;
    try {
      const bytes = await source.read(path, MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES)
        failures.push(`${file} has more than ${MOST_BYTES / 2 ** 20} MiB; split it`);
      else files.push({ file, bytes });
    } catch (error) {
      failures.push(`${file} cannot be read: ${reason(error)}`);
    }
  }
  return { files, failures };
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a directory; name the files in it, each with -f";
    case "EACCES":
      return "permission denied";
    default:
      return errorText(error);
  }
}

/** Files of this machine and the standard input. */
export const systemFiles: FileSource = {
  async read(path, limit) {
    if (path === "-") return readStream(process.stdin, limit);
    const handle = await open(path);
    try {
      return await readStream(handle.createReadStream({ autoClose: false, end: limit - 1 }), limit);
    } finally {
      await handle.close();
    }
  },
};

async function readStream(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length >= limit) break;
  }
  return Buffer.concat(parts).subarray(0, limit);
}
