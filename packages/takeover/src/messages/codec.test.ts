import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import type { Claim } from "../claims/claim.ts";
import { testKeys } from "../testing/keys.ts";
import { decode, encode, MOST_BYTES } from "./codec.ts";
import { fingerprint } from "./digest.ts";
import { MOST_ITEMS } from "./items.ts";
import type { Body, Header, Item, KnownItem } from "./message.ts";

const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const u32 = fc.nat(0xffffffff);
const address: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.bigInt(0n, 2n ** 32n - 1n).map((value) => addressOf("IPv4", value)),
  fc.bigInt(2n ** 100n, 2n ** 128n - 1n).map((value) => addressOf("IPv6", value)),
);
const claim: fc.Arbitrary<Claim> = fc.record({
  epoch: fc.maxSafeNat(),
  step: u32,
  firm: fc.boolean(),
  index: fc.nat(255),
  node: u64,
});
const knownItem: fc.Arbitrary<KnownItem> = fc.record({
  address,
  claim,
  knowledge: fc.constantFrom("Silent", "Heard", "Hearsay", "Caretaken"),
});
/** As decoded: what has no knowledge to tell says "Silent". */
const item = knownItem.map((one): KnownItem => ({ ...one, knowledge: "Silent" }));
const items = fc.array(item, { maxLength: MOST_ITEMS });
const list = fc.array(u64, { maxLength: 8 });
const sight = fc.constantFrom<0 | 1 | 2>(0, 1, 2);
const flag = fc.boolean();
const page = fc
  .record({ number: fc.nat(9), more: fc.nat(9), revision: fc.nat(0xffff) })
  .map(({ number, more, revision }) => ({ number, of: number + more + 1, revision }));

const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record({
    type: fc.constant("Heartbeat" as const),
    intervalMs: fc.integer({ min: 1, max: 0xffff }),
    addresses: u32,
    digest: u64,
    revision: fc.maxSafeNat(),
    restarting: flag,
    active: fc.array(u64, { maxLength: 64 }),
  }),
  fc.record({ type: fc.constant("Ack" as const), ready: flag }),
  fc.record({ type: fc.constant("Ask" as const), subject: u64, round: u32, items }),
  fc.record({
    type: fc.constant("Tell" as const),
    subject: u64,
    round: u32,
    sinceMs: u32,
    ready: flag,
    hasDuty: flag,
    sight,
    self: flag,
    items,
  }),
  fc.record({
    type: fc.constant("Claim" as const),
    list,
    page: fc.option(page, { nil: undefined }),
    items,
  }),
  fc.record({
    type: fc.constant("Known" as const),
    list,
    items: fc.array(knownItem, { maxLength: MOST_ITEMS }),
  }),
  fc.record({ type: fc.constant("Offer" as const), list, items }),
  fc.record({ type: fc.constantFrom("Yield" as const, "ClaimAck" as const), items }),
  fc.record({ type: fc.constant("Query" as const), addresses: fc.array(address, { maxLength: 80 }) }),
  fc.record({ type: fc.constant("Sight" as const), round: u32 }),
  fc.record({ type: fc.constant("Sighted" as const), round: u32, sight, others: fc.boolean() }),
);
const header: fc.Arbitrary<Header> = fc.record({
  path: fc.constantFrom("Node", "Segment"),
  sender: u64,
  incarnation: u64,
  receiverIncarnation: u64,
  sequence: fc.maxSafeNat(),
  interfaceId: u32,
});
const keys = testKeys(1, [1, 2]);

describe("a message", () => {
  it("is the same when it is read from its bytes, and never longer than a frame", () => {
    fc.assert(
      fc.property(header, body, (head, what) => {
        const bytes = encode(head, what, keys);
        expect(bytes.length).to.be.at.most(MOST_BYTES);
        expect(decode(bytes, keys)).to.deep.equal({ ok: true, value: { header: head, body: what } });
      }),
    );
  });

  it("has its fields where the drawing says", () => {
    const bytes = encode(
      {
        path: "Segment",
        sender: 0x0102030405060708n,
        incarnation: 9n,
        receiverIncarnation: 10n,
        sequence: 11,
        interfaceId: 0xaabbccdd,
      },
      { type: "ClaimAck", items: [anItem()] },
      keys,
    );
    expect(hex(bytes.subarray(0, 48))).to.equal(
      [
        "464c 01 0c 01 01", // magic, version, CLAIM-ACK, key 1, segment path
        "0068", // 104 bytes: header 48, item 40, tag 16
        "0102030405060708", // sender
        "0000000000000009", // its incarnation
        "000000000000000a", // the receiver's
        "000000000000000b", // sequence
        "aabbccdd 0001 0000", // interface, one item, zero
      ]
        .join("")
        .replaceAll(" ", ""),
    );
    expect(hex(bytes.subarray(48, 88))).to.equal(
      [
        "00000000000000000000ffffc6336407", // 198.51.100.7, mapped
        "0000000000000007", // epoch
        "00000002", // step
        "01 03 00 00", // provisional, index 3, zero, knowledge
        "00000000000000ff", // holder
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  it("is dropped under a reason and never throws, whatever byte was changed", () => {
    fc.assert(
      fc.property(header, body, fc.nat(), fc.nat(255), (head, what, at, value) => {
        const bytes = Uint8Array.from(encode(head, what, keys));
        const index = at % bytes.length;
        fc.pre(bytes[index] !== value);
        bytes[index] = value;
        expect(decode(bytes, keys)).to.have.property("ok", false);
      }),
    );
  });

  it("is read without a throw even where a key's owner writes nonsense", () => {
    fc.assert(
      fc.property(
        header,
        body,
        fc.nat(12),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(),
        (head, what, type, noise, at) => {
          const bytes = Uint8Array.from(encode(head, what, keys));
          bytes[3] = type;
          const start = 40 + (at % bytes.length);
          bytes.set(noise.subarray(0, Math.max(0, bytes.length - 16 - start)), Math.min(start, bytes.length));
          const tag = keys.tag(1, bytes.subarray(0, bytes.length - 16));
          if (tag !== undefined) bytes.set(tag, bytes.length - 16);
          expect(decode(bytes, keys).ok).to.be.a("boolean");
        },
      ),
    );
  });

  it("of noise is dropped", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        expect(decode(bytes, keys).ok).to.equal(false);
      }),
    );
  });

  it("is accepted with either key while keys are changed, and with no other", () => {
    const bytes = encode(aHeader(), { type: "Ack", ready: true }, testKeys(2, [1, 2]));
    expect(decode(bytes, keys).ok).to.equal(true);
    expect(decode(bytes, testKeys(1, [1]))).to.deep.equal({ ok: false, error: "UnknownKey" });
  });
});

describe("the fingerprint of an item", () => {
  it("differs where the item does", () => {
    fc.assert(
      fc.property(item, item, (a, b) => {
        fc.pre(String(a.claim.node) !== String(b.claim.node) || a.address.text !== b.address.text);
        expect(fingerprint(a)).to.not.equal(fingerprint(b));
      }),
    );
  });
});

function anItem(): Item {
  return {
    address: addressOf("IPv4", 0xc6336407n),
    claim: { epoch: 7, step: 2, firm: false, index: 3, node: 255n },
  };
}

function aHeader(): Header {
  return {
    path: "Node",
    sender: 1n,
    incarnation: 2n,
    receiverIncarnation: 3n,
    sequence: 4,
    interfaceId: 5,
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
