/** Thrown by a {@link ByteReader} asked for more bytes than are left. Codecs that read hostile input test `left` first. */
export class ShortBytesError extends Error {
  override readonly name = "ShortBytesError";
  constructor(wanted: number, left: number) {
    super(`${wanted} bytes wanted, ${left} left`);
  }
}

/** Reads network-order (big-endian) integers from a window of bytes, never outside it. @throws ShortBytesError when too few are left. */
export class ByteReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }
  /** A view (no copy) of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
  }
  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    if (!(length >= 0 && length <= this.left)) throw new ShortBytesError(length, this.left);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** Writes network-order (big-endian) integers into a fixed buffer. @throws ShortBytesError when it is full. */
export class ByteWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }
  /** A view (no copy) of what has been written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#take(1), value);
    return this;
  }
  u16(value: number): this {
    this.#view.setUint16(this.#take(2), value);
    return this;
  }
  u32(value: number): this {
    this.#view.setUint32(this.#take(4), value);
    return this;
  }
  u64(value: bigint): this {
    this.#view.setBigUint64(this.#take(8), value);
    return this;
  }
  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#take(value.length));
    return this;
  }

  #take(length: number): number {
    if (this.#at + length > this.#bytes.length)
      throw new ShortBytesError(length, this.#bytes.length - this.#at);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
