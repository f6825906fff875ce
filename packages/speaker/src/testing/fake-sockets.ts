import { constants } from "node:os";
import type { BpfInstruction } from "@fairlead/linux/bpf.ts";
import { ENOMEM, SystemError } from "@fairlead/linux/errno.ts";
import type { PacketSocketOptions } from "@fairlead/linux/packet-socket.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import type { FrameSocket } from "../layer2/interfaces/port.ts";

const { EMFILE } = constants.errno;

/** A packet socket without a network. */
export class FakeSocket implements FrameSocket {
  readonly options: PacketSocketOptions;
  readonly sent: Uint8Array[] = [];
  readonly groups: string[] = [];
  filters = 1;
  filter: readonly BpfInstruction[];
  closed = false;
  kernelDrops = 0;
  /** What `send` answers. */
  errno = 0;
  readonly #mostInstructions: () => number;

  constructor(options: PacketSocketOptions, mostInstructions: () => number) {
    this.options = options;
    this.#mostInstructions = mostInstructions;
    this.filter = options.filter;
  }

  send(frame: Uint8Array, length: number = frame.length): number {
    if (this.errno === 0) this.sent.push(frame.slice(0, length));
    return this.errno;
  }
  setFilter(filter: readonly BpfInstruction[]): number {
    if (filter.length > this.#mostInstructions()) return ENOMEM;
    this.filter = filter;
    this.filters++;
    return 0;
  }
  joinMulticast(mac: string): number {
    this.groups.push(mac);
    return 0;
  }
  leaveMulticast(mac: string): number {
    this.groups.splice(this.groups.indexOf(mac), 1);
    return 0;
  }
  close(): void {
    this.closed = true;
  }
}

/** Opens fake sockets and remembers them. */
export class FakeSockets {
  readonly all: FakeSocket[] = [];
  /** While set, opening fails with this errno. */
  failing = 0;
  /** While set, opening for this EtherType fails. */
  failingFor: number | undefined;
  /** How long a filter may be. */
  mostInstructions = Number.POSITIVE_INFINITY;

  readonly open = (options: PacketSocketOptions): Result<FrameSocket, SystemError> => {
    if (options.protocol === this.failingFor) return err(new SystemError("socket", EMFILE));
    if (this.failing !== 0) return err(new SystemError("socket", this.failing));
    if (options.filter.length > this.mostInstructions)
      return err(new SystemError("SO_ATTACH_FILTER", ENOMEM));
    const socket = new FakeSocket(options, () => this.mostInstructions);
    this.all.push(socket);
    return ok(socket);
  };

  /** Those that are open, by EtherType. */
  open4(): readonly FakeSocket[] {
    return this.all.filter((socket) => !socket.closed && socket.options.protocol === 0x0806);
  }
  open6(): readonly FakeSocket[] {
    return this.all.filter((socket) => !socket.closed && socket.options.protocol === 0x86dd);
  }
}
