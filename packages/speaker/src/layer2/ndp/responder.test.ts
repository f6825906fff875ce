import { addressToBytes } from "@fairlead/net/address.ts";
import { macToBytes } from "@fairlead/net/mac.ts";
import { expect } from "chai";
import fc from "fast-check";
import { InterfaceTable } from "../../announcements/interface-table.ts";
import { address, announcement, hex, mac } from "../../testing/values.ts";
import { isChecksumRight, writeChecksum } from "./packet.ts";
import { NDP_DROP_REASONS, NdpResponder, type NdpVerdict } from "./responder.ts";

const ASKER = "02 00 00 00 00 0a";
const OURS = "02 00 00 00 00 02";
const HOST = 0;
const MULTICAST = 2;

interface Parts {
  readonly destination: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly hopLimit: number;
  readonly type: number;
  readonly code: number;
  /** The first byte of the word before the target. */
  readonly flags: number;
  readonly target: string;
  /** Hexadecimal. */
  readonly options: string;
  readonly badChecksum: boolean;
  /** Bytes behind the packet. */
  readonly padding: number;
  /** Added to the payload length that the header tells. */
  readonly lengthError: number;
}

const SOLICITATION: Parts = {
  destination: "33 33 ff 00 01 00",
  source: ASKER,
  from: "2001:db8::2",
  to: "ff02::1:ff00:100",
  hopLimit: 255,
  type: 135,
  code: 0,
  flags: 0,
  target: "2001:db8::100",
  options: `01 01 ${ASKER}`,
  badChecksum: false,
  padding: 0,
  lengthError: 0,
};

function frameOf(parts: Partial<Parts>): Uint8Array {
  const all = { ...SOLICITATION, ...parts };
  const bytes = (text: string): string => Buffer.from(addressToBytes(address(text))).toString("hex");
  const byte = (value: number): string => value.toString(16).padStart(2, "0");
  const payload = 24 + hex(all.options).length;
  const frame = hex(
    [
      all.destination,
      all.source,
      "86dd",
      "60000000",
      (payload + all.lengthError).toString(16).padStart(4, "0"),
      "3a",
      byte(all.hopLimit),
      bytes(all.from),
      bytes(all.to),
      byte(all.type),
      byte(all.code),
      "0000",
      byte(all.flags),
      "000000",
      bytes(all.target),
      all.options,
      "00".repeat(all.padding),
    ].join(""),
  );
  // The checksum covers the length that the header tells, as far as it goes.
  writeChecksum(frame, Math.max(0, payload + all.lengthError));
  if (all.badChecksum) frame[57] = (frame[57] ?? 0) ^ 1;
  return frame;
}

interface Seen {
  readonly address: string;
  readonly mac: string;
  readonly gratuitous: boolean;
}

/** Announces ::100, caretakes ::104, watches ::fe; the node that is caretaken for and one more have speakers. */
function make(seen: Seen[] = []): NdpResponder & { readonly table: InterfaceTable } {
  const own = mac("02:00:00:00:00:02");
  const table = new InterfaceTable({ index: 2, mac: own, macBytes: macToBytes(own) });
  table.set(announcement("2001:db8::100"));
  table.set(announcement("2001:db8::104", { mac: "02:00:00:00:00:0d", caretaking: true }));
  table.watched.add([address("2001:db8::fe")]);
  table.speakers.assign([mac("02:00:00:00:00:0d"), mac("02:00:00:00:00:0b")]);
  table.linkLocal = addressToBytes(address("fe80::2"));
  const responder = new NdpResponder(table, ({ text }, from, gratuitous) => {
    seen.push({ address: text, mac: from, gratuitous });
  });
  return Object.assign(responder, { table });
}

