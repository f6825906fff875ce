import type { Family, IpAddress } from "@fairlead/net/address.ts";
import type { InterfaceSelf } from "../layer2/interface-self.ts";
import type { SpeakerPost } from "./speaker-post.ts";
import { UdpChannel, type UdpChannelSurroundings } from "./udp-channel.ts";

export interface UdpPostOptions extends UdpChannelSurroundings {
  readonly self: InterfaceSelf;
  readonly port: number;
  readonly onDatagram: (datagram: Uint8Array) => void;
}

/** The datagrams of one interface: a socket for each family in which its kernel has an address there. */
export class UdpPost implements SpeakerPost {
  readonly #options: UdpPostOptions;
  readonly #channels = new Map<Family, UdpChannel>();

  constructor(options: UdpPostOptions) {
    this.#options = options;
    const { v4, linkLocal } = options.self;
    if (v4 !== undefined) this.#channels.set("IPv4", this.#channel("IPv4"));
    if (linkLocal !== undefined) this.#channels.set("IPv6", this.#channel("IPv6"));
  }

  send(to: IpAddress, datagram: Uint8Array): void {
    const channel = this.#channels.get(to.family);
    if (channel === undefined) this.#options.onDrop("SendFailed");
    else channel.send(to, datagram);
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  #channel(family: Family): UdpChannel {
    const { self, port } = this.#options;
    return new UdpChannel({
      ...this.#options,
      socket: (callbacks) => ({
        ...{ family, interfaceName: self.name, interfaceIndex: self.index, port },
        ...callbacks,
      }),
      fields: { interface: self.name, family, port },
      without: "this node is no stand-in on the interface until it works",
    });
  }
}
