import type { TakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import { addressOf, type IpAddress } from "@fairlead/net/address.ts";
import { macFromBytes } from "@fairlead/net/mac.ts";
import { prefixOf } from "@fairlead/net/prefix.ts";
import { expect } from "chai";
import fc from "fast-check";
import type { PlacedAddress } from "../announcements/snapshot.ts";
import type { NeighborNode } from "../failover/neighbors.ts";
import { address, key, placed } from "../testing/values.ts";
import type { KeptMemory } from "../wire/messages.ts";
import { cacheText, type Known, NOTHING_KNOWN, readCache } from "./cache.ts";

const epoch = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const nodeId = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const name = fc.string({ minLength: 1, maxLength: 8 });
const anyAddress = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }).map((value) => addressOf("IPv4", value)),
  // Outside ::ffff:0:0/96, which is no address of its own here.
  fc.bigInt({ min: 1n << 112n, max: (1n << 128n) - 1n }).map((value) => addressOf("IPv6", value)),
);
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const neighbor: fc.Arbitrary<NeighborNode> = fc.record({
  name,
  address: fc.option(anyAddress, { nil: undefined }),
  interfaces: fc.array(
    fc.record({
      name,
      mac: bytes(6).map((one) => macFromBytes(one)),
      addresses: fc.array(anyAddress, { maxLength: 2 }),
      subnets: fc.array(
        fc.tuple(anyAddress, fc.nat({ max: 32 })).map(([one, length]) => prefixOf(one, length)),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

const keys: fc.Arbitrary<TakeoverKeys> = fc
  .uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 255 }), bytes: bytes(32) }), {
    minLength: 1,
    maxLength: 3,
    selector: ({ id }) => id,
  })
  .map((accepted) => ({ signing: accepted[0] ?? key(1), accepted }));

function placedAt(one: IpAddress): fc.Arbitrary<PlacedAddress> {
  return fc.record({
    address: fc.constant(one),
    epoch,
    nodes: fc.array(name, { minLength: 1, maxLength: 3 }),
    interfaces: fc.option(fc.array(name, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    first: fc.constant(false),
  });
}

function memoryAt(one: IpAddress): fc.Arbitrary<KeptMemory> {
  const list = fc.array(nodeId, { maxLength: 3 });
  const placement = fc.record({
    address: fc.constant(one),
    epoch,
    list,
    first: fc.constant(false),
  });
  const top = fc.record({
    epoch,
    step: fc.nat(),
    firm: fc.boolean(),
    index: fc.nat({ max: 8 }),
    node: nodeId,
  });
  return fc.record({
    interface: name,
    memory: fc.record({
      address: fc.constant(one),
      placement: fc.option(placement, { nil: undefined }),
      top: fc.option(top, { nil: undefined }),
      list,
    }),
  });
}

const known: fc.Arbitrary<Known> = fc
  .uniqueArray(anyAddress, { maxLength: 3, selector: ({ text }) => text })
  .chain((addresses) =>
    fc.record({
      placed: fc.tuple(...addresses.map(placedAt)),
      nodes: fc.array(neighbor, { maxLength: 3 }),
      keys: fc.option(keys, { nil: undefined }),
      memories: fc.tuple(...addresses.map(memoryAt)),
    }),
  )
  .map((one) => ({
    ...one,
    placed: one.placed.map((placed) => ({ ...placed, first: !isClaimed(one.memories, placed.address) })),
    memories: one.memories.map((kept) => {
      const { memory } = kept;
      const { placement, address: of } = memory;
      const first = !isClaimed(one.memories, of);
      return { ...kept, memory: { ...memory, placement: placement && { ...placement, first } } };
    }),
  }));

function isClaimed(memories: readonly KeptMemory[], { text }: IpAddress): boolean {
  return memories.some(({ memory }) => memory.address.text === text && memory.top !== undefined);
}

describe("the cache's text", () => {
  it("is read as what was written", () => {
    fc.assert(
      fc.property(known, (one) => {
        expect(readCache(cacheText(one))).to.deep.equal(one);
      }),
    );
  });

  it("is read as nothing if nothing was known", () => {
    expect(readCache(cacheText(NOTHING_KNOWN))).to.deep.equal(NOTHING_KNOWN);
  });

  it("knows of an address whether anybody is remembered to have announced it: else somebody else may have it", () => {
    const top = { epoch: 1, step: 0, firm: true, index: 0, node: 1n };
    const one = address("192.0.2.8");
    const other = address("192.0.2.7");
    const placement = { address: other, epoch: 1, list: [1n], first: false };
    const memories = [
      { address: other, placement, top: undefined, list: [1n] },
      { address: one, placement: { ...placement, address: one, first: true }, top, list: [1n] },
    ];
    const text = cacheText({
      ...NOTHING_KNOWN,
      placed: [placed("192.0.2.7", { first: false }), placed("192.0.2.8", { first: true })],
      memories: memories.map((memory) => ({ interface: "eth0", memory })),
    });
    const read = readCache(text);
    expect(read.placed.map(({ first }) => first)).to.deep.equal([true, false]);
    expect(read.memories.map(({ memory }) => memory.placement?.first)).to.deep.equal([true, false]);
  });

  it("remembers nothing of an address that is not placed any more", () => {
    const memory = (text: string): KeptMemory => ({
      interface: "eth0",
      memory: { address: address(text), placement: undefined, top: undefined, list: [1n] },
    });
    const text = cacheText({
      ...NOTHING_KNOWN,
      placed: [placed("192.0.2.7")],
      memories: [memory("192.0.2.7"), memory("192.0.2.8")],
    });
    expect(readCache(text).memories.map((one) => one.memory.address.text)).to.deep.equal(["192.0.2.7"]);
  });

  const whole = cacheText({
    placed: [placed("192.0.2.7")],
    nodes: [],
    keys: { signing: key(1), accepted: [key(1)] },
    memories: [],
  });
  for (const [what, text] of [
    ["nothing", ""],
    ["half of it", whole.slice(0, whole.length / 2)],
    ["no object", "7"],
    ["null", "null"],
    ["an object of something else", "{}"],
    ["another version", whole.replace('"version":2', '"version":1')],
    ["no list of addresses", whole.replace('"placed"', '"placet"')],
    ["an address that is none", whole.replace("192.0.2.7", "192.0.2.777")],
    ["a placement without nodes", whole.replace('"nodes":["worker-1"]', '"nodes":[]')],
    ["a placement whose nodes are none", whole.replace('"nodes":["worker-1"]', '"nodes":"worker-1"')],
    ["an epoch that is no number", whole.replace('"epoch":1', '"epoch":"1"')],
    ["keys of which none signs", whole.replace('"signing":1', '"signing":2')],
    ["a key that is cut off", whole.replace("01".repeat(32), "01".repeat(31))],
    ["a key that is no hexadecimal text", whole.replace("01".repeat(32), "zz".repeat(32))],
  ] as const)
    it(`is refused if it is ${what}`, () => {
      expect(() => readCache(text)).to.throw(Error);
    });

  it("is refused or read, and never anything else, whatever it says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          expect(readCache(text)).to.have.all.keys("placed", "nodes", "keys", "memories");
        } catch (error) {
          expect(error).to.be.instanceOf(Error);
        }
      }),
    );
  });
});
