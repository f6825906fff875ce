import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";

/** How long a frame or datagram is under way, in ms. */
const UNDER_WAY_MS = 1;

/** A host on a {@link MemorySegment}. */
export interface Station {
  /** Its datagrams are addressed to these. */
  readonly addresses: readonly IpAddress[];
  /** The MAC that it answers with when it is asked who has an address. */
  answers(address: IpAddress): Mac | undefined;
  /** A frame says that this MAC has this address. */
  seen(address: IpAddress, mac: Mac, gratuitous: boolean): void;
  datagram(bytes: Uint8Array): void;
}

/** One Ethernet segment on a test's clock, on which stations ask who has an address, tell it unasked, and send datagrams. */
export class MemorySegment {
  readonly #clock: Clock;
  readonly #stations = new Map<string, Station>();
  readonly #deaf = new Set<string>();
  /** Datagrams that were sent. */
  datagrams = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a station there, in the place of one of the same name. */
  join(name: string, station: Station): void {
    this.#stations.set(name, station);
  }

  /** A host that answers for one address and does nothing else. */
  host(name: string, address: IpAddress, mac: Mac): void {
    const answers = ({ text }: IpAddress): Mac | undefined => (text === address.text ? mac : undefined);
    this.join(name, { addresses: [address], answers, seen: () => {}, datagram: () => {} });
  }

  /** Pulls the cable. */
  leave(name: string): void {
    this.#stations.delete(name);
  }

  /** Whether datagrams to this station are lost. */
  deafen(name: string, deaf: boolean): void {
    if (deaf) this.#deaf.add(name);
    else this.#deaf.delete(name);
  }

  /** Asks everybody else; who answers is seen by the asker. */
  ask(from: string, target: IpAddress): void {
    this.#later(from, (station, asker) => {
      const mac = station.answers(target);
      if (mac !== undefined) this.#clock.after(UNDER_WAY_MS, () => asker.seen(target, mac, false));
    });
  }

  /** The MACs that answer for an address now. */
  answerers(address: IpAddress): readonly Mac[] {
    return [...this.#stations.values()].flatMap((station) => station.answers(address) ?? []);
  }

  tell(from: string, address: IpAddress, mac: Mac): void {
    this.#later(from, (station) => station.seen(address, mac, true));
  }

  send(from: string, to: IpAddress, datagram: Uint8Array): void {
    this.datagrams++;
    const bytes = datagram.slice();
    this.#later(from, (station, _, name) => {
      if (station.addresses.some(({ text }) => text === to.text) && !this.#deaf.has(name))
        station.datagram(bytes);
    });
  }

  #later(from: string, take: (station: Station, sender: Station, name: string) => void): void {
    const sender = this.#stations.get(from);
    if (sender === undefined) return;
    this.#clock.after(UNDER_WAY_MS, () => {
      for (const [name, station] of [...this.#stations])
        if (station !== sender && this.#stations.get(from) === sender) take(station, sender, name);
    });
  }
}
