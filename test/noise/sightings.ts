import { addressToBytes, type IpAddress } from "@fairlead/net/address.ts";
import { type Mac, macToBytes } from "@fairlead/net/mac.ts";
import { Violation } from "./trial.ts";
import { isOneOfAt, isStation, OURS } from "./wire-world.ts";

/** What one frame was taken to say about who has an address. */
export class Sightings {
  readonly #all: { readonly address: IpAddress; readonly mac: Mac }[] = [];

  readonly add = (address: IpAddress, mac: Mac): void => {
    this.#all.push({ address, mac });
  };

  get any(): boolean {
    return this.#all.length > 0;
  }

  clear(): void {
    this.#all.length = 0;
  }

  /**
   * @param known addresses that may be seen
   * @param addressAt where the frame has the address
   * @param macAt where the frame has the MAC; undefined: in one of several places
   * @throws Violation if it is seen of another address, of no other station, or more than once
   */
  check(frame: Uint8Array, known: readonly Uint8Array[], addressAt: number, macAt?: number): void {
    const [one, more] = this.#all;
    if (one === undefined) return;
    const address = addressToBytes(one.address);
    const mac = macToBytes(one.mac);
    const right =
      more === undefined &&
      isOneOfAt(address, 0, known) &&
      isOneOfAt(frame, addressAt, [address]) &&
      (macAt === undefined || isOneOfAt(frame, macAt, [mac])) &&
      isStation(mac, 0) &&
      !isOneOfAt(mac, 0, [OURS]);
    if (!right) throw new Violation(`${one.address.text} was seen at ${one.mac}`, frame);
  }
}
