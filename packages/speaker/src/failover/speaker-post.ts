import type { IpAddress } from "@fairlead/net/address.ts";

/** Carries datagrams to other speakers. */
export interface SpeakerPost {
  send(to: IpAddress, datagram: Uint8Array): void;
  close(): void;
}
