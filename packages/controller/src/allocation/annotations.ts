import { ANNOTATION_PREFIXES, OWN_PREFIX, SERVICE_ANNOTATIONS } from "@fairlead/api/annotations.ts";
import { nearest } from "@fairlead/api/nearest.ts";
import type { Asked } from "./request.ts";

type Annotations = Readonly<Record<string, string>>;

/** An annotation as it was found. */
export interface Found extends Asked<string> {
  /** Whether it stands under an old prefix. */
  readonly legacy: boolean;
}

/** The annotation under the first prefix that has it. Another value under another prefix is told. An empty one counts as absent. */
export function readAnnotation(annotations: Annotations, name: string, notes: string[]): Found | undefined {
  const present = ANNOTATION_PREFIXES.map((prefix) => ({
    prefix,
    key: prefix + name,
    value: annotations[prefix + name]?.trim() ?? "",
  })).filter(({ value }) => value !== "");
  const [first, ...others] = present;
  if (first === undefined) return undefined;
  for (const { key, value } of others) {
    if (value === first.value) continue;
    const note = `annotation ${first.key} says ${JSON.stringify(first.value)} and ${key} says ${JSON.stringify(value)}; the first is followed, remove the other`;
    if (!notes.includes(note)) notes.push(note);
  }
  return { value: first.value, field: `annotation ${first.key}`, legacy: first.prefix !== OWN_PREFIX };
}

/** Keys under our prefixes that nothing reads: every one under our own, near misses under the old ones. */
export function unknownAnnotations(annotations: Annotations): readonly string[] {
  return Object.keys(annotations)
    .sort()
    .flatMap((key) => {
      const prefix = ANNOTATION_PREFIXES.find((one) => key.startsWith(one));
      if (prefix === undefined) return [];
      const name = key.slice(prefix.length);
      if (SERVICE_ANNOTATIONS.includes(name)) return [];
      const near = nearest(name, SERVICE_ANNOTATIONS);
      if (near === undefined && prefix !== OWN_PREFIX) return [];
      const cure = near === undefined ? "remove it" : `did you mean ${prefix}${near}?`;
      return [`annotation ${key} means nothing to Fairlead; ${cure}`];
    });
}
