import type { ProxyHealth } from "@fairlead/api/speaker.ts";

/** So many answers in a row make a healthy kube-proxy unhealthy, and an unhealthy one healthy. */
export const FAILURES_IN_A_ROW = 4;
export const SUCCESSES_IN_A_ROW = 3;

/** What is known of this node's kube-proxy. */
export interface ProxyRecord {
  readonly health: ProxyHealth;
  /** How many answers in a row have said the contrary. */
  readonly against: number;
}

/**
 * What is known after one more answer. Only what has been healthy can become unhealthy: a cluster in which nothing answers there
 * has no such endpoint, which says nothing of its nodes.
 *
 * @param well whether it said that it is healthy
 */
export function afterAnswer({ health, against }: ProxyRecord, well: boolean): ProxyRecord {
  switch (health) {
    case "Unknown":
      return { health: well ? "Healthy" : "Unknown", against: 0 };
    case "Healthy":
      if (well) return { health, against: 0 };
      return against + 1 < FAILURES_IN_A_ROW
        ? { health, against: against + 1 }
        : { health: "Unhealthy", against: 0 };
    case "Unhealthy":
      if (!well) return { health, against: 0 };
      return against + 1 < SUCCESSES_IN_A_ROW
        ? { health, against: against + 1 }
        : { health: "Healthy", against: 0 };
  }
}
