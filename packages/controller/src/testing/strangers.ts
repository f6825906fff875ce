import { virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { ADDRESS_IN_USE } from "@fairlead/api/virtual-ip-foreign.ts";
import { holdStateOf, withHoldState } from "@fairlead/api/virtual-ip-state.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Harness } from "./harness.ts";

/** The speakers of a harness, in small, on a LAN on which others have addresses. */
export class Strangers {
  /** MAC addresses by the address that they answer for. */
  readonly macs = new Map<string, string>();
  readonly #harness: Harness;

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** Lets time pass while speakers say what they find. */
  async settle(ms = 2000, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (const one of this.#harness.api.list(virtualIPs)) this.#speak(one);
      await this.#harness.settle(stepMs);
    }
  }

  #speak(one: VirtualIP): void {
    const { spec, status: before = {} } = one;
    const status = holdStateOf(spec) === "Quarantined" ? this.#asked(one) : this.#placed(one);
    if (status === undefined) return;
    const next = withHoldState(one, status, this.#now());
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.#harness.api.edit(virtualIPs, one.metadata.name, (read) => ({ ...read, status: next }));
  }

  #asked({ spec, status = {} }: VirtualIP): VirtualIPStatus {
    const { quietSince, quietOf: _, ...rest } = status;
    const isQuiet = !this.macs.has(spec.address);
    const quietOf = spec.quarantine?.since;
    return isQuiet && quietOf !== undefined
      ? { ...rest, quietSince: quietSince ?? this.#now(), quietOf }
      : rest;
  }

  #placed({ spec, status = {} }: VirtualIP): VirtualIPStatus | undefined {
    const [node] = spec.placement?.nodes ?? [];
    if (node === undefined) return undefined;
    const mac = this.macs.get(spec.address);
    const conditions = (status.conditions ?? []).filter(({ type }) => type !== ANNOUNCED && type !== "Bound");
    const isAnnounced = (status.announcers ?? []).some((one) => one.node === node);
    const say = (is: "True" | "False", reason: string, message: string) => {
      const said = status.conditions?.find(({ type }) => type === ANNOUNCED);
      const lastTransitionTime = said?.status === is ? said.lastTransitionTime : this.#now();
      return [
        { type: ANNOUNCED, status: is, lastTransitionTime, reason, message: `${node}: ${message}` },
        ...conditions,
      ];
    };
    if (mac !== undefined && !isAnnounced) {
      const since = status.foreign?.since ?? this.#now();
      return {
        ...(status.firstAnnounced !== undefined && { firstAnnounced: status.firstAnnounced }),
        announcers: [],
        foreign: { node, interface: "lan0", mac, since },
        conditions: say("False", ADDRESS_IN_USE, `${spec.address} is in use by ${mac}`),
      };
    }
    const epoch = spec.placement?.epoch ?? 0;
    const since = status.announcers?.[0]?.since ?? this.#now();
    return {
      announcers: [{ node, interface: "lan0", mac: "02:00:00:00:00:01", epoch, since }],
      conditions: say("True", "Answering", "answering"),
    };
  }

  #now(): string {
    return rfc3339(this.#harness.clock.wall());
  }
}
