import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { Lab } from "../../lab/lab.ts";
import { type Manifest, reservation, TEST_LABEL } from "./objects.ts";
import { recordOf } from "./sharers.ts";
import { virtualIPNameOf, virtualIPs } from "./steps.ts";

/** A VirtualIP as a person writes it who keeps an address for the Service `namespace/name`. */
export function keptFor(ip: string, service: string, more: object = {}): Manifest {
  const [namespace = "", name = ""] = service.split("/");
  return reservation(virtualIPNameOf(ip), { address: ip, claim: { namespace, name }, ...more });
}

/** What is asked of a VirtualIP: its state, its holders and for whom it is kept, as `namespace/name`. */
export interface Keeping {
  readonly state: string;
  readonly services?: readonly string[];
  readonly claim?: string;
}

/** Waits until the VirtualIP of an address says so. */
export function keeping(lab: Lab, ip: string, { state, services = [], claim }: Keeping): Promise<VirtualIP> {
  return lab.waitFor(`VirtualIP ${ip} is ${state}`, async (see) => {
    const record = await recordOf(lab, ip);
    const { spec, status } = record;
    see({ spec, status });
    const kept = spec.claim && `${spec.claim.namespace}/${spec.claim.name}`;
    return (
      status?.state === state &&
      (spec.services ?? []).join() === services.join() &&
      kept === claim &&
      (state === "Released") === (spec.releasedAt !== undefined) &&
      record
    );
  });
}

/** Waits until there is no VirtualIP of the address. */
export async function gone(lab: Lab, ip: string): Promise<void> {
  await lab.waitFor(`VirtualIP ${ip} is gone`, async (see) => {
    const held = (await virtualIPs(lab)).map(({ spec }) => spec.address);
    see(held);
    return !held.includes(ip);
  });
}

/** Deletes the Services of the tests, then what is kept for any of them, then their pools. */
export async function clear(lab: Lab): Promise<void> {
  const mine = ["-l", TEST_LABEL, "--ignore-not-found", "--wait=true"];
  await lab.kubectl(["delete", "services", "-A", ...mine]);
  await lab.waitFor("no VirtualIP has a holder", async (see) => {
    const held = (await virtualIPs(lab)).filter(({ spec }) => spec.services.length > 0);
    see(held.map(({ spec }) => spec));
    return held.length === 0;
  });
  await lab.kubectl(["delete", "virtualips", "--all", "--wait=true"]);
  await lab.kubectl(["delete", "ipaddresspools", ...mine]);
  await lab.waitFor("no VirtualIP is left", async () => (await virtualIPs(lab)).length === 0);
}
