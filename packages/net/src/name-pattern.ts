/**
 * Whether a name matches one of the patterns. A pattern is a name in which `*` stands for any characters, also none, and `?` for
 * one: `veth*` matches `veth0` and not `eth0`. A pattern without them is a name.
 */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(name, pattern));
}

/** Whether it stands for more than one name. */
export function isPattern(text: string): boolean {
  return text.includes("*") || text.includes("?");
}

/** Goes back to the last `*` only, so that no pattern takes long. */
function matches(name: string, pattern: string): boolean {
  let [at, next] = [0, 0];
  let star: { readonly after: number; readonly from: number } | undefined;
  while (at < name.length) {
    if (pattern[next] === "*") {
      next += 1;
      star = { after: next, from: at };
    } else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === name[at])) {
      at += 1;
      next += 1;
    } else if (star !== undefined) {
      star = { ...star, from: star.from + 1 };
      [at, next] = [star.from, star.after];
    } else return false;
  }
  return [...pattern.slice(next)].every((rest) => rest === "*");
}
