import { loadAddon } from "@fairlead/linux/addon.ts";
import { accept, assemble } from "@fairlead/linux/bpf.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";
import { intOption, SOL_SOCKET } from "@fairlead/linux/sockaddr.ts";
import { isArp } from "./answer-frames.ts";

const ETHERTYPES = [0x0806, 0x86dd];
/** Thousands are told of in one go, and a frame takes three quarters of a KiB of the kernel's. */
const BUFFER_BYTES = 16 << 20;
/** socket(7): without the limit for everybody, as administrator. */
const SO_RCVBUFFORCE = 33;

/** Takes a frame; it is valid only during the call. */
export type OnFrame = (frame: Uint8Array, length: number) => void;

/** Where a client asks by ARP and neighbor discovery, and hears the answers. */
export class AnswerSocket {
  readonly #arp: PacketSocket;
  readonly #ndp: PacketSocket;

  /** @throws SystemError if the interface cannot be listened to */
  constructor(interfaceIndex: number, onFrame: OnFrame) {
    const [arp, ndp] = ETHERTYPES.map((protocol) => open(interfaceIndex, protocol, onFrame));
    if (arp === undefined || ndp === undefined) throw new Error("two sockets were opened");
    [this.#arp, this.#ndp] = [arp, ndp];
  }

  /** Frames that the kernel could not keep. */
  get dropped(): number {
    return this.#arp.kernelDrops + this.#ndp.kernelDrops;
  }

  /** @returns whether the frame was sent */
  send(frame: Uint8Array): boolean {
    return (isArp(frame) ? this.#arp : this.#ndp).send(frame) === 0;
  }

  close(): void {
    this.#arp.close();
    this.#ndp.close();
  }
}

function open(interfaceIndex: number, protocol: number, onFrame: OnFrame): PacketSocket {
  const addon = loadAddon();
  const opened = PacketSocket.open({
    // What a speaker's socket has no need of.
    addon: {
      ...addon,
      bind(fd, address) {
        const errno = addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, intOption(BUFFER_BYTES));
        return errno < 0 ? errno : addon.bind(fd, address);
      },
    },
    interfaceIndex,
    protocol,
    filter: assemble([accept()]),
    onFrame,
    onError(errno) {
      throw new Error(`the socket failed with errno ${errno}`);
    },
  });
  if (!opened.ok) throw opened.error;
  return opened.value;
}
