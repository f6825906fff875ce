import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import fc from "fast-check";
import { InterfaceTable } from "../../announcements/interface-table.ts";
import { address, announcement, hex, mac } from "../../testing/values.ts";
import { KernelAddresses } from "../kernel-addresses.ts";
import { EchoBudget } from "./budget.ts";
import { ECHO_DROP_REASONS, type EchoVerdict } from "./drop-reasons.ts";
import { isChecksumRight, isHeaderChecksumRight, writeChecksums } from "./packet4.ts";
import { EchoResponder4 } from "./responder4.ts";

const HOST = 0;
const OTHER_HOST = 3;
const OUTGOING = 4;

/** As Linux sent it: `ping -c 1 -s 3 -p abcdef 192.0.2.100` from 192.0.2.2. */
const REQUEST = hex(`
  02 00 00 00 00 02  02 00 00 00 00 0a  08 00
  45 20 00 1f  12 34 40 00  3f 01 00 00  c0 00 02 02  c0 00 02 64
  08 00 00 00  be ef 00 01  ab cd ef
`);

/** The request with other bytes at an offset, and with right checksums unless told otherwise. */
function request(offset = 0, bytes: readonly number[] = [], sound = true): Uint8Array {
  const frame = REQUEST.slice();
  writeChecksums(frame, frame.length);
  frame.set(bytes, offset);
  if (sound) writeChecksums(frame, frame.length);
  return frame;
}

/** Announces .100 and .102, which the kernel has too; caretakes .104. */
function make() {
  const own = mac("02:00:00:00:00:02");
  const table = new InterfaceTable({ index: 2, mac: own, macBytes: macToBytes(own) });
  for (const text of ["192.0.2.100", "192.0.2.102"]) table.set(announcement(text));
  table.set(announcement("192.0.2.104", { mac: "02:00:00:00:00:0d", caretaking: true }));
  const kernel = new KernelAddresses();
  kernel.assign([address("192.0.2.1"), address("192.0.2.102")]);
  let now = 0;
  const budget = new EchoBudget(3, now);
  const responder = new EchoResponder4({ table, kernel, budget, nowMs: () => now });
  const judge = (frame: Uint8Array, packetType = HOST): EchoVerdict =>
    responder.judge(frame, frame.length, packetType);
  return { table, responder, judge, pass: (ms: number) => (now += ms) };
}

