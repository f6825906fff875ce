import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import fc from "fast-check";
import type { Announcement } from "../../announcements/announcement.ts";
import { InterfaceTable } from "../../announcements/interface-table.ts";
import { address, announcement, hex, mac } from "../../testing/values.ts";
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

const HOLDER = "02:00:00:00:00:0d";
const SPEAKER = hex("02 00 00 00 00 0b");
const CARETAKEN = hex("c0 00 02 68");
const GATEWAY = hex("c0 00 02 fe");

interface Seen {
  readonly address: string;
  readonly mac: string;
  readonly gratuitous: boolean;
}

function tableOf(...some: readonly Announcement[]): InterfaceTable {
  const own = mac("02:00:00:00:00:02");
  const table = new InterfaceTable({ index: 2, mac: own, macBytes: macToBytes(own) });
  for (const one of some) table.set(one);
  return table;
}

/** Announces .100 and .101, caretakes .104, watches .254; the node that is caretaken for and one more have speakers. */
function make(seen: Seen[] = []): ArpResponder & { readonly table: InterfaceTable } {
  const table = tableOf(
    announcement("192.0.2.100"),
    announcement("192.0.2.101"),
    announcement("192.0.2.104", { mac: HOLDER, caretaking: true }),
  );
  table.watched.add([address("192.0.2.254")]);
  table.speakers.assign([mac(HOLDER), mac("02:00:00:00:00:0b")]);
  const responder = new ArpResponder(table, ({ text }, from, gratuitous) => {
    seen.push({ address: text, mac: from, gratuitous });
  });
  return Object.assign(responder, { table });
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
    ["a request for an address that is caretaken", frameOf({ targetAddress: CARETAKEN }), "Answer", 1],
    [
      "another speaker's request for an address that is caretaken",
      frameOf({ senderMac: SPEAKER, targetAddress: CARETAKEN }),
      "FromSpeaker",
      1,
    ],
    ["another speaker's request for an address of our own", frameOf({ senderMac: SPEAKER }), "Answer", 1],
    [
      "the holder's claim of an address that is caretaken for it",
      frameOf({ senderMac: hex(HOLDER.replaceAll(":", "")), senderAddress: CARETAKEN }),
      "Seen",
      1,
    ],
    [
      "another's claim of an address that is caretaken",
      frameOf({ senderMac: SPEAKER, senderAddress: CARETAKEN }),
      "ForeignClaim",
      1,
    ],
    [
      "a reply of a watched address",
      frameOf({ operation: 2, senderAddress: GATEWAY, destination: OURS }),
      "Seen",
    ],
    [
      "a watched address telling itself",
      frameOf({ senderAddress: GATEWAY, targetAddress: GATEWAY }),
      "Seen",
      1,
    ],
    ["a request of a watched address for ours", frameOf({ senderAddress: GATEWAY }), "Answer", 1],
    [
      "a request of a watched address for another",
      frameOf({ senderAddress: GATEWAY, targetAddress: hex("c0 00 02 66") }),
      "NotAnnounced",
      1,
    ],
    ["a request for a watched address", frameOf({ targetAddress: GATEWAY }), "NotAnnounced", 1],
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

  it("gives out the holder's MAC for an address that is caretaken, in a frame of its own", () => {
    const responder = make();
    responder.judge(frameOf({ targetAddress: CARETAKEN }), ARP_FRAME_BYTES, 1);
    expect(readArp(responder.reply)).to.deep.equal({
      destination: ASKER,
      source: OURS,
      operation: 2,
      senderMac: hex(HOLDER.replaceAll(":", "")),
      senderAddress: CARETAKEN,
      targetMac: ASKER,
      targetAddress: REQUEST.senderAddress,
    });
    responder.judge(frameOf({}), ARP_FRAME_BYTES, 1);
    expect(readArp(responder.reply).senderMac).to.deep.equal(OURS);
  });

  it("answers nothing while it is silent, and sees on", () => {
    const seen: Seen[] = [];
    const responder = make(seen);
    responder.table.silent = true;
    for (const targetAddress of [VIP, CARETAKEN])
      expect(responder.judge(frameOf({ targetAddress }), ARP_FRAME_BYTES, 1)).to.equal("Silent");
    expect(responder.judge(frameOf({ targetAddress: GATEWAY }), ARP_FRAME_BYTES, 1)).to.equal("NotAnnounced");
    responder.judge(frameOf({ senderAddress: GATEWAY }), ARP_FRAME_BYTES, 1);
    expect(seen).to.have.length(1);
    responder.table.silent = false;
    expect(responder.judge(frameOf({}), ARP_FRAME_BYTES, 1)).to.equal("Answer");
  });

  const from = (last: number): Seen["mac"] => `02:00:00:00:00:${last.toString(16).padStart(2, "0")}`;
  const GROUP = hex("01 00 5e 00 00 01");
  const sights: readonly (readonly [string, Partial<ArpFields>, readonly Seen[]])[] = [
    [
      "a reply to us",
      { operation: 2, senderAddress: GATEWAY, destination: OURS },
      [{ address: "192.0.2.254", mac: from(0x0a), gratuitous: false }],
    ],
    [
      "a reply to us that names its own address as target",
      { operation: 2, senderAddress: GATEWAY, targetAddress: GATEWAY, destination: OURS },
      [{ address: "192.0.2.254", mac: from(0x0a), gratuitous: false }],
    ],
    [
      "a gratuitous request",
      { senderAddress: GATEWAY, targetAddress: GATEWAY },
      [{ address: "192.0.2.254", mac: from(0x0a), gratuitous: true }],
    ],
    [
      "a gratuitous reply",
      { operation: 2, senderAddress: GATEWAY, targetAddress: GATEWAY },
      [{ address: "192.0.2.254", mac: from(0x0a), gratuitous: true }],
    ],
    [
      "a question for another",
      { senderAddress: GATEWAY, targetAddress: hex("c0 00 02 66") },
      [{ address: "192.0.2.254", mac: from(0x0a), gratuitous: false }],
    ],
    [
      "another's claim of our address",
      { senderAddress: VIP, targetAddress: VIP },
      [{ address: "192.0.2.100", mac: from(0x0a), gratuitous: true }],
    ],
    [
      "the holder's claim of an address that is caretaken for it",
      { senderMac: hex(HOLDER.replaceAll(":", "")), senderAddress: CARETAKEN },
      [{ address: "192.0.2.104", mac: HOLDER, gratuitous: false }],
    ],
    ["our own frame, sent back", { source: OURS, senderMac: OURS, senderAddress: VIP }, []],
    ["a group as the claimant", { senderMac: GROUP, senderAddress: GATEWAY }, []],
    ["a reverse request", { operation: 3, senderAddress: GATEWAY }, []],
    ["a claim of an address that is not watched", { senderAddress: hex("c0 00 02 66") }, []],
    ["a probe for a watched address", { senderAddress: hex("00 00 00 00"), targetAddress: GATEWAY }, []],
  ];
  for (const [what, fields, expected] of sights)
    it(`sees ${expected.length === 0 ? "nothing in" : "who has the address in"} ${what}`, () => {
      const seen: Seen[] = [];
      make(seen).judge(frameOf(fields), ARP_FRAME_BYTES, HOST);
      expect(seen).to.deep.equal(expected);
    });

  it("heeds what it has been told to let go on account of the same frame", () => {
    const table = tableOf(announcement("192.0.2.100"));
    table.watched.add([address("192.0.2.254")]);
    const responder = new ArpResponder(table, () => table.delete(announcement("192.0.2.100")));
    const asked = frameOf({ senderAddress: GATEWAY });
    expect(responder.judge(asked, asked.length, 1)).to.equal("NotAnnounced");
  });

  it("answers from the table as it is now", () => {
    const table = tableOf();
    const responder = new ArpResponder(table, () => {});
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
        expect([100, 101, 104]).to.include(asked.targetAddress[3]);
        expect(answered.destination).to.deep.equal(asked.senderMac);
        expect(answered.destination[0]).to.satisfy((first: number) => first % 2 === 0);
      }),
      { numRuns: 1000 },
    );
  });

  it("sees only what a changed frame still says of a watched address and another station", () => {
    const seen: Seen[] = [];
    const responder = make(seen);
    const change = fc.tuple(fc.nat(ARP_FRAME_BYTES - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const frame = frameOf({ operation: 2, senderAddress: GATEWAY });
        for (const [at, value] of changes) frame[at] = value;
        seen.length = 0;
        responder.judge(frame, frame.length, 1);
        const { senderMac, senderAddress } = readArp(frame);
        for (const one of seen) {
          expect(one.address).to.equal(senderAddress.join("."));
          expect(macToBytes(mac(one.mac))).to.deep.equal(senderMac);
          expect(one.mac).not.to.equal("02:00:00:00:00:02");
          expect((senderMac[0] ?? 1) % 2).to.equal(0);
        }
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
