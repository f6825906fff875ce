import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

/** What takes an edit of a pool or of the Service, whatever addresses are let go of; each of these has everybody or the Service looked at. */
const INCURABLE: ReadonlySet<Refusal["reason"]> = new Set([
  "AddressNotInAnyPool",
  "BadRequest",
  "Contradiction",
  "FamilyNotAvailable",
  "ForeignAddress",
  "NoPools",
  "NotAdmitted",
  "PoolDisabled",
  "PoolNotFound",
  "StatusContested",
]);

/** The families of which an address that others let go of might help the Service. */
export function lackedBy(
  { families, need, addresses }: AddressRequest,
  keep: readonly { readonly address: IpAddress; readonly renumber: boolean }[],
  results: readonly { readonly family: Family; readonly refusal: Refusal | undefined }[],
): readonly Family[] {
  // From which pool an address that it asks for is to be had depends on who has it.
  const asks = (family: Family): boolean => addresses.some(({ value }) => value.family === family);
  const lacked = families.filter(
    (family) =>
      keep.some(({ address, renumber }) => renumber && address.family === family) ||
      results.some(
        ({ family: its, refusal }) =>
          its === family && refusal !== undefined && (asks(family) || !INCURABLE.has(refusal.reason)),
      ),
  );
  // Of what is given whole or not at all one family depends on the other.
  return need === "all" && lacked.length > 0 ? families : lacked;
}
