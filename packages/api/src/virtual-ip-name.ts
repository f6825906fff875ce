import { addressFromBytes, addressToBytes, type IpAddress, parseAddress } from "@fairlead/net/address.ts";

/**
 * The name of the VirtualIP of an address, a valid DNS subdomain: IPv4 as it is (`192.0.2.7`), IPv6 as eight groups of
 * four hexadecimal digits joined by dashes (`2001-0db8-0000-0000-0000-0000-0000-0007`). One address has one name.
 */
export function virtualIPName(address: IpAddress): string {
  if (address.family === "IPv4") return address.text;
  const hex = Buffer.from(addressToBytes(address)).toString("hex");
  return hex.replace(/(.{4})(?!$)/g, "$1-");
}

/** The address that a VirtualIP's name stands for, or undefined if it is no such name. */
export function addressOfVirtualIPName(name: string): IpAddress | undefined {
  if (/^[0-9a-f]{4}(-[0-9a-f]{4}){7}$/.test(name)) {
    return addressFromBytes(Buffer.from(name.replaceAll("-", ""), "hex"));
  }
  const parsed = parseAddress(name);
  return parsed.ok && parsed.value.family === "IPv4" ? parsed.value : undefined;
}
