import { changesAddresses } from "@fairlead/controller/allocation/plan.ts";
import { hasChanges, type Planned } from "./planned.ts";

/** The plan for programs. Fields are only ever added. */
export function planJson(planned: Planned): string {
  const document = {
    changed: hasChanges(planned),
    services: planned.services,
    changes: planned.changes.map((change) => ({
      service: change.service,
      kind: change.kind,
      addressesChange: changesAddresses(change),
      now: change.now.map(({ text }) => text),
      planned: change.then.map(({ text }) => text),
      why: change.why,
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
