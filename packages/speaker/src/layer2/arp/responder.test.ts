import { expect } from "chai";
import fc from "fast-check";
import { InterfaceTable } from "../../announcements/interface-table.ts";
import { announcement, hex } from "../../testing/values.ts";
import { ARP_FRAME_BYTES, type ArpFields, readArp, writeArp } from "./packet.ts";
import { ARP_DROP_REASONS, ArpResponder, type ArpVerdict } from "./responder.ts";

const OURS = hex("02 00 00 00 00 02");
const ASKER = hex("02 00 00 00 00 0a");
const BROADCAST = hex("ff ff ff ff ff ff");
const ZERO = hex("00 00 00 00 00 00");
const VIP = hex("c0 00 02 64");
const HOST = 0;
const OTHER_HOST = 3;
const OUTGOING = 4;

const REQUEST: ArpFields = {
  destination: BROADCAST,
  source: ASKER,
  operation: 1,
  senderMac: ASKER,
  senderAddress: hex("c0 00 02 02"),
  targetMac: ZERO,
  targetAddress: VIP,
};

function frameOf(fields: Partial<ArpFields>, padding = 0): Uint8Array {
  const frame = new Uint8Array(ARP_FRAME_BYTES + padding);
  writeArp(frame, { ...REQUEST, ...fields });
  return frame;
}

function changed(offset: number, ...values: readonly number[]): Uint8Array {
  const frame = frameOf({});
  frame.set(values, offset);
  return frame;
}

function make(): ArpResponder {
  const table = new InterfaceTable(announcement("192.0.2.100"));
  table.set(announcement("192.0.2.100"));
  table.set(announcement("192.0.2.101"));
  return new ArpResponder(table);
}

describe("ArpResponder", () => {
  const table: readonly (readonly [string, Uint8Array, ArpVerdict, number?])[] = [
    ["a broadcast request", frameOf({}), "Answer", 1],
    ["a request padded to 60 bytes", frameOf({}, 18), "Answer", 1],
    ["a unicast request", frameOf({ destination: OURS }), "Answer"],
    ["a probe (sender 0.0.0.0)", frameOf({ senderAddress: hex("00 00 00 00") }), "Answer", 1],
    [
      "a request through a bridge that sends under its own MAC",
      frameOf({ source: hex("02 00 00 00 00 0b") }),
      "Answer",
      1,
    ],
    ["41 bytes", frameOf({}).subarray(0, 41), "Short"],
    ["a VLAN tag", changed(12, 0x81, 0x00), "VlanTagged"],
    ["a service VLAN tag", changed(12, 0x88, 0xa8), "VlanTagged"],
    ["another EtherType", changed(12, 0x08, 0x00), "NotArp"],
    ["another hardware", changed(15, 6), "Malformed"],
    ["another protocol", changed(16, 0x86, 0xdd), "Malformed"],
    ["another length of MACs", changed(18, 8), "Malformed"],
    ["another length of addresses", changed(19, 16), "Malformed"],
    ["a frame of our own sending", frameOf({}), "OwnFrame", OUTGOING],
    ["our own frame, sent back", frameOf({ source: OURS, senderMac: OURS }), "OwnFrame", 1],
    ["our own MAC as sender in another's frame", frameOf({ senderMac: OURS }), "OwnFrame", 1],
    ["a frame for another host", frameOf({ destination: hex("02 00 00 00 00 0c") }), "NotForUs", OTHER_HOST],
    [
      "a frame for another MAC that reached us",
      frameOf({ destination: hex("02 00 00 00 00 0c") }),
      "NotForUs",
    ],
    ["a frame to a multicast group", frameOf({ destination: hex("01 00 5e 00 00 01") }), "NotForUs", 2],
    ["a group as sender", frameOf({ senderMac: hex("03 00 00 00 00 0a") }), "BadSender", 1],
    ["everybody as sender", frameOf({ senderMac: BROADCAST }), "BadSender", 1],
    ["nobody as sender", frameOf({ senderMac: ZERO }), "BadSender", 1],
    ["a multicast address as sender", frameOf({ senderAddress: hex("e0 00 00 01") }), "BadSender", 1],
    ["the broadcast address as sender", frameOf({ senderAddress: hex("ff ff ff ff") }), "BadSender", 1],
    ["a loopback address as sender", frameOf({ senderAddress: hex("7f 00 00 01") }), "BadSender", 1],
    [
      "a request under our address",
      frameOf({ senderAddress: VIP, targetAddress: hex("c0 00 02 01") }),
      "ForeignClaim",
      1,
    ],
    ["another's announcement of our address", frameOf({ senderAddress: VIP }), "ForeignClaim", 1],
    [
      "another's reply for our address",
      frameOf({ operation: 2, senderAddress: VIP, destination: OURS }),
      "ForeignClaim",
    ],
    ["a reply", frameOf({ operation: 2, destination: OURS }), "NotRequest"],
    ["a reverse request", frameOf({ operation: 3 }), "NotRequest", 1],
    [
      "a request for an address that is not ours",
      frameOf({ targetAddress: hex("c0 00 02 66") }),
      "NotAnnounced",
      1,
    ],
  ];
  for (const [what, frame, verdict, packetType = HOST] of table) {
    it(`${what}: ${verdict}`, () => {
      expect(make().judge(frame, frame.length, packetType)).to.equal(verdict);
    });
  }

  it("answers to the sender, from the MAC that is given out, with both protocol addresses swapped", () => {
    const responder = make();
    responder.judge(frameOf({ source: hex("02 00 00 00 00 0b") }), ARP_FRAME_BYTES, 1);
    expect(readArp(responder.reply)).to.deep.equal({
      destination: ASKER,
      source: OURS,
      operation: 2,
      senderMac: OURS,
      senderAddress: VIP,
      targetMac: ASKER,
      targetAddress: REQUEST.senderAddress,
    });
  });

  it("answers from the table as it is now", () => {
    const table = new InterfaceTable(announcement("192.0.2.100"));
    const responder = new ArpResponder(table);
    expect(responder.judge(frameOf({}), ARP_FRAME_BYTES, 1)).to.equal("NotAnnounced");
    table.set(announcement("192.0.2.100"));
    expect(responder.judge(frameOf({}), ARP_FRAME_BYTES, 1)).to.equal("Answer");
  });

  it("takes no byte behind the frame's length for part of it", () => {
    const frame = frameOf({}, 100);
    expect(make().judge(frame, 20, 1)).to.equal("Short");
  });

  it("answers a request with any one byte changed only if it is still one for us", () => {
    const responder = make();
    const change = fc.tuple(fc.nat(ARP_FRAME_BYTES - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const frame = frameOf({});
        for (const [at, value] of changes) frame[at] = value;
        const verdict = responder.judge(frame, frame.length, 1);
        if (verdict !== "Answer") return;
        const asked = readArp(frame);
        const answered = readArp(responder.reply);
        expect(asked.operation).to.equal(1);
        expect(answered.senderAddress).to.deep.equal(asked.targetAddress);
        expect([100, 101]).to.include(asked.targetAddress[3]);
        expect(answered.destination).to.deep.equal(asked.senderMac);
        expect(answered.destination[0]).to.satisfy((first: number) => first % 2 === 0);
      }),
      { numRuns: 1000 },
    );
  });

  it("has a verdict for any noise", () => {
    const responder = make();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(5), (noise, packetType) => {
        const verdict = responder.judge(noise, noise.length, packetType);
        expect([...ARP_DROP_REASONS, "Answer"]).to.include(verdict);
      }),
    );
  });
});
