/** One captured frame. */
export interface Frame {
  /** When it passed, in microseconds since 1970. */
  readonly timeUs: number;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
}

const GLOBAL_HEADER = 24;
const RECORD_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const ETHERNET = 1;

/**
 * Reads a capture file of the classic format (draft-ietf-opsawg-pcap) as it grows.
 *
 *     magic(4) major(2) minor(2) zone(4) accuracy(4) snaplen(4) linktype(4)   then per frame
 *     seconds(4) fraction(4) captured(4) original(4) bytes(captured)
 */
export class PcapReader {
  #rest = new Uint8Array(0);
  #littleEndian: boolean | undefined;
  #fractionsPerUs = 1;

  /** Takes the next bytes and returns the frames that they complete. @throws Error if this is no Ethernet capture. */
  push(bytes: Uint8Array): readonly Frame[] {
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    const view = new DataView(joined.buffer);
    let offset = 0;
    if (this.#littleEndian === undefined) {
      if (joined.length < GLOBAL_HEADER) {
        this.#rest = joined;
        return [];
      }
      this.#littleEndian = this.#readHeader(view);
      offset = GLOBAL_HEADER;
    }
    const frames: Frame[] = [];
    while (offset + RECORD_HEADER <= joined.length) {
      const number = (at: number): number => view.getUint32(offset + at, this.#littleEndian);
      const end = offset + RECORD_HEADER + number(8);
      if (end > joined.length) break;
      const timeUs = number(0) * 1e6 + Math.floor(number(4) / this.#fractionsPerUs);
      frames.push({ timeUs, bytes: joined.slice(offset + RECORD_HEADER, end) });
      offset = end;
    }
    this.#rest = joined.slice(offset);
    return frames;
  }

  #readHeader(view: DataView): boolean {
    const littleEndian = [MICROSECONDS, NANOSECONDS].includes(view.getUint32(0, true));
    const magic = view.getUint32(0, littleEndian);
    if (magic !== MICROSECONDS && magic !== NANOSECONDS)
      throw new Error(`0x${magic.toString(16)} starts no capture`);
    const linkType = view.getUint32(20, littleEndian) & 0xffff;
    if (linkType !== ETHERNET) throw new Error(`the capture has link type ${linkType}, not Ethernet`);
    this.#fractionsPerUs = magic === NANOSECONDS ? 1000 : 1;
    return littleEndian;
  }
}
