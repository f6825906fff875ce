import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import { matchesAny } from "@fairlead/net/name-pattern.ts";
import type { Refusal } from "./announcement.ts";

/** An address of an interface with the length of its subnet's prefix in bits. */
export interface PresentAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** What is read of a network interface of this node. */
export interface PresentInterface {
  readonly index: number;
  readonly name: string;
  readonly mac: Mac | undefined;
  /** Up, with a link. */
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly noArp: boolean;
  /** Index of the bridge, bond or VRF that it belongs to. */
  readonly master: number | undefined;
  readonly addresses: readonly PresentAddress[];
  /** Those of its default routes, in order of family and value. */
  readonly gateways: readonly IpAddress[];
}

/** Why nothing can be answered on this interface, or undefined if it can. */
export function refusalOf(present: PresentInterface, excluded: readonly string[]): Refusal | undefined {
  const { name } = present;
  if (present.loopback)
    return { reason: "Loopback", message: `${name} is the loopback interface; nobody outside hears it` };
  if (matchesAny(name, excluded)) {
    const message = `interface ${name} is left out by the speaker's option --exclude-interfaces; change the option if it should be used`;
    return { reason: "InterfaceExcluded", message };
  }
  if (present.master !== undefined) {
    const message = `interface ${name} belongs to a bridge, bond or VRF; name that one instead`;
    return { reason: "Enslaved", message };
  }
  if (present.noArp)
    return {
      reason: "NoArp",
      message: `interface ${name} has ARP switched off; switch it on (ip link set ${name} arp on)`,
    };
  if (present.mac === undefined)
    return {
      reason: "NoMac",
      message: `interface ${name} has no MAC address, so it cannot be answered for there`,
    };
  if (!present.carrier)
    return {
      reason: "NoCarrier",
      message: `interface ${name} is down or has no link; check the cable and the switch port`,
    };
  return undefined;
}
