import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";

/**
 * Is told that a frame of another station says: this MAC has this address.
 *
 * @param gratuitous told to everybody unasked
 */
export type OnSeen = (address: IpAddress, mac: Mac, gratuitous: boolean) => void;
