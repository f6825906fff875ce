import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type LedgerView, namespaceOf } from "./holdings.ts";
import { type InUse, inUse } from "./in-use.ts";
import { type KeptAddress, pickCurrent } from "./kept.ts";
import type { Pools } from "./pools.ts";
import type { AddressRequest } from "./request.ts";
import type { Clash } from "./sharing.ts";
import { sharingFault } from "./sharing-fault.ts";

/** An address that the Service has, and what speaks against it. */
export interface Current {
  readonly kept: KeptAddress;
  /** Why the Service may share it no more. */
  readonly clash: Clash | undefined;
  /** Who else on the LAN has it, so that the Service cannot serve with it; one that it asks for itself is waited for. */
  readonly inUse: InUse | undefined;
  /** Whether the Service is to get another one if it can. */
  readonly replace: boolean;
  /** Whether it is to let it go even if it can get no other. */
  readonly leave: boolean;
}

/** The one address of each family with which the Service goes on. */
export type Currents = ReadonlyMap<Family, Current>;

/** What decides upon a Service's present addresses. */
export interface Judgment {
  readonly pools: Pools;
  readonly ledger: LedgerView;
  /** In ms since 1970. */
  readonly nowMs: number;
  /** Notes an objection, and tells whether it has stood long enough. */
  readonly isRipe: (objection: string) => boolean;
}

/** The addresses with which the Service goes on: of several of a family, rather one that need not be replaced. */
export function currentsOf(request: AddressRequest, held: readonly Current[]): Currents {
  const currents = new Map<Family, Current>();
  for (const family of request.families) {
    const all = held.filter(({ kept }) => kept.address.family === family);
    const sound = all.filter(({ replace }) => !replace);
    const kept = pickCurrent(
      (sound.length > 0 ? sound : all).map((one) => one.kept),
      family,
      request,
    );
    const current = all.find((one) => one.kept === kept);
    if (current !== undefined) currents.set(family, current);
  }
  return currents;
}

/** How an objection begins that is about sharing. */
export const SHARING_OBJECTION = "sharing";

/** What speaks against an address. One that the Service does not show yet costs it nothing: that is not waited with. */
export function judged(
  kept: KeptAddress,
  request: AddressRequest,
  { ledger, pools, nowMs, isRipe }: Judgment,
): Current {
  const { text } = kept.address;
  const clash = sharingFault(kept, request, ledger, pools);
  const parted = clash !== undefined && (!kept.told || isRipe(`${SHARING_OBJECTION} ${clash.kind} ${text}`));
  const renumbered = kept.renumber && isRipe(`invalid ${text}`);
  const leave = parted && (clash.kind === "Ports" || !kept.told);
  const found = isWished(kept, request) ? undefined : inUse(ledger, kept.address, nowMs);
  const replace = parted || renumbered || found?.waitMs === 0;
  return { kept, clash, inUse: found, replace, leave };
}

/** Whether it is this very address that the Service asks for, or that a person keeps for it. */
function isWished({ address, claimed }: KeptAddress, { addresses }: AddressRequest): boolean {
  return claimed || addresses.some(({ value }) => value.text === address.text);
}

/** The addresses that stay as they are. */
export function stayingOf(currents: Currents): readonly IpAddress[] {
  return [...currents.values()].flatMap(({ kept, replace }) => (replace ? [] : kept.address));
}

/** The pool of which the Service's namespace gets an address back for another one: none, if others there hold it too. */
export function returnedPool(
  current: Current | undefined,
  { service, namespace }: AddressRequest,
  ledger: LedgerView,
): string | undefined {
  if (current === undefined) return undefined;
  const { address, recordedPool } = current.kept;
  const stays = ledger
    .sharing(address)
    .some((one) => one.service !== service && namespaceOf(one.service) === namespace);
  return stays ? undefined : recordedPool;
}
