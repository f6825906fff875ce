import type { KubeEvent } from "@fairlead/kube/events.ts";
import type { Lab } from "../../lab/lab.ts";

/**
 * Waits for an Event of this reason about an object.
 *
 * @param name of the object
 * @param sinceMs of no earlier time, ms since 1970
 * @param mentioned what it says among other things
 * @returns what it says
 */
export function eventAbout(
  lab: Lab,
  kind: string,
  name: string,
  reason: string,
  sinceMs = 0,
  mentioned = "",
): Promise<string> {
  return lab.waitFor(`an Event ${reason} about ${kind} ${name} ${mentioned}`.trimEnd(), async (see) => {
    const { items } = await lab.api.get<{ items: readonly KubeEvent[] }>("/apis/events.k8s.io/v1/events");
    const about = items.filter(
      ({ regarding, eventTime }) =>
        regarding.kind === kind && regarding.name === name && Date.parse(eventTime) >= sinceMs,
    );
    see(about.map((event) => `${event.reason}: ${event.note}`));
    return about.findLast((event) => event.reason === reason && event.note.includes(mentioned))?.note;
  });
}
