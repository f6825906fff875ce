import type { IpAddress } from "@fairlead/net/address.ts";
import type { Announcement } from "../../announcements/announcement.ts";
import type { InterfaceTable } from "../../announcements/interface-table.ts";
import type { ArpDropReason } from "../arp/responder.ts";
import type { GratuitousForm } from "../gratuitous.ts";
import type { Memberships } from "../ndp/memberships.ts";
import type { NdpDropReason } from "../ndp/responder.ts";
import type { OnSeen } from "../seen.ts";
import type { FrameCounts } from "./frame-counts.ts";
import type { OpenSocket } from "./port.ts";
import type { OpenedPort } from "./steady-port.ts";

export interface FamilyPortOptions {
  readonly table: InterfaceTable;
  readonly counts: { readonly arp: FrameCounts<ArpDropReason>; readonly ndp: FrameCounts<NdpDropReason> };
  readonly openSocket: OpenSocket;
  readonly memberships: (interfaceIndex: number) => Memberships;
  /** Called before each frame is judged; may make the table silent. */
  readonly beforeFrame: () => void;
  /** Called while a frame is judged, before it is answered; may change the table. */
  readonly onSeen: OnSeen;
  /** Receiving failed; positive errno. */
  readonly onError: (errno: number) => void;
  /** A group could not be joined; the name of the errno. */
  readonly onGroupFailure: (group: IpAddress, failure: string) => void;
}

/**
 * How the segment is asked who has an address. "Probe": under no address of our own, so that no cache changes. "Request":
 * under one of our own, for the addresses of nodes: their kernels look for conflicts while they boot, and would give up an
 * address that is probed just then (RFC 5227 2.1.1, RFC 4862 5.4.3).
 */
export type ProbeForm = "Probe" | "Request";

/** What changed in a table, of one family. */
export interface PortChange {
  readonly started: readonly Announcement[];
  readonly stopped: readonly Announcement[];
  readonly watched: readonly IpAddress[];
  readonly unwatched: readonly IpAddress[];
}

/** One family on one interface: ARP or NDP. */
export interface FamilyPort extends OpenedPort {
  /** What it answers from; another table (another MAC) needs another port. */
  readonly table: InterfaceTable;
  announce(announcement: Announcement, form: GratuitousForm): void;
  /** Asks who has the address; answers come by `onSeen` if it is watched. */
  probe(target: IpAddress, form: ProbeForm): void;
}
