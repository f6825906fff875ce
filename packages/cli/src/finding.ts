/** Which object a finding is about, as far as it says so itself. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** One thing that is wrong (`error`) or to be known (`note`) about a file. */
export interface Finding {
  readonly severity: "error" | "note";
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Undefined if it is about the file or a document that is no object. */
  readonly object?: ObjectName;
  /** Path of the field: `spec.addresses[2]`. */
  readonly field?: string;
  /** What was found there, as JSON text, at most 200 characters of it. */
  readonly value?: string;
  /** What is wrong, quoting the offending part, and what to do. */
  readonly message: string;
}

/** The object as people name it: `Service "shop/web"`. */
export function objectText({ kind, namespace, name }: ObjectName): string {
  if (name === undefined) return kind;
  return `${kind} ${JSON.stringify(namespace === undefined ? name : `${namespace}/${name}`)}`;
}
