import type { Family, IpAddress } from "@fairlead/net/address.ts";
import { compareAddresses } from "@fairlead/net/address.ts";
import type { Grant } from "./choice.ts";
import type { AllocationReason, Outcome, Refusal } from "./reasons.ts";
import type { AddressRequest } from "./request.ts";

interface Kept {
  readonly address: IpAddress;
  /** The pool that has it. */
  readonly owner: string | undefined;
  readonly astray: boolean;
  readonly fault: string | undefined;
  readonly renumber: boolean;
}

interface Refused {
  readonly family: Family;
  readonly refusal: Refusal | undefined;
}

/** What holds of an address that was just taken. */
const SOUND = { astray: false, fault: undefined, renumber: false } as const;

/** Says what a Service ends with and what it lacks. */
export function outcomeOf(
  request: AddressRequest,
  keep: readonly Kept[],
  take: readonly Grant[],
  results: readonly Refused[],
): Outcome {
  const refused = results.filter(({ refusal }) => refusal !== undefined);
  const has = [...keep, ...take.map(({ address, pool }) => ({ address, owner: pool, ...SOUND }))].sort(
    (a, b) => compareAddresses(a.address, b.address),
  );
  const faulty = keep.filter(({ fault }) => fault !== undefined);
  const astray = keep.filter((kept) => kept.astray && kept.fault === undefined);
  const lacking = refused.filter(
    ({ family, refusal }) => refusal?.reason === "SharingConflict" || isLacking(request, has, family),
  );
  const conflict = lacking.find(({ refusal }) => refusal?.reason === "SharingConflict");
  const blocking = (conflict ?? lacking[0])?.refusal;
  const sentences = [
    ...(has.length === 0 ? ["It has no address."] : [holdsSentence(has, blocking !== undefined)]),
    ...refused.flatMap(({ refusal }) => (refusal === undefined ? [] : [sentence(refusal.message)])),
    ...faulty.filter(() => blocking?.reason !== "ForeignAddress").map(faultSentence),
    ...astray.filter(() => blocking === undefined).map((kept) => astraySentence(kept, request)),
    ...request.notes.map(sentence),
  ];
  return {
    satisfied: blocking === undefined,
    reason: reasonOf(blocking, faulty.length + astray.length > 0),
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
  const shown = has.map(({ address, owner }) =>
    owner === undefined ? address.text : `${address.text} (pool "${owner}")`,
  );
  return `${blocked ? "It keeps" : "It has"} ${shown.join(" and ")}.`;
}

function faultSentence({ fault, owner, renumber }: Kept): string {
  if (renumber) return `${fault}; the Service keeps it until it gets another one (onInvalid: Renumber).`;
  const until = owner !== undefined ? "" : " or a pool has it again";
  return `${fault}; the Service keeps it until it asks for another one${until}.`;
}

function astraySentence({ address }: Kept, { pool }: AddressRequest): string {
  return `Pool "${pool?.value}" does not have ${address.text}; the Service keeps it until it asks for another one.`;
}

/** A field's name keeps its small letter, and a question its mark. */
export function sentence(clause: string): string {
  const text = clause.startsWith("spec.") ? clause : `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`;
  return text.endsWith("?") ? text : `${text}.`;
}
