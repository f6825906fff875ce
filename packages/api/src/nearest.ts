/** The word that is meant, if it is clear: one that differs in case, dashes or at most a third of its letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: { readonly one: string; readonly distance: number } | undefined;
  for (const one of known) {
    const distance = editDistance(plain(word), plain(one));
    if (distance > Math.min(4, Math.floor(one.length / 3))) continue;
    if (best === undefined || distance < best.distance) best = { one, distance };
  }
  return best?.one;
}

function plain(word: string): string {
  return word.slice(0, 64).toLowerCase().replaceAll(/[-_.]/g, "");
}

/** Insertions, deletions and replacements from one word to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
