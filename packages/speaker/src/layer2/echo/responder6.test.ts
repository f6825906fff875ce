import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import fc from "fast-check";
import { InterfaceTable } from "../../announcements/interface-table.ts";
import { address, announcement, hex, mac } from "../../testing/values.ts";
import { KernelAddresses } from "../kernel-addresses.ts";
import { isChecksumRight, writeChecksum } from "../ndp/packet.ts";
import { EchoBudget } from "./budget.ts";
import { ECHO_DROP_REASONS, type EchoVerdict } from "./drop-reasons.ts";
import { EchoResponder6 } from "./responder6.ts";

const HOST = 0;
const OTHER_HOST = 3;
const OUTGOING = 4;
const PAYLOAD = 11;

/** From 2001:db8::2 to 2001:db8::100, with a traffic class, a flow label and three bytes of data. */
const REQUEST = hex(`
  02 00 00 00 00 02  02 00 00 00 00 0a  86 dd
  6b 83 f0 9c  00 0b 3a 3f
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00
  80 00 00 00  be ef 00 01  ab cd ef
`);

/** The request with other bytes at an offset, and with a right checksum unless told otherwise. */
function request(offset = 0, bytes: readonly number[] = [], sound = true): Uint8Array {
  const frame = REQUEST.slice();
  writeChecksum(frame, PAYLOAD);
  frame.set(bytes, offset);
  if (sound) writeChecksum(frame, PAYLOAD);
  return frame;
}

/** Announces ::100 and ::102, which the kernel has too; caretakes ::104. */
function make() {
  const own = mac("02:00:00:00:00:02");
  const table = new InterfaceTable({ index: 2, mac: own, macBytes: macToBytes(own) });
  for (const text of ["2001:db8::100", "2001:db8::102"]) table.set(announcement(text));
  table.set(announcement("2001:db8::104", { mac: "02:00:00:00:00:0d", caretaking: true }));
  const kernel = new KernelAddresses();
  kernel.assign([address("2001:db8::1"), address("2001:db8::102")]);
  let now = 0;
  const budget = new EchoBudget(3, now);
  const responder = new EchoResponder6({ table, kernel, budget, nowMs: () => now });
  const judge = (frame: Uint8Array, packetType = HOST): EchoVerdict =>
    responder.judge(frame, frame.length, packetType);
  return { table, responder, judge, pass: (ms: number) => (now += ms) };
}

const zeros = (length: number, ...last: readonly number[]): readonly number[] => [
  ...Array.from({ length: length - last.length }, () => 0),
  ...last,
];

describe("EchoResponder6", () => {
  it("turns a request into its reply, to the station that it came from", () => {
    const { judge, responder } = make();
    const frame = request();
    expect(judge(frame)).to.equal("Answer");
    expect(responder.replyLength).to.equal(REQUEST.length);
    expect(isChecksumRight(frame, PAYLOAD)).to.equal(true);
    const reply = frame.slice();
    reply.set([0, 0], 56);
    expect(reply).to.deep.equal(
      hex(`
        02 00 00 00 00 0a  02 00 00 00 00 02  86 dd
        6b 80 00 00  00 0b 3a 40
        20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00
        20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
        81 00 00 00  be ef 00 01  ab cd ef
      `),
    );
  });

  const table: readonly (readonly [string, Uint8Array, EchoVerdict, number?])[] = [
    ["a request", request(), "Answer"],
    ["one with bytes behind it", Uint8Array.of(...request(), 0, 0, 0), "Answer"],
    ["61 bytes", request().subarray(0, 61), "Short"],
    ["a frame with a VLAN tag", request(12, [0x81, 0x00], false), "VlanTagged"],
    ["IPv4", request(12, [0x08, 0x00], false), "NotEcho"],
    ["version 4", request(14, [0x45]), "NotEcho"],
    ["a fragment header", request(20, [44]), "NotEcho"],
    ["a reply", request(54, [129]), "NotEcho"],
    ["a solicitation", request(54, [135]), "NotEcho"],
    ["a request with a code", request(55, [1]), "NotEcho"],
    ["what we sent", request(), "OwnFrame", OUTGOING],
    ["what comes back from us", request(6, [2, 0, 0, 0, 0, 2]), "OwnFrame"],
    ["what is for another host", request(), "NotForUs", OTHER_HOST],
    ["what is for another MAC", request(0, [2, 0, 0, 0, 0, 3]), "NotForUs"],
    ["what is for a group", request(0, [0x33, 0x33, 0, 0, 0, 1]), "NotForUs", 2],
    ["a length that is too short", request(18, [0, 7], false), "BadLength"],
    ["a length beyond the frame", request(18, [0, 12], false), "BadLength"],
    ["a length of 65535", request(18, [255, 255], false), "BadLength"],
    ["another address", request(53, [1]), "NotAnnounced"],
    ["an address that is caretaken", request(52, [1, 4]), "Caretaken"],
    ["an address that the kernel has", request(52, [1, 2]), "KernelAnswers"],
    ["the unspecified source", request(22, zeros(16)), "BadSource"],
    ["the loopback source", request(22, zeros(16, 1)), "BadSource"],
    ["a multicast source", request(22, [0xff, 2]), "BadSource"],
    ["the address itself as its source", request(36, [1, 0]), "BadSource"],
    ["a group's MAC as its source", request(6, [3]), "BadSource"],
    ["a wrong checksum", request(56, [1, 2], false), "BadChecksum"],
    ["other data than the checksum's", request(64, [0], false), "BadChecksum"],
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

  it("answers what comes again, but not what comes again with a lower hop limit", () => {
    const { judge } = make();
    expect(judge(request(21, [63]))).to.equal("Answer");
    expect(judge(request(21, [63])), "doubled on its way").to.equal("Answer");
    for (const hopLimit of [61, 59, 1]) expect(judge(request(21, [hopLimit]))).to.equal("Looped");
    expect(judge(request(37, [3])), "of another source").to.equal("Answer");
  });

  it("answers so many a second and no more", () => {
    const { judge, pass } = make();
    const ping = (sequence: number): EchoVerdict => judge(request(60, [0, sequence]));
    expect([1, 2, 3, 4].map(ping)).to.deep.equal(["Answer", "Answer", "Answer", "RateLimited"]);
    pass(340);
    expect([5, 6].map(ping)).to.deep.equal(["Answer", "RateLimited"]);
  });

  it("drops noise under a reason, and answers nothing that is not sound", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 80 });
    const patched = fc
      .tuple(fc.nat(64), fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, patch]) => request(at, [...patch].slice(0, REQUEST.length - at), false));
    fc.assert(
      fc.property(fc.oneof(bytes, patched), fc.nat(4), (frame, packetType) => {
        const { judge, responder } = make();
        const verdict = judge(frame, packetType);
        expect([...ECHO_DROP_REASONS, "Answer"]).to.include(verdict);
        if (verdict !== "Answer") return;
        expect(responder.replyLength).to.be.at.most(frame.length);
        expect(isChecksumRight(frame, responder.replyLength - 54)).to.equal(true);
      }),
    );
  });
});
