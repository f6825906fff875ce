import type { Sharer } from "@fairlead/api/virtual-ip.ts";
import { namespaceOf, type ServiceKey } from "./holdings.ts";

/** Under which terms a Service shares its address with others. A Service without a sharing key has none. */
export interface Terms {
  readonly service: ServiceKey;
  readonly namespace: string;
  readonly key: string;
  /** Whether the key stands under an old annotation prefix, where it reaches across namespaces. */
  readonly legacy: boolean;
  /** The selector, if `externalTrafficPolicy` is `Local`; else empty. */
  readonly backend: string;
  /** Such as `TCP/80`, sorted. */
  readonly ports: readonly string[];
}

/** A pool's `sharing`. */
export type SharingScope = "SameNamespace" | "AcrossNamespaces" | undefined;

/** How many Services one VirtualIP may name. */
export const MOST_HOLDERS = 256;

/** Why two Services may not share an address. A clash of ports is the one that costs somebody traffic. */
export interface Clash {
  readonly kind: "Key" | "Namespace" | "Policy" | "Ports";
  /** A clause that names the other and what is in the way. */
  readonly message: string;
}

/** Why the two may not share an address, or undefined if they may. @param b undefined: it has no sharing key */
export function clashOf(
  a: Terms | undefined,
  other: ServiceKey,
  b: Terms | undefined,
  scope: SharingScope,
): Clash | undefined {
  if (a === undefined) return { kind: "Key", message: `${other} holds it` };
  if (b === undefined) return { kind: "Key", message: `${other} holds it and has no sharing key` };
  if (a.key !== b.key)
    return { kind: "Key", message: `${other} holds it under the sharing key "${b.key}", not "${a.key}"` };
  const across =
    a.namespace === b.namespace ||
    scope === "AcrossNamespaces" ||
    (scope === undefined && a.legacy && b.legacy);
  if (!across)
    return {
      kind: "Namespace",
      message: `${other}, of another namespace, holds it and the pool does not share across namespaces`,
    };
  if (a.backend !== b.backend)
    return {
      kind: "Policy",
      message: `${other} holds it and has another externalTrafficPolicy, or Local and another selector`,
    };
  const port = a.ports.find((one) => b.ports.includes(one));
  if (port !== undefined) return { kind: "Ports", message: `${other} holds it and uses port ${port} too` };
  return undefined;
}

/** The terms as a VirtualIP records them. */
export function sharerOf({ service, key, legacy, backend, ports }: Terms): Sharer {
  return { service, key, ...(legacy && { legacy }), ...(backend !== "" && { backend }), ports };
}

/** The terms that a VirtualIP records. */
export function recordedTerms({ service, key, legacy = false, backend = "", ports }: Sharer): Terms {
  return { service, namespace: namespaceOf(service), key, legacy, backend, ports };
}

/** Whether a Service may have the address that is kept for another one, which joins it there: nobody of another namespace may. */
export function isOfGroup(own: Terms | undefined, kept: Terms | undefined): boolean {
  return kept !== undefined && clashOf(own, kept.service, kept, "SameNamespace") === undefined;
}

/** Whether a record says what the terms are now. */
export function isRecorded(terms: Terms | undefined, sharer: Sharer | undefined): boolean {
  if (terms === undefined || sharer === undefined) return terms === undefined && sharer === undefined;
  return (
    terms.key === sharer.key &&
    terms.legacy === (sharer.legacy ?? false) &&
    terms.backend === (sharer.backend ?? "") &&
    terms.ports.join() === sharer.ports.join()
  );
}

/** One holder of a shared address. */
export interface Sharing {
  readonly service: ServiceKey;
  readonly terms: Terms | undefined;
  /** What its VirtualIP records of it. */
  readonly sharer: Sharer | undefined;
  /** Whether its status shows the address, so that its traffic comes there. */
  readonly told: boolean;
}

/**
 * Why a holder has to leave an address that it shares: it and another holder contradict each other, and it is the one that
 * does not show the address yet, or has changed, or, if that does not tell them apart, the junior.
 *
 * @param holders in order of seniority, the Service among them
 */
export function faultOf(
  service: ServiceKey,
  holders: readonly Sharing[],
  scope: SharingScope,
): Clash | undefined {
  const at = holders.findIndex((one) => one.service === service);
  const own = holders[at];
  if (own === undefined) return undefined;
  let worst: Clash | undefined;
  for (const [i, other] of holders.entries()) {
    if (i === at) continue;
    const clash = clashOf(own.terms, other.service, other.terms, scope);
    if (clash === undefined) continue;
    const atFault = weight(own) === weight(other) ? at > i : weight(own) < weight(other);
    if (atFault && (worst === undefined || clash.kind === "Ports")) worst = clash;
  }
  return worst;
}

/** Who has more of a right to the address. */
function weight({ terms, sharer, told }: Sharing): number {
  return (told ? 2 : 0) + (isRecorded(terms, sharer) ? 1 : 0);
}
