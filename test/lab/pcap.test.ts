import { expect } from "chai";
import fc from "fast-check";
import { type Frame, PcapReader } from "./pcap.ts";

const HEADER = Buffer.from(
  "d4c3b2a1" + // magic, little-endian, microseconds
    "02000400" + // version 2.4
    "00000000" + // zone
    "00000000" + // accuracy
    "00000400" + // snapshot length 262144
    "01000000", // Ethernet
  "hex",
);

const RECORD = Buffer.from(
  "01000000" + // 1 s
    "05000000" + // 5 us
    "04000000" + // captured
    "04000000" + // original
    "deadbeef",
  "hex",
);

describe("a capture file", () => {
  it("gives its frames with their times", () => {
    const frames = new PcapReader().push(Buffer.concat([HEADER, RECORD, RECORD]));
    expect(frames).to.have.length(2);
    expect(frames[0]).to.deep.equal({ timeUs: 1_000_005, bytes: Uint8Array.of(0xde, 0xad, 0xbe, 0xef) });
  });

  it("is read in whatever pieces it comes", () => {
    const file = Buffer.concat([HEADER, RECORD, RECORD, RECORD]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: file.length - 1 })), (cuts) => {
        const ends = [...cuts, file.length].sort((a, b) => a - b);
        const reader = new PcapReader();
        const frames: Frame[] = [];
        let start = 0;
        for (const end of ends) {
          frames.push(...reader.push(file.subarray(start, end)));
          start = end;
        }
        expect(frames).to.have.length(3);
      }),
    );
  });

  it("may count in nanoseconds and in the other byte order", () => {
    const header = "a1b23c4d" + "00020004" + "00000000" + "00000000" + "00040000" + "00000001";
    const record = "00000001" + "00001388" + "00000001" + "00000001" + "ff";
    const [frame] = new PcapReader().push(Buffer.from(header + record, "hex"));
    expect(frame).to.deep.equal({ timeUs: 1_000_005, bytes: Uint8Array.of(0xff) });
  });

  it("is refused if it is no capture, or none of Ethernet", () => {
    expect(() => new PcapReader().push(new Uint8Array(24))).to.throw("0x0 starts no capture");
    const raw = Buffer.from(HEADER);
    raw[20] = 101;
    expect(() => new PcapReader().push(raw)).to.throw("link type 101");
  });
});
