import type { Lab } from "../../lab/lab.ts";

/** What the API server counts as one series of `apiserver_request_total`. */
interface Series {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** Number of requests by series, as JSON of {@link Series}. */
export type RequestCounts = ReadonlyMap<string, number>;

/** Which series are meant; what is absent may be anything. */
export interface Selection {
  readonly verb: RegExp;
  readonly group?: string;
  readonly resource?: string;
}

/** What the API server has counted since it was started, whoever asked. A watch is counted when it ends. */
export async function requestCounts(lab: Lab): Promise<RequestCounts> {
  const { text } = await lab.api.send("GET", "/metrics");
  const counts = new Map<string, number>();
  for (const [, labels = "", count] of text.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const labelled = (label: string): string =>
      new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const series: Series = {
      verb: labelled("verb"),
      group: labelled("group"),
      resource: labelled("resource"),
    };
    const key = JSON.stringify(series);
    counts.set(key, (counts.get(key) ?? 0) + Number(count));
  }
  if (counts.size === 0) throw new Error("the API server shows no apiserver_request_total");
  return counts;
}

/** How many there were between two looks. */
export function since(before: RequestCounts, after: RequestCounts): RequestCounts {
  return new Map([...after].map(([series, count]) => [series, count - (before.get(series) ?? 0)]));
}

export function totalOf(counts: RequestCounts, { verb, group, resource }: Selection): number {
  return [...counts].reduce((sum, [key, count]) => {
    const series = JSON.parse(key) as Series;
    const meant =
      verb.test(series.verb) &&
      (group ?? series.group) === series.group &&
      (resource ?? series.resource) === series.resource;
    return meant ? sum + count : sum;
  }, 0);
}
