import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";

/** `EAGAIN`: nothing to read now, or no room to send now. */
export const EAGAIN: number = constants.errno.EAGAIN;
/** `EBADF`: the descriptor is not open. */
export const EBADF: number = constants.errno.EBADF;
/** `ENOENT`: there is no such thing. */
export const ENOENT: number = constants.errno.ENOENT;
/** `ENOBUFS`: the kernel has dropped something for want of room. */
export const ENOBUFS: number = constants.errno.ENOBUFS;
/** `ENOMEM`: no memory, or no more than was allowed. */
export const ENOMEM: number = constants.errno.ENOMEM;
/** `ENETDOWN`: the interface went down. */
export const ENETDOWN: number = constants.errno.ENETDOWN;
/** `ENODEV`: there is no such interface. */
export const ENODEV: number = constants.errno.ENODEV;
/** `EINVAL`: an argument makes no sense. */
export const EINVAL: number = constants.errno.EINVAL;
/** `ECONNREFUSED`: nobody listens there. */
export const ECONNREFUSED: number = constants.errno.ECONNREFUSED;
/** `EINPROGRESS`: the connection is being made. */
export const EINPROGRESS: number = constants.errno.EINPROGRESS;
/** `EPROTO`: bytes that are not what the protocol says. */
export const EPROTO: number = constants.errno.EPROTO;

/** The name of a positive errno value, for example `ENETDOWN`; `errno 4242` for one without a name. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}

/** A failed system call: which, with what errno, and in words. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** What was tried, for example `bind`. */
  readonly operation: string;
  /** Positive errno value. */
  readonly errno: number;
  /** Its name, for example `ENODEV`. */
  readonly code: string;

  constructor(operation: string, errno: number) {
    const code = errnoName(errno);
    super(`${operation} failed: ${code} (${getSystemErrorMessage(-errno) ?? "unknown error"})`);
    this.operation = operation;
    this.errno = errno;
    this.code = code;
  }
}
