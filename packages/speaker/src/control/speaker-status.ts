import type { Condition } from "@fairlead/api/condition.ts";
import type { ProxyHealth, SpeakerInterface, SpeakerStatus } from "@fairlead/api/speaker.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import { type PresentInterface, refusalOf } from "../announcements/present-interface.ts";

/**
 * What others are told of this node's network: the interfaces on which it could answer, with or without a link, and whether its
 * kube-proxy is well.
 *
 * @param excluded patterns of interface names that are never used
 */
export function speakerStatus(
  interfaces: readonly PresentInterface[],
  options: {
    readonly excluded: readonly string[];
    readonly version: string;
    /** The node's own address, if it is known. */
    readonly nodeAddress?: IpAddress | undefined;
    /** Undefined: it is not asked, or not yet. */
    readonly proxy?: ProxyHealth | undefined;
    readonly conditions?: readonly Condition[];
  },
): SpeakerStatus {
  const told = interfaces
    .flatMap((present): readonly SpeakerInterface[] => {
      const { name, mac, carrier, addresses } = present;
      const reason = refusalOf(present, options.excluded)?.reason;
      if (mac === undefined || (reason !== undefined && reason !== "NoCarrier")) return [];
      const texts = addresses.map(({ address, prefixLength }) => `${address.text}/${prefixLength}`);
      const gateways = present.gateways.map(({ text }) => text);
      return [{ name, mac, carrier, addresses: texts, ...(gateways.length > 0 && { gateways }) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const { version, nodeAddress, proxy, conditions = [] } = options;
  return {
    ...{ version, interfaces: told },
    ...(nodeAddress !== undefined && { nodeAddress: nodeAddress.text }),
    ...(proxy !== undefined && { proxy }),
    ...(conditions.length > 0 && { conditions }),
  };
}

/** Whether both say the same. */
export function sameSpeakerStatus(a: SpeakerStatus | undefined, b: SpeakerStatus | undefined): boolean {
  return textOf(a) === textOf(b);
}

/** The fields in one order, whatever order they came in. */
function textOf(status: SpeakerStatus | undefined): string {
  if (status === undefined) return "";
  const interfaces = status.interfaces
    .map(({ name, mac, carrier, addresses, gateways }) =>
      JSON.stringify([name, mac, carrier, addresses, gateways ?? []]),
    )
    .sort();
  const conditions = (status.conditions ?? [])
    .map(({ type, status: holds, reason, message, lastTransitionTime }) =>
      JSON.stringify([type, holds, reason, message, lastTransitionTime]),
    )
    .sort();
  const { version, nodeAddress = "", proxy = "" } = status;
  return JSON.stringify([version, nodeAddress, interfaces, proxy, conditions]);
}