describe("EchoResponder4", () => {
  it("turns a request into its reply, to the station that it came from", () => {
    const { judge, responder } = make();
    const frame = new Uint8Array(60);
    frame.set(request());
    expect(judge(frame)).to.equal("Answer");
    expect(responder.replyLength, "without the padding").to.equal(REQUEST.length);
    expect(isHeaderChecksumRight(frame)).to.equal(true);
    expect(isChecksumRight(frame, responder.replyLength)).to.equal(true);
    const reply = frame.slice(0, responder.replyLength);
    reply.set([0, 0], 24);
    reply.set([0, 0], 36);
    expect(reply).to.deep.equal(
      hex(`
        02 00 00 00 00 0a  02 00 00 00 00 02  08 00
        45 20 00 1f  00 01 00 00  40 01 00 00  c0 00 02 64  c0 00 02 02
        00 00 00 00  be ef 00 01  ab cd ef
      `),
    );
  });

  it("computes the checksums of RFC 1071, whatever the length", () => {
    const frame = request();
    // By hand, of 4520 001f 1234 4000 3f01 c000 0202 c000 0264 and 0800 beef 0001 abcd ef00.
    expect(frame.slice(24, 26)).to.deep.equal(hex("a523"));
    expect(frame.slice(36, 38)).to.deep.equal(hex("9e40"));
  });

  const table: readonly (readonly [string, Uint8Array, EchoVerdict, number?])[] = [
    ["a request", request(), "Answer"],
    ["one that may be fragmented", request(20, [0]), "Answer"],
    ["41 bytes", request().subarray(0, 41), "Short"],
    ["a frame with a VLAN tag", request(12, [0x81, 0x00], false), "VlanTagged"],
    ["IPv6", request(12, [0x86, 0xdd], false), "NotEcho"],
    ["UDP", request(23, [17]), "NotEcho"],
    ["version 6", request(14, [0x65]), "NotEcho"],
    ["a reply", request(34, [0]), "NotEcho"],
    ["a destination unreachable", request(34, [3]), "NotEcho"],
    ["a request with a code", request(35, [1]), "NotEcho"],
    ["what we sent", request(), "OwnFrame", OUTGOING],
    ["what comes back from us", request(6, [2, 0, 0, 0, 0, 2]), "OwnFrame"],
    ["what is for another host", request(), "NotForUs", OTHER_HOST],
    ["what is for everybody on the segment", request(0, [255, 255, 255, 255, 255, 255]), "NotForUs", 1],
    ["what is for another MAC", request(0, [2, 0, 0, 0, 0, 3]), "NotForUs"],
    ["options", request(14, [0x46]), "Options"],
    ["a header that is too short", request(14, [0x44]), "Options"],
    ["a length of a header alone", request(16, [0, 20], false), "BadLength"],
    ["a length beyond the frame", request(16, [0, 32], false), "BadLength"],
    ["a length of 65535", request(16, [255, 255], false), "BadLength"],
    ["a first fragment", request(20, [0x20, 0]), "Fragment"],
    ["a last fragment", request(20, [0, 1]), "Fragment"],
    ["another address", request(33, [101]), "NotAnnounced"],
    ["an address that is caretaken", request(33, [104]), "Caretaken"],
    ["an address that the kernel has", request(33, [102]), "KernelAnswers"],
    ["a source of this network", request(26, [0, 0, 0, 0]), "BadSource"],
    ["a loopback source", request(26, [127, 0, 0, 1]), "BadSource"],
    ["a multicast source", request(26, [224, 0, 0, 1]), "BadSource"],
    ["a broadcast source", request(26, [255, 255, 255, 255]), "BadSource"],
    ["the address itself as its source", request(26, [192, 0, 2, 100]), "BadSource"],
    ["a group's MAC as its source", request(6, [3]), "BadSource"],
    ["a wrong checksum of the header", request(24, [1, 2], false), "BadChecksum"],
    ["a wrong checksum of the message", request(36, [1, 2], false), "BadChecksum"],
    ["other data than the checksum's", request(44, [0], false), "BadChecksum"],
  ];
  for (const [what, frame, verdict, packetType] of table)
    it(`of ${what}: ${verdict}`, () => {
      const before = frame.slice();
      expect(make().judge(frame, packetType)).to.equal(verdict);
      if (verdict !== "Answer") expect(frame, "left as it is").to.deep.equal(before);
    });

  it("says nothing while the interface is silent", () => {
    const { table, judge } = make();
    table.silent = true;
    expect(judge(request())).to.equal("Silent");
  });

  it("answers what comes again, but not what comes again with less time to live", () => {
    const { judge, pass } = make();
    expect(judge(request(22, [63]))).to.equal("Answer");
    expect(judge(request(22, [63])), "doubled on its way").to.equal("Answer");
    for (const timeToLive of [61, 59, 1]) expect(judge(request(22, [timeToLive]))).to.equal("Looped");
    expect(judge(request(40, [0, 2])), "the next one").to.equal("Answer");
    pass(2_000);
    expect(judge(request(22, [61])), "long after").to.equal("Answer");
  });

  it("answers so many a second and no more", () => {
    const { judge, pass } = make();
    const ping = (sequence: number): EchoVerdict => judge(request(40, [0, sequence]));
    expect([1, 2, 3, 4, 5].map(ping)).to.deep.equal([
      "Answer",
      "Answer",
      "Answer",
      "RateLimited",
      "RateLimited",
    ]);
    pass(340);
    expect([6, 7].map(ping)).to.deep.equal(["Answer", "RateLimited"]);
  });

  it("gives each reply an id of its own, since it may be fragmented", () => {
    const { judge } = make();
    const ids = [1, 2].map((sequence) => {
      const frame = request(40, [0, sequence]);
      judge(frame);
      return frame[19];
    });
    expect(ids).to.deep.equal([1, 2]);
  });

  it("drops noise under a reason, and answers nothing that is not sound", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 80 });
    const patched = fc.tuple(fc.nat(44), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, patch]) => {
      const frame = new Uint8Array(64);
      frame.set(request());
      frame.set(patch, at);
      return frame;
    });
    fc.assert(
      fc.property(fc.oneof(bytes, patched), fc.nat(4), (frame, packetType) => {
        const { judge, responder } = make();
        const verdict = judge(frame, packetType);
        expect([...ECHO_DROP_REASONS, "Answer"]).to.include(verdict);
        if (verdict !== "Answer") return;
        expect(responder.replyLength).to.be.at.most(frame.length);
        expect(isHeaderChecksumRight(frame)).to.equal(true);
        expect(isChecksumRight(frame, responder.replyLength)).to.equal(true);
      }),
    );
  });
});
