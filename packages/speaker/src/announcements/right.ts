import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";

/**
 * The right to answer for an address at one place. Only the failover protocol gives it, after it asked the wire or the holder;
 * a placement alone never does. `Caretaking`: in the place of a holder whose speaker is dead, with that holder's MAC.
 */
export type Right = { readonly kind: "Own" } | { readonly kind: "Caretaking"; readonly mac: Mac };

/** The right to answer for one address is given, changed or taken (undefined). */
export interface RightChange {
  readonly address: IpAddress;
  readonly right: Right | undefined;
}