const HOLDER = "02 00 00 00 00 0d";
const SPEAKER = "02 00 00 00 00 0b";
const CARETAKEN = "2001:db8::104";
/** The gateway's answer to us. */
const SOLICITED_ADVERTISEMENT: Partial<Parts> = {
  destination: OURS,
  from: "2001:db8::fe",
  to: "fe80::2",
  type: 136,
  flags: 0x60,
  target: "2001:db8::fe",
  options: `02 01 ${ASKER}`,
};
/** The same told to everybody. */
const UNSOLICITED: Partial<Parts> = {
  ...SOLICITED_ADVERTISEMENT,
  destination: "33 33 00 00 00 01",
  to: "ff02::1",
  flags: 0x20,
};

describe("NdpResponder", () => {
  const dad = { from: "::", options: "" };
  const table: readonly (readonly [string, Partial<Parts>, NdpVerdict, number?])[] = [
    ["a multicast solicitation", {}, "Answer"],
    ["a unicast solicitation (NUD)", { destination: OURS, to: "2001:db8::100" }, "Answer", HOST],
    [
      "a unicast solicitation without an option",
      { destination: OURS, to: "2001:db8::100", options: "" },
      "Answer",
      HOST,
    ],
    ["duplicate address detection", dad, "Answer"],
    ["an unknown option first", { options: `0e 01 00 00 00 00 00 00 01 01 ${ASKER}` }, "Answer"],
    ["bytes behind the packet", { padding: 6 }, "Answer"],
    ["another target", { target: "2001:db8::101" }, "NotAnnounced"],
    ["a multicast target", { target: "ff02::1" }, "NotAnnounced"],
    ["hop limit 254", { hopLimit: 254 }, "BadHopLimit"],
    ["hop limit 64", { hopLimit: 64 }, "BadHopLimit"],
    ["code 1", { code: 1 }, "BadCode"],
    ["a wrong checksum", { badChecksum: true }, "BadChecksum"],
    ["a payload too short", { lengthError: -9 }, "BadLength"],
    ["a payload longer than the frame", { lengthError: 1 }, "BadLength"],
    ["an option of length 0", { options: `01 00 ${ASKER}` }, "BadOption"],
    ["an option longer than the packet", { options: `01 02 ${ASKER}` }, "BadOption"],
    ["a lone byte as option", { options: "01" }, "BadOption"],
    ["a link-layer address of another length", { options: `01 02 ${ASKER} ${"00 ".repeat(8)}` }, "BadOption"],
    ["duplicate address detection with an option", { ...dad, options: SOLICITATION.options }, "BadSource"],
    [
      "duplicate address detection by unicast",
      { ...dad, destination: OURS, to: "2001:db8::100" },
      "BadSource",
      HOST,
    ],
    ["duplicate address detection to all nodes", { ...dad, to: "ff02::1" }, "BadSource"],
    ["a multicast source", { from: "ff02::1" }, "BadSource"],
    ["a group as the asker's MAC", { options: "01 01 33 33 00 00 00 01" }, "BadSender"],
    ["nobody as the asker's MAC", { options: "01 01 00 00 00 00 00 00" }, "BadSender"],
    ["our MAC as the asker's", { options: `01 01 ${OURS}` }, "BadSender"],
    ["our own frame, sent back", { source: OURS }, "OwnFrame"],
    ["a frame for another MAC", { destination: "02 00 00 00 00 0c" }, "NotForUs", HOST],
    ["a frame for another host", {}, "NotForUs", 3],
    ["a frame of our own sending", {}, "OwnFrame", 4],
    ["another's advertisement of our address", { type: 136, options: `02 01 ${ASKER}` }, "ForeignClaim"],
    ["a forged advertisement from elsewhere", { type: 136, hopLimit: 63 }, "BadHopLimit"],
    ["another ICMPv6 message", { type: 128 }, "NotNeighbor"],
    ["a solicitation for an address that is caretaken", { target: CARETAKEN }, "Answer"],
    [
      "another speaker's solicitation for an address that is caretaken",
      { target: CARETAKEN, source: SPEAKER, options: `01 01 ${SPEAKER}` },
      "FromSpeaker",
    ],
    [
      "another speaker's solicitation without an option",
      { target: CARETAKEN, source: SPEAKER, destination: OURS, to: CARETAKEN, options: "" },
      "FromSpeaker",
      HOST,
    ],
    [
      "another speaker's duplicate address detection for an address that is caretaken",
      { ...dad, target: CARETAKEN, source: SPEAKER, to: "ff02::1:ff00:104" },
      "FromSpeaker",
    ],
    [
      "another speaker's solicitation for an address of our own",
      { source: SPEAKER, options: `01 01 ${SPEAKER}` },
      "Answer",
    ],
    ["an answer of a watched address", SOLICITED_ADVERTISEMENT, "Seen", HOST],
    ["a watched address telling itself", UNSOLICITED, "Seen"],
    ["a solicitation for a watched address", { target: "2001:db8::fe" }, "NotAnnounced"],
    [
      "an advertisement of an address that is not watched",
      { ...UNSOLICITED, target: "2001:db8::101" },
      "NotAnnounced",
    ],
    ["an answer sent to everybody (RFC 4861 7.1.2)", { ...UNSOLICITED, flags: 0x60 }, "BadFlags"],
    ["an advertisement from nowhere", { ...UNSOLICITED, from: "::" }, "BadSource"],
    ["an advertisement from a group", { ...UNSOLICITED, from: "ff02::1" }, "BadSource"],
    [
      "an advertisement with an option of length 0",
      { ...UNSOLICITED, options: `02 00 ${ASKER}` },
      "BadOption",
    ],
    [
      "an advertisement of a group's MAC",
      { ...UNSOLICITED, options: "02 01 33 33 00 00 00 01" },
      "BadSender",
    ],
    ["an advertisement of our own MAC", { ...UNSOLICITED, options: `02 01 ${OURS}` }, "OwnFrame"],
    ["a watched advertisement with a wrong checksum", { ...UNSOLICITED, badChecksum: true }, "BadChecksum"],
    ["a watched advertisement with code 1", { ...UNSOLICITED, code: 1 }, "BadCode"],
    [
      "the holder's claim of an address that is caretaken for it",
      { ...UNSOLICITED, target: CARETAKEN, options: `02 01 ${HOLDER}` },
      "Seen",
    ],
    [
      "another's claim of an address that is caretaken",
      { ...UNSOLICITED, target: CARETAKEN },
      "ForeignClaim",
    ],
  ];
  for (const [what, parts, verdict, packetType = MULTICAST] of table) {
    it(`${what}: ${verdict}`, () => {
      const frame = frameOf(parts);
      expect(make().judge(frame, frame.length, packetType)).to.equal(verdict);
    });
  }

  it("knows other frames for what they are", () => {
    const frame = frameOf({});
    const changed = (at: number, ...values: readonly number[]): Uint8Array => {
      const copy = frame.slice();
      copy.set(values, at);
      return copy;
    };
    for (const [bytes, verdict] of [
      [frame.subarray(0, 77), "Short"],
      [changed(12, 0x81, 0x00), "VlanTagged"],
      [changed(12, 0x08, 0x00), "NotIcmp6"],
      [changed(14, 0x40), "NotIcmp6"],
      [changed(20, 0), "NotIcmp6"],
    ] as const)
      expect(make().judge(bytes, bytes.length, MULTICAST)).to.equal(verdict);
  });

  it("answers the asker, solicited and with override (RFC 4861 7.2.4)", () => {
    const responder = make();
    const frame = frameOf({});
    responder.judge(frame, frame.length, MULTICAST);
    const { reply } = responder;
    const at = (from: number, to: number): string => Buffer.from(reply.subarray(from, to)).toString("hex");
    expect(at(0, 12)).to.equal(`${ASKER}${OURS}`.replaceAll(" ", ""));
    expect(at(21, 22)).to.equal("ff");
    expect(at(22, 38)).to.equal(Buffer.from(addressToBytes(address("2001:db8::100"))).toString("hex"));
    expect(at(38, 54)).to.equal(Buffer.from(addressToBytes(address("2001:db8::2"))).toString("hex"));
    expect(at(54, 56)).to.equal("8800");
    expect(at(58, 62)).to.equal("60000000");
    expect(at(62, 78)).to.equal(at(22, 38));
    expect(at(78, 86)).to.equal(`0201${OURS}`.replaceAll(" ", ""));
    expect(isChecksumRight(reply, 32)).to.equal(true);
  });

  it("answers duplicate address detection to all nodes, not solicited, also after another answer", () => {
    const responder = make();
    const [asked, probed] = [frameOf({}), frameOf(dad)];
    responder.judge(asked, asked.length, MULTICAST);
    responder.judge(probed, probed.length, MULTICAST);
    const { reply } = responder;
    expect(Buffer.from(reply.subarray(0, 6)).toString("hex")).to.equal("333300000001");
    expect(Buffer.from(reply.subarray(38, 54)).toString("hex")).to.equal(`ff02${"0".repeat(27)}1`);
    expect(reply[58]).to.equal(0x20);
    expect(isChecksumRight(reply, 32)).to.equal(true);
  });

  it("gives out the holder's MAC for an address that is caretaken, as a proxy does (RFC 4861 7.2.8)", () => {
    const responder = make();
    const frame = frameOf({ target: CARETAKEN, to: "ff02::1:ff00:104" });
    responder.judge(frame, frame.length, MULTICAST);
    const { reply } = responder;
    const at = (from: number, to: number): string => Buffer.from(reply.subarray(from, to)).toString("hex");
    const text = (of: string): string => Buffer.from(addressToBytes(address(of))).toString("hex");
    expect(at(0, 12)).to.equal(`${ASKER}${OURS}`.replaceAll(" ", ""));
    expect(at(22, 38)).to.equal(text("fe80::2"));
    expect(at(38, 54)).to.equal(text("2001:db8::2"));
    expect(at(58, 62), "solicited, without override").to.equal("40000000");
    expect(at(62, 78)).to.equal(text(CARETAKEN));
    expect(at(78, 86)).to.equal(`0201${HOLDER}`.replaceAll(" ", ""));
    expect(isChecksumRight(reply, 32)).to.equal(true);
    responder.table.linkLocal = undefined;
    responder.judge(frame, frame.length, MULTICAST);
    expect(at(22, 38)).to.equal(text(CARETAKEN));
    const own = frameOf({});
    responder.judge(own, own.length, MULTICAST);
    expect(at(58, 59) + at(80, 86)).to.equal(`60${OURS}`.replaceAll(" ", ""));
  });

  it("answers nothing while it is silent, and sees on", () => {
    const seen: Seen[] = [];
    const responder = make(seen);
    responder.table.silent = true;
    for (const target of ["2001:db8::100", CARETAKEN]) {
      const frame = frameOf({ target });
      expect(responder.judge(frame, frame.length, MULTICAST)).to.equal("Silent");
    }
    const told = frameOf(UNSOLICITED);
    expect(responder.judge(told, told.length, MULTICAST)).to.equal("Seen");
    expect(seen).to.have.length(1);
    responder.table.silent = false;
    const frame = frameOf({});
    expect(responder.judge(frame, frame.length, MULTICAST)).to.equal("Answer");
  });

  const gateway = { address: "2001:db8::fe", mac: "02:00:00:00:00:0a" };
  const sights: readonly (readonly [string, Partial<Parts>, readonly Seen[]])[] = [
    ["an answer to us", SOLICITED_ADVERTISEMENT, [{ ...gateway, gratuitous: false }]],
    ["an advertisement to all nodes", UNSOLICITED, [{ ...gateway, gratuitous: true }]],
    [
      "an answer without an option, by the frame's source",
      { ...SOLICITED_ADVERTISEMENT, options: "", source: SPEAKER },
      [{ ...gateway, mac: "02:00:00:00:00:0b", gratuitous: false }],
    ],
    [
      "an advertisement whose frame comes from another MAC, by the option",
      { ...UNSOLICITED, source: SPEAKER },
      [{ ...gateway, gratuitous: true }],
    ],
    [
      "another's claim of our address",
      { ...UNSOLICITED, target: "2001:db8::100" },
      [{ ...gateway, address: "2001:db8::100", gratuitous: true }],
    ],
    ["a solicitation from a watched address", { from: "2001:db8::fe" }, []],
    ["our own frame, sent back", { ...UNSOLICITED, source: OURS }, []],
    ["an advertisement of our own MAC", { ...UNSOLICITED, options: `02 01 ${OURS}` }, []],
    ["an advertisement from elsewhere", { ...UNSOLICITED, hopLimit: 64 }, []],
    ["an advertisement of an address that is not watched", { ...UNSOLICITED, target: "2001:db8::101" }, []],
  ];
  for (const [what, parts, expected] of sights)
    it(`sees ${expected.length === 0 ? "nothing in" : "who has the address in"} ${what}`, () => {
      const seen: Seen[] = [];
      const frame = frameOf(parts);
      make(seen).judge(frame, frame.length, HOST);
      expect(seen).to.deep.equal(expected);
    });

  it("sees in a changed advertisement only what is sound and of a watched address and another station", () => {
    const seen: Seen[] = [];
    const responder = make(seen);
    const change = fc.tuple(fc.nat(85), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, mend) => {
        const frame = frameOf(UNSOLICITED);
        for (const [at, value] of changes) frame[at] = value;
        if (mend) writeChecksum(frame, 32);
        seen.length = 0;
        responder.judge(frame, frame.length, MULTICAST);
        for (const one of seen) {
          expect(frame[21]).to.equal(255);
          expect(isChecksumRight(frame, ((frame[18] ?? 0) << 8) | (frame[19] ?? 0))).to.equal(true);
          expect(Buffer.from(frame.subarray(62, 78)).toString("hex")).to.equal(
            Buffer.from(addressToBytes(address(one.address))).toString("hex"),
          );
          expect(one.mac).not.to.equal("02:00:00:00:00:02");
          expect((macToBytes(mac(one.mac))[0] ?? 1) % 2).to.equal(0);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("answers a changed solicitation only if it is still a sound one for us", () => {
    const responder = make();
    const change = fc.tuple(fc.nat(85), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, mend) => {
        const frame = frameOf({});
        for (const [at, value] of changes) frame[at] = value;
        if (mend) writeChecksum(frame, 32);
        if (responder.judge(frame, frame.length, MULTICAST) !== "Answer") return;
        expect(frame[21]).to.equal(255);
        const target = Buffer.from(frame.subarray(62, 78)).toString("hex");
        expect(
          ["2001:db8::100", CARETAKEN].map((one) =>
            Buffer.from(addressToBytes(address(one))).toString("hex"),
          ),
        ).to.include(target);
        expect(isChecksumRight(responder.reply, 32)).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("has a verdict for any noise, also behind a sound beginning", () => {
    const responder = make();
    const start = frameOf({}).subarray(0, 78);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.boolean(), fc.nat(5), (noise, sound, packetType) => {
        const frame = sound ? Uint8Array.of(...start, ...noise) : noise;
        if (sound) {
          frame[18] = 0;
          frame[19] = frame.length - 54;
          writeChecksum(frame, frame.length - 54);
        }
        expect([...NDP_DROP_REASONS, "Answer"]).to.include(responder.judge(frame, frame.length, packetType));
      }),
    );
  });
});
