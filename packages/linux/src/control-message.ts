/** Length of `cmsg_len`, `cmsg_level` and `cmsg_type`. */
const HEADER_BYTES = 16;

/**
 * The value of the first control message of this level and type that came with a datagram, an `int`. Each is a
 * `struct cmsghdr` of a 64-bit machine and its data:
 *
 * ```
 *  0                                 8                16               20          length
 *  +---------------------------------+----------------+----------------+-----------+ - - - - - - - - - - +
 *  | length, header included         | level          | type           | data      | padding to 8 bytes  |
 *  +---------------------------------+----------------+----------------+-----------+ - - - - - - - - - - +
 * ```
 *
 * @param length how many bytes of `control` the kernel has filled
 * @returns undefined if there is none, or it or one before it is malformed
 */
export function controlInt(
  control: DataView,
  length: number,
  level: number,
  type: number,
): number | undefined {
  const end = Math.min(length, control.byteLength);
  let at = 0;
  while (at + HEADER_BYTES <= end) {
    const size = control.getUint32(at, true);
    const beyond = control.getUint32(at + 4, true) !== 0 || size > end - at;
    if (beyond || size < HEADER_BYTES) return undefined;
    if (control.getInt32(at + 8, true) === level && control.getInt32(at + 12, true) === type)
      return size >= HEADER_BYTES + 4 ? control.getInt32(at + HEADER_BYTES, true) : undefined;
    at += Math.ceil(size / 8) * 8;
  }
  return undefined;
}
