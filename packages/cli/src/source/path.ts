/** The way to a value in an object: keys, and places in lists. */
export type Path = readonly (string | number)[];

/** The path as people write it: `spec.addresses[2]`; a key with dots or slashes in brackets and quotes. */
export function pathText(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^[\w-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join("")
    .replace(/^\./, "");
}

/** Reads the field of a problem as packages/api writes it: `spec.addresses[2]`. */
export function parsePath(text: string): Path {
  return [...text.matchAll(/([^.[\]]+)/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Whether one of the paths leads through, or to, the end of the other. */
export function isNested(a: Path, b: Path): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((part, i) => part === long[i]);
}
