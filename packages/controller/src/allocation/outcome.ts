import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { compareAddresses } from "@fairlead/net/address.ts";
import type { Grant } from "./choose.ts";
import type { AllocationReason, Outcome, Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

interface Kept {
  readonly address: IpAddress;
  readonly pool: string | undefined;
  readonly inPool: boolean;
}

interface Refused {
  readonly family: Family;
  readonly refusal: Refusal | undefined;
}

/** Says what a Service ends with and what it lacks. */
export function outcomeOf(
  request: AddressRequest,
  keep: readonly Kept[],
  take: readonly Grant[],
  results: readonly Refused[],
): Outcome {
  const refused = results.filter(({ refusal }) => refusal !== undefined);
  const has = [...keep, ...take.map((grant) => ({ ...grant, inPool: true }))].sort((a, b) =>
    compareAddresses(a.address, b.address),
  );
  const outside = keep.filter(({ inPool }) => !inPool);
  const astray = keep.filter(
    ({ inPool, pool }) => inPool && request.pool !== undefined && pool !== request.pool.value,
  );
  const lacking = refused.filter(({ family }) => isLacking(request, has, family));
  const blocking = lacking[0]?.refusal;
  const sentences = [
    ...(has.length === 0 ? ["It has no address."] : [holdsSentence(has, blocking !== undefined)]),
    ...refused.flatMap(({ refusal }) => (refusal === undefined ? [] : [sentence(refusal.message)])),
    ...outside.filter(() => blocking?.reason !== "ForeignAddress").map(outsideSentence),
    ...astray.filter(() => blocking === undefined).map((kept) => astraySentence(kept, request)),
    ...request.notes.map(sentence),
  ];
  return {
    satisfied: blocking === undefined,
    reason: reasonOf(blocking, outside.length + astray.length > 0),
    message: [...new Set(sentences)].join(" "),
  };
}

/** A family that a Service merely prefers is no lack as long as it has the other and did not name an address. */
function isLacking(
  request: AddressRequest,
  has: readonly { readonly address: IpAddress }[],
  family: Family,
): boolean {
  if (request.refusal !== undefined || request.need === "all") return true;
  if (request.addresses.some(({ value }) => value.family === family)) return true;
  return !has.some(({ address }) => address.family !== family);
}

function reasonOf(blocking: Refusal | undefined, outside: boolean): AllocationReason {
  if (blocking !== undefined) return blocking.reason;
  return outside ? "KeptOutsidePools" : "Allocated";
}

function holdsSentence(has: readonly Kept[], blocked: boolean): string {
  const shown = has.map(({ address, pool, inPool }) =>
    inPool ? `${address.text} (pool "${pool}")` : address.text,
  );
  return `${blocked ? "It keeps" : "It has"} ${shown.join(" and ")}.`;
}

function outsideSentence({
  address,
  pool,
}: {
  readonly address: IpAddress;
  readonly pool: string | undefined;
}): string {
  const was = pool === undefined ? "" : ` (it came from pool "${pool}")`;
  return `No pool has ${address.text} any more${was}; the Service keeps it until it asks for another one or a pool has it again.`;
}

function astraySentence({ address }: Kept, { pool }: AddressRequest): string {
  return `Pool "${pool?.value}" has ${address.text} no more; the Service keeps it until it asks for another one.`;
}

/** A field's name keeps its small letter. */
function sentence(clause: string): string {
  if (clause.startsWith("spec.")) return `${clause}.`;
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
