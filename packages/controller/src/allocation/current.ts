import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { type LedgerView, namespaceOf } from "./holdings.ts";
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
  { ledger, pools, isRipe }: Judgment,
): Current {
  const { text } = kept.address;
  const clash = sharingFault(kept, request, ledger, pools);
  const parted = clash !== undefined && (!kept.told || isRipe(`${SHARING_OBJECTION} ${clash.kind} ${text}`));
  const renumbered = kept.renumber && isRipe(`invalid ${text}`);
  const leave = parted && (clash.kind === "Ports" || !kept.told);
  return { kept, clash, replace: parted || renumbered, leave };
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
