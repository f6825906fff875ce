import type { Condition } from "@fairlead/api/condition.ts";
import type { ForeignClaim, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import type { ForeignHost } from "../wire/messages.ts";

/** What a status says of somebody else who has the address. */
export interface ForeignPart {
  readonly foreign?: ForeignClaim;
  readonly condition?: Condition;
}

/** What it says already: it is left to who said it. */
export function foreignAsSaid({ status }: VirtualIP): ForeignPart {
  const said = status?.conditions?.find(({ type }) => type === CONTESTED);
  return { ...(status?.foreign && { foreign: status.foreign }), ...(said && { condition: said }) };
}

/** Who has an address that is not announced because of that. @param now RFC 3339 */
export function foreignPart(
  { status }: VirtualIP,
  node: string,
  host: ForeignHost | undefined,
  now: string,
): ForeignPart {
  if (host === undefined) return {};
  const said = status?.foreign;
  const isSame = said?.node === node && said.mac === host.mac && said.interface === host.interface;
  return { foreign: { node, ...host, since: isSame ? said.since : now } };
}

/** Who claims an address that is announced. That it is contradicted is said with who, where and what to do; since when stands beside it. */
export function contestedPart(
  virtualIP: VirtualIP,
  node: string,
  host: ForeignHost | undefined,
  now: string,
): ForeignPart {
  if (host === undefined) return {};
  const { mac, machine, interface: name } = host;
  const said = virtualIP.status?.conditions?.find(({ type }) => type === CONTESTED);
  const known = machine === undefined ? "" : `, which is ${machine},`;
  const remedy =
    machine === undefined
      ? "take the address off that machine"
      : "if kube-proxy is in IPVS mode there, set strictARP: true; else stop the other provider's speaker, or take the address off that node";
  const message = `${node}: ${mac}${known} says on interface ${name} that ${virtualIP.spec.address} is its own, while this node answers for it; it is contradicted, and clients may reach either; ${remedy}`;
  return {
    ...foreignPart(virtualIP, node, host, now),
    condition: {
      type: CONTESTED,
      status: "True",
      lastTransitionTime: said?.lastTransitionTime ?? now,
      reason: "ClaimedByOther",
      message,
    },
  };
}
