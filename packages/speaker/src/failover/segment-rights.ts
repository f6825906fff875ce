import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Right, RightChange } from "../announcements/right.ts";

/**
 * What the protocol lets be answered for on one interface: own addresses, and those of a dead speaker with its MAC. What changes in one go
 * is carried out as one, at its end or before anybody is told.
 */
export class SegmentRights {
  readonly #own = new Map<string, IpAddress>();
  readonly #caretaken = new Map<string, { readonly address: IpAddress; readonly mac: Mac }>();
  readonly #unsettled = new Map<string, IpAddress>();
  readonly #carryOut: (changes: readonly RightChange[]) => void;

  /** @param carryOut takes what has changed */
  constructor(carryOut: (changes: readonly RightChange[]) => void) {
    this.#carryOut = carryOut;
  }

  own(address: IpAddress): void {
    this.#own.set(address.text, address);
    this.#unsettled.set(address.text, address);
  }

  disown(address: IpAddress): void {
    this.#own.delete(address.text);
    this.#unsettled.set(address.text, address);
  }

  caretake(address: IpAddress, mac: Mac): void {
    this.#caretaken.set(address.text, { address, mac });
    this.#unsettled.set(address.text, address);
  }

  relieve(address: IpAddress): void {
    this.#caretaken.delete(address.text);
    this.#unsettled.set(address.text, address);
  }

  /** Takes all rights away. */
  end(): void {
    for (const address of this.#own.values()) this.#unsettled.set(address.text, address);
    for (const { address } of this.#caretaken.values()) this.#unsettled.set(address.text, address);
    this.#own.clear();
    this.#caretaken.clear();
    this.settle();
  }

  /** Carries out what changed in this go. */
  settle(): void {
    if (this.#unsettled.size === 0) return;
    const changes = [...this.#unsettled.values()].map((address) => ({
      address,
      right: this.#rightTo(address),
    }));
    this.#unsettled.clear();
    this.#carryOut(changes);
  }

  #rightTo({ text }: IpAddress): Right | undefined {
    if (this.#own.has(text)) return { kind: "Own" };
    const caretaken = this.#caretaken.get(text);
    return caretaken && { kind: "Caretaking", mac: caretaken.mac };
  }
}
