import type { Lab } from "../../lab/lab.ts";
import {
  type ArpFrame,
  arpFrame,
  BROADCAST,
  linkLayerOption,
  type NeighborFrame,
  NO_MAC,
  neighborFrame,
  REQUEST,
  SOLICITATION,
  solicitedNode,
} from "./frames.ts";

/** Frames in which a member asks for addresses. */
export interface Questions {
  /** The member's own. */
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** A broadcast ARP request for `target`, other than `fields` say. */
  arp(target: string, fields?: Partial<ArpFrame>): Uint8Array;
  /** A multicast neighbor solicitation for `target`, other than `fields` say. */
  neighbor(target: string, fields?: Partial<NeighborFrame>): Uint8Array;
}

/** The questions of a member that asks through one of its interfaces. */
export function questionsFrom(lab: Lab, member: string, interfaceName = "eth0"): Questions {
  const cable = lab.member(member).cables.find((one) => one.interface === interfaceName);
  if (cable === undefined) throw new Error(`${member} has no ${interfaceName}`);
  const { mac, ipv4, ipv6 } = cable;
  return {
    ...{ mac, ipv4, ipv6 },
    arp: (target, fields = {}) =>
      arpFrame({
        ...{ destination: BROADCAST, source: mac, operation: REQUEST },
        ...{ senderMac: mac, senderAddress: ipv4, targetMac: NO_MAC, targetAddress: target },
        ...fields,
      }),
    neighbor: (target, fields = {}) => {
      const group = solicitedNode(target);
      return neighborFrame({
        ...{ destination: group.mac, source: mac, from: ipv6, to: group.address, hopLimit: 255 },
        ...{ type: SOLICITATION, code: 0, flags: "", target, options: linkLayerOption(1, mac) },
        ...fields,
      });
    },
  };
}
