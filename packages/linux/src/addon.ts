import { existsSync } from "node:fs";
import { createRequire as requireFrom } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * The native functions: non-blocking sockets by number. Each returns a count or descriptor (`>= 0`) or `-errno`. A wrong
 * type throws a TypeError, a length outside its array is `-EINVAL`. All but the two for options take only descriptors made
 * by `socket` in the same thread; sockets left open are closed when the thread ends.
 */
export interface Addon {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  /** `-EINPROGRESS` while the connection is being made; poll for {@link WRITABLE}. */
  connect(fd: number, address: Uint8Array): number;
  listen(fd: number, backlog: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /** The number of bytes written to `value`. */
  getsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /** Sets or replaces the classic BPF program (8 bytes an instruction, host byte order). */
  attachFilter(fd: number, program: Uint8Array): number;
  /** Receives one datagram, cut to the size of `data`; the sender's address goes to `from`. */
  recv(fd: number, data: Uint8Array, from?: Uint8Array): number;
  /** Like `recv`, with control messages; `info` gets: length of the address, length of the control messages, MSG_ flags. */
  recvmsg(fd: number, data: Uint8Array, from: Uint8Array, control: Uint8Array, info?: Int32Array): number;
  /** Sends the first `length` bytes of `data`. */
  send(fd: number, data: Uint8Array, length: number, to?: Uint8Array): number;
  /** Ends a poll of it, too. */
  close(fd: number): number;
  /** Gives the descriptor away, for example to `net.Socket`, which closes it; `-EBUSY` while it is polled. */
  release(fd: number): number;
  /** Calls back with the ready events, or with `-errno`: the socket's pending error, which is cleared thereby. */
  poll(fd: number, events: number, callback: (events: number) => void): number;
  /** No callback comes after it. */
  unpoll(fd: number): number;
}

/** Poll event: there is something to read. */
export const READABLE = 1;
/** Poll event: there is room to write, or the connection is made. */
export const WRITABLE = 2;

/** The environment variable that names the addon's file. */
export const ADDON_VARIABLE = "FAIRLEAD_LINUX_ADDON";

/**
 * Loads the addon into this thread (again and again is cheap). Looks at `path`, else at the environment variable
 * `FAIRLEAD_LINUX_ADDON`, else beside the running bundle, else where `scripts/build.ts` puts it.
 *
 * @throws Error naming the cure when there is none.
 */
export function loadAddon(path: string | undefined = process.env[ADDON_VARIABLE]): Addon {
  const places =
    path !== undefined
      ? [path]
      : ["./fairlead_linux.node", "../build/fairlead_linux.node"].map((place) =>
          fileURLToPath(new URL(place, import.meta.url)),
        );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(
      `The native addon is not at ${places.join(" or ")}; build it with "node packages/linux/scripts/build.ts".`,
    );
  }
  return requireFrom(import.meta.url)(found);
}
