import type { Service } from "@fairlead/api/core/service.ts";
import type { Move, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { EventRecorder } from "@fairlead/kube/events.ts";

/** Tells those who hold an address that it has moved, each with one Event; the speaker that it came to tells it on the VirtualIP. */
export class MoveTelling {
  readonly #events: Pick<EventRecorder, "record">;
  readonly #service: (key: string) => Service | undefined;

  constructor(dependencies: {
    readonly events: Pick<EventRecorder, "record">;
    readonly service: (key: string) => Service | undefined;
  }) {
    this.#events = dependencies.events;
    this.#service = dependencies.service;
  }

  tell({ spec }: VirtualIP, { from, to, by, reason }: Move): void {
    const who = by === "Controller" ? "moved" : "was passed on by the speakers";
    const note = `${spec.address} ${who} from node ${from} to node ${to}: ${reason}.`;
    for (const key of spec.services ?? []) {
      const regarding = this.#service(key);
      if (regarding === undefined) continue;
      this.#events.record({ regarding, type: "Normal", reason: "Moved", action: "Announce", note });
    }
  }
}
