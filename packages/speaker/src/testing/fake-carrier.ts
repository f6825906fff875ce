import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { Announcement } from "../announcements/announcement.ts";
import type { TableChange } from "../announcements/table.ts";
import type { Carrier } from "../wire/wire.ts";

/** A carrier without a network: it keeps what it was told, and answers questions as a test says. */
export class FakeCarrier implements Carrier {
  /** Who is there to answer, by address. */
  readonly hosts = new Map<string, Mac>();
  /** What was done, in words: `start 192.0.2.7%2 02:…`. */
  readonly done: string[] = [];
  /** What is given out for each address and interface, as the changes told it. */
  readonly answered = new Map<string, Mac>();
  failure: string | undefined;
  stopped = false;
  /** Set by who builds the wire thread's middle. */
  onSeen: (interfaceIndex: number, address: IpAddress, mac: Mac, gratuitous: boolean) => void = () => {};

  apply({ started, stopped }: TableChange): void {
    for (const one of stopped) {
      this.done.push(`stop ${placeOf(one)} ${one.mac}`);
      if (!this.answered.delete(placeOf(one))) throw new Error(`${placeOf(one)} was not started`);
    }
    for (const one of started) {
      this.done.push(`start ${placeOf(one)} ${one.mac}`);
      this.answered.set(placeOf(one), one.mac);
    }
  }

  again(announcement: Announcement): void {
    this.done.push(`again ${placeOf(announcement)}`);
  }

  watch(): void {}

  watchMore(): void {}

  watchLess(): void {}

  probe(interfaceIndex: number, target: IpAddress): void {
    const mac = this.hosts.get(target.text);
    if (mac !== undefined) this.onSeen(interfaceIndex, target, mac, false);
  }

  silence(interfaceIndex: number, on: boolean): void {
    this.done.push(`silence ${on ? "on" : "off"}%${interfaceIndex}`);
  }

  failureOn(_interfaceIndex: number, _family: Family): string | undefined {
    return this.failure;
  }

  stop(): void {
    this.stopped = true;
    this.answered.clear();
  }
}

function placeOf({ address, interfaceIndex }: Announcement): string {
  return `${address.text}%${interfaceIndex}`;
}
