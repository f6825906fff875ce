import type { Service } from "@fairlead/api/core/service.ts";
import { installationReady } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";
import { settled } from "./audit.ts";
import { advertisement, type Manifest, pool, service, web } from "./objects.ts";
import { rolledOut } from "./served.ts";
import { address, addressesOf, announcer, apply, condition, paths, reset, virtualIPs } from "./steps.ts";

/** Services that have all addresses of the pool "lan" between them. */
export const HOLDERS = ["holder-1", "holder-2", "holder-3"];
/** Services that wait for one of these. */
export const WAITING = ["waiting-1", "waiting-2"];
/** Has an address, and nobody answers for it. */
export const NOWHERE = "nowhere";
/** What a Service differs in that gets an address beside them, which shows that the controller works. */
export const FROM_SPARE = { annotations: { "fairlead.dev/address-pool": "spare" } };

const POOLS = [
  pool("lan", { addresses: ["198.51.100.200-198.51.100.202"] }),
  pool("spare", { addresses: ["198.51.100.210-198.51.100.239"], autoAssign: false }),
  advertisement("all", {}),
];

/** Everything of it as it is applied. */
export const FULL_POOL: readonly Manifest[] = [
  ...POOLS,
  web(),
  ...[...HOLDERS, ...WAITING].map((name) => service(name)),
  service(NOWHERE, { app: "nobody", ...FROM_SPARE }),
];

/** Makes all that and waits until nothing of it changes any more. */
export async function fillPool(lab: Lab): Promise<void> {
  await reset(lab);
  await apply(lab, ...POOLS, web());
  await rolledOut(lab, "web");
  await apply(lab, ...HOLDERS.map((name) => service(name)));
  for (const name of HOLDERS) await announcer(lab, await address(lab, name));
  await apply(lab, ...FULL_POOL);
  for (const name of WAITING) {
    const wanted = { type: "fairlead.dev/Allocated", status: "False", reason: "PoolExhausted" };
    await condition(lab, paths.service(name), wanted);
  }
  const nowhere = paths.virtualIP(await address(lab, NOWHERE));
  await condition(lab, nowhere, { type: "Announced", status: "False", reason: "NoEndpoints" });
  await installationReady(lab);
  await settled(lab);
}

/** What may not change unless somebody asks for it. */
export interface Inventory {
  /** Of those that have one. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The resourceVersion of each Service and each VirtualIP, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export async function inventory(lab: Lab): Promise<Inventory> {
  const versions: Record<string, string> = {};
  const addresses: Record<string, string> = {};
  for (const name of [...HOLDERS, ...WAITING, NOWHERE]) {
    const object = await lab.api.get<Service>(paths.service(name));
    versions[name] = object.metadata.resourceVersion ?? "";
    for (const each of addressesOf(object)) addresses[name] = each;
  }
  const held = Object.values(addresses);
  for (const { metadata } of await virtualIPs(lab)) {
    if (held.includes(metadata.name)) versions[metadata.name] = metadata.resourceVersion ?? "";
  }
  return { addresses, versions };
}

/** A new Service gets an address, so whoever leads now has looked at everything that it found. */
export async function controllerDecides(lab: Lab, name: string): Promise<string> {
  await apply(lab, service(name, FROM_SPARE));
  return await address(lab, name);
}
