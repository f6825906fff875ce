import type { IpAddress } from "@fairlead/net/address.ts";
import type { NodeId } from "@fairlead/takeover/claims/claim.ts";
import { type CodecDrop, readEnvelope } from "@fairlead/takeover/messages/codec.ts";
import type { SpeakerPost } from "./speaker-post.ts";

export interface NodePathOptions {
  /** This node's own address. */
  readonly address: IpAddress;
  readonly openPost: (onDatagram: (datagram: Uint8Array) => void) => SpeakerPost;
  readonly onDrop: (reason: CodecDrop | "OtherSegment") => void;
}

/** One of this node's segments, as the path knows it. */
export interface NodePathUser {
  /** Whether that interface of that node is on this segment. */
  isFrom(sender: NodeId, interfaceId: number): boolean;
  take(datagram: Uint8Array): void;
}

/**
 * The second way between the speakers, beside a segment that does not carry the nodes' own addresses: from own address to own address, by
 * whatever network there is. All segments share it; a message names the interface of its sender that it is about.
 */
export class NodePath {
  readonly #options: NodePathOptions;
  readonly #users = new Set<NodePathUser>();
  #post: SpeakerPost | undefined;

  constructor(options: NodePathOptions) {
    this.#options = options;
  }

  get address(): IpAddress {
    return this.#options.address;
  }

  /** From now on this segment's messages are taken. */
  join(user: NodePathUser): void {
    this.#users.add(user);
    this.#post ??= this.#options.openPost((datagram) => this.#take(datagram));
  }

  leave(user: NodePathUser): void {
    this.#users.delete(user);
    if (this.#users.size > 0) return;
    this.#post?.close();
    this.#post = undefined;
  }

  send(to: IpAddress, datagram: Uint8Array): void {
    this.#post?.send(to, datagram);
  }

  #take(datagram: Uint8Array): void {
    const { onDrop } = this.#options;
    const envelope = readEnvelope(datagram);
    if (!envelope.ok) {
      onDrop(envelope.error);
      return;
    }
    const { sender, interfaceId } = envelope.value.header;
    for (const user of this.#users) {
      if (!user.isFrom(sender, interfaceId)) continue;
      user.take(datagram);
      return;
    }
    onDrop("OtherSegment");
  }
}
