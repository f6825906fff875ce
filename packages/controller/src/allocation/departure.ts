import type { IpAddress } from "@fairlead/net/address.ts";
import type { Current } from "./current.ts";
import { foundInUse } from "./in-use.ts";
import type { KeptAddress } from "./kept.ts";
import type { AddressRequest } from "./request.ts";

/** An address to be let go of. */
export interface Departure {
  readonly address: IpAddress;
  /** Why the Service does not go on with it: a clause without an end. Undefined: it has a better one of the family. */
  readonly why: string | undefined;
}

/** The addresses with which the Service does not go on. */
export function departing(
  request: AddressRequest,
  has: readonly Current[],
  keep: readonly KeptAddress[],
): readonly Departure[] {
  return has.flatMap((one) =>
    keep.includes(one.kept)
      ? []
      : { address: one.kept.address, why: objectionTo(one) ?? wishBeside(request, one.kept.address) },
  );
}

function objectionTo({ kept, clash, inUse, replace }: Current): string | undefined {
  if (!replace) return undefined;
  if (inUse?.waitMs === 0) return foundInUse(kept.address, inUse);
  if (clash === undefined) return kept.fault;
  return `it may not share ${kept.address.text} any more, since ${clash.message}`;
}

/** What the Service asks for instead. */
function wishBeside(
  { families, addresses, pool }: AddressRequest,
  { family, text }: IpAddress,
): string | undefined {
  if (!families.includes(family)) return `it asks for no ${family} address any more`;
  const asked = addresses.find(({ value }) => value.family === family);
  if (asked !== undefined)
    return asked.value.text === text ? undefined : `${asked.field} asks for ${asked.value.text}`;
  return pool && `${pool.field} asks for pool "${pool.value}"`;
}
