import { parseDurationMs } from "../duration.ts";
import type { LabelSelector } from "../label-selector.ts";
import { compileSelector } from "../label-selector-match.ts";
import { type Problem, problem } from "./problem.ts";

/** Fields of one object, read with their types checked; what is wrong is collected. */
export class Fields {
  readonly problems: Problem[] = [];
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(object: unknown, path: string) {
    this.#object = isRecord(object) ? object : {};
    this.#path = path;
    if (object !== undefined && object !== null && !isRecord(object)) {
      this.problems.push(
        problem(path, object, `${JSON.stringify(object)} is not an object; write its fields below it`),
      );
    }
  }

  /** The object of a field, or undefined if there is none. */
  inner(name: string): Fields | undefined {
    const value = this.#object[name];
    return value === undefined || value === null ? undefined : new Fields(value, this.path(name));
  }

  path(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  /** @param unreadable what holds if the field is there and is no boolean */
  boolean(name: string, absent: boolean, unreadable: boolean): boolean {
    const value = this.#object[name];
    if (value === undefined || value === null) return absent;
    if (typeof value === "boolean") return value;
    this.wrong(name, value, "write true or false");
    return unreadable;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    this.wrong(name, value, `write a whole number from ${least} to ${most}`);
    return undefined;
  }

  /** One of `values`. @param otherwise what holds if the field is absent, and if it holds something else */
  choice<const Value extends string, Absent extends Value | undefined>(
    name: string,
    values: readonly Value[],
    otherwise: { readonly absent: Absent; readonly unreadable: Value },
  ): Value | Absent {
    const value = this.#object[name];
    if (value === undefined || value === null) return otherwise.absent;
    const known = values.find((one) => one === value);
    if (known !== undefined) return known;
    this.wrong(name, value, `write ${values.join(" or ")}`);
    return otherwise.unreadable;
  }

  /** A duration in ms, or undefined if the field is absent or cannot be read. */
  durationMs(name: string): number | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") {
      this.wrong(name, value, 'write a duration such as "10m"');
      return undefined;
    }
    const read = parseDurationMs(value);
    if (read.ok) return read.value;
    this.problems.push(problem(this.path(name), value, read.error));
    return undefined;
  }

  list(name: string): readonly unknown[] {
    const value = this.#object[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.wrong(name, value, "write a list");
    return [];
  }

  /** Every text of the list: one that is no valid name selects nothing, but its presence still restricts. */
  names(name: string): readonly string[] {
    const texts: string[] = this.#isNoList(name) ? [JSON.stringify(this.#object[name])] : [];
    this.list(name).forEach((value, i) => {
      const field = `${name}[${i}]`;
      if (typeof value !== "string" || value === "") this.wrong(field, value, "write a name");
      else if (texts.includes(value)) this.wrong(field, value, "is listed twice; remove one");
      texts.push(typeof value === "string" ? value : JSON.stringify(value));
    });
    return [...new Set(texts)];
  }

  /** Every selector of the list: one that is wrong matches nothing, but its presence still restricts. */
  selectors(name: string): readonly LabelSelector[] {
    const selectors = this.list(name).map((value, i) => this.selectorOf(value, `${name}[${i}]`));
    return this.#isNoList(name) ? [MATCHES_NOTHING] : selectors;
  }

  /** @param field name of the field that holds `value`, relative to this object */
  selectorOf(value: unknown, field: string): LabelSelector {
    const selector = asSelector(value);
    if (selector === undefined) {
      this.wrong(field, value, "write a selector with matchLabels or matchExpressions");
      return MATCHES_NOTHING;
    }
    const compiled = compileSelector(selector);
    if (compiled.ok) return selector;
    this.problems.push(problem(this.path(field), value, compiled.error));
    return MATCHES_NOTHING;
  }

  #isNoList(name: string): boolean {
    const value = this.#object[name];
    return value !== undefined && value !== null && !Array.isArray(value);
  }

  /** Notes that `value` in `field` is not what it should be. */
  wrong(field: string, value: unknown, cure: string): void {
    const verb = /^is /.test(cure) ? cure : `is not right; ${cure}`;
    this.problems.push(problem(this.path(field), value, `${JSON.stringify(value) ?? "nothing"} ${verb}`));
  }
}

/** Stands for a selector that cannot be read. */
export const MATCHES_NOTHING: LabelSelector = {
  matchExpressions: [
    { key: "none", operator: "Exists" },
    { key: "none", operator: "DoesNotExist" },
  ],
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it has the shape of a selector; what its texts may be is checked by {@link compileSelector}. */
function asSelector(value: unknown): LabelSelector | undefined {
  if (!isRecord(value)) return undefined;
  const { matchLabels, matchExpressions } = value;
  if (matchLabels !== undefined && matchLabels !== null && !isRecord(matchLabels)) return undefined;
  if (matchExpressions !== undefined && matchExpressions !== null) {
    if (!Array.isArray(matchExpressions)) return undefined;
    if (
      !matchExpressions.every(
        (one) => isRecord(one) && (one.values === undefined || Array.isArray(one.values)),
      )
    )
      return undefined;
  }
  return value as LabelSelector;
}
