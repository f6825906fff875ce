import type { FileSource } from "../read-files.ts";

/** Files in memory, by path; any other does not exist. */
export function memoryFiles(texts: Readonly<Record<string, string>>): FileSource {
  return {
    async read(path, limit) {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return new TextEncoder().encode(text).subarray(0, limit);
    },
  };
}
