import { addressFromBytes, addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macFromBytes } from "@fairlead/net/mac.ts";

/** RFC 4291 2.7.1: ff02::1:ff00:0/104 with the low 24 bits of the address. Addresses that share those share the group. */
export function solicitedNodeGroup(address: IpAddress): IpAddress {
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0);
  group.set(addressToBytes(address).subarray(13), 13);
  return addressFromBytes(group);
}

/** RFC 2464 7: the MAC that packets to a multicast group go to. */
export function groupMac(group: IpAddress): Mac {
  const mac = Uint8Array.of(0x33, 0x33, 0, 0, 0, 0);
  mac.set(addressToBytes(group).subarray(12), 2);
  return macFromBytes(mac);
}
