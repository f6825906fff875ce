import type { IpAddress } from "@fairlead/net/address.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import type { ArpDropReason } from "../arp/responder.ts";
import type { GratuitousForm } from "../gratuitous.ts";
import type { Memberships } from "../ndp/memberships.ts";
import type { NdpDropReason } from "../ndp/responder.ts";
import type { FrameCounts } from "./frame-counts.ts";
import type { OpenSocket } from "./port.ts";

export interface FamilyPortOptions {
  readonly table: InterfaceTable;
  readonly counts: { readonly arp: FrameCounts<ArpDropReason>; readonly ndp: FrameCounts<NdpDropReason> };
  readonly openSocket: OpenSocket;
  readonly memberships: (interfaceIndex: number) => Memberships;
  /** Receiving failed; positive errno. */
  readonly onError: (errno: number) => void;
  /** A group could not be joined; the name of the errno. */
  readonly onGroupFailure: (group: IpAddress, failure: string) => void;
}

/** One family on one interface: ARP or NDP. */
export interface FamilyPort {
  /** What it answers from; another table (another MAC) needs another port. */
  readonly table: InterfaceTable;
  /** @returns why it could not be opened */
  open(): Error | undefined;
  /** Lets filter and groups follow the table. */
  follow(started: readonly Announcement[], stopped: readonly Announcement[]): void;
  announce(announcement: Announcement, form: GratuitousForm): void;
  /** Frames that the kernel had no room for since the port was opened. */
  readonly kernelDrops: number;
  close(): void;
}
