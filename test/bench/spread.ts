import type { Course } from "./crowd.ts";
import { quantiles } from "./quantiles.ts";
import type { Row } from "./table.ts";

/** The head of a table of {@link spread}s. */
export const SPREAD_HEAD: Row = ["seconds", "first", "half", "p99", "all"];

/** When the first, half, 99 % and all had come that far, in seconds. @param times in ms */
export function spread(title: string, times: readonly number[]): Row {
  const { p50, p99 } = quantiles(times);
  const seconds = [Math.min(...times), p50, p99, Math.max(...times)];
  return [title, ...seconds.map((ms) => (ms / 1000).toFixed(2))];
}

/** When a Service came that far, and since when that is counted. */
type Moment = Exclude<keyof Course, "address">;

/** From one moment of each Service to another of the same one, in ms. */
export function between(courses: Iterable<Course>, from: Moment, to: Moment): readonly number[] {
  return [...courses].flatMap((course) => {
    const [begun, ended] = [course[from], course[to]];
    return begun === undefined || ended === undefined ? [] : [ended - begun];
  });
}

/** From one time to a moment of each Service, in ms. */
export function since(courses: Iterable<Course>, fromMs: number, to: Moment): readonly number[] {
  return [...courses].flatMap((course) => (course[to] === undefined ? [] : [course[to] - fromMs]));
}
