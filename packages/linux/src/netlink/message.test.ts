import { expect } from "chai";
import fc from "fast-check";
import { dumpRequest, NLMSG_DONE, NLMSG_ERROR, readErrno, readMessages } from "./message.ts";

/** A message of type 16 with a 3-byte payload, padded, and an NLMSG_DONE. */
const TWO_MESSAGES = [
  ...[19, 0, 0, 0], // length: header and 3 bytes
  ...[16, 0], // type RTM_NEWLINK
  ...[0x12, 0], // flags: multi-part, dump interrupted
  ...[7, 0, 0, 0], // sequence
  ...[0x11, 0x22, 0x33, 0x44], // port id
  ...[1, 2, 3, 0], // payload, padding
  ...[20, 0, 0, 0, 3, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0], // NLMSG_DONE
  ...[0xfc, 0xff, 0xff, 0xff], // -4
];

describe("readMessages", () => {
  it("reads each message of a datagram", () => {
    const { messages, malformed } = readMessages(Uint8Array.from(TWO_MESSAGES));
    expect(malformed).to.equal(undefined);
    expect(messages.map((message) => ({ ...message, payload: [...message.payload] }))).to.deep.equal([
      { type: 16, flags: 0x12, sequence: 7, payload: [1, 2, 3] },
      { type: NLMSG_DONE, flags: 2, sequence: 7, payload: [0xfc, 0xff, 0xff, 0xff] },
    ]);
  });

  it("gives what came before a malformed message and says what is wrong", () => {
    const cut = readMessages(Uint8Array.from(TWO_MESSAGES.slice(0, -1)));
    expect(cut.messages).to.have.length(1);
    expect(cut.malformed).to.equal("message length 20 with 19 bytes left");
    expect(readMessages(new Uint8Array(15)).malformed).to.equal("15 bytes are too few for a header");
    // A length below the header's would never end.
    expect(readMessages(new Uint8Array(16)).malformed).to.equal("message length 0 with 16 bytes left");
  });

  it("reads what a request writes", () => {
    const { messages } = readMessages(dumpRequest(18, 0xfffffffe, Uint8Array.of(1, 2, 3, 4)));
    expect(messages).to.deep.equal([
      { type: 18, flags: 0x301, sequence: 0xfffffffe, payload: Uint8Array.of(1, 2, 3, 4) },
    ]);
  });

  it("never throws and never reads outside, whatever the bytes", () => {
    const small = fc.nat(40);
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(small, fc.uint8Array({ minLength: 12, maxLength: 60 }))
        .map(([length, rest]) => Uint8Array.of(length, 0, 0, 0, ...rest)),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        const { messages } = readMessages(bytes);
        const total = messages.reduce((sum, { payload }) => sum + payload.length + 16, 0);
        expect(total).to.be.at.most(bytes.length);
        for (const message of messages) readErrno(message);
      }),
    );
  });
});

describe("readErrno", () => {
  const message = (type: number, ...payload: number[]) =>
    readErrno({ type, flags: 0, sequence: 0, payload: Uint8Array.from(payload) });

  it("tells the positive errno", () => {
    expect(message(NLMSG_ERROR, 0xf0, 0xff, 0xff, 0xff)).to.deep.equal({ ok: true, value: 16 });
    expect(message(NLMSG_ERROR, 0, 0, 0, 0)).to.deep.equal({ ok: true, value: 0 });
  });

  it("takes an end without an errno as a success, but no error without one", () => {
    expect(message(NLMSG_DONE)).to.deep.equal({ ok: true, value: 0 });
    expect(message(NLMSG_ERROR, 1, 2).ok).to.equal(false);
  });
});
