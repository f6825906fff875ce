import type { Service } from "@fairlead/api/core/service.ts";
import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import type { Family } from "@fairlead/net/address.ts";
import { expect } from "chai";
import fc from "fast-check";
import { summary, World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";

const KEYS = ["web/a", "web/b", "db/a", "db/b", "db/c"];
const ADDRESSES = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "198.51.100.1", "2001:db8::1", "203.0.113.1"];

const anyPool: fc.Arbitrary<IPAddressPool> = fc
  .record({
    name: fc.constantFrom("one", "two", "three"),
    addresses: fc.uniqueArray(
      fc.constantFrom(
        "192.0.2.0/30",
        "192.0.2.2-192.0.2.5",
        "198.51.100.1",
        "2001:db8::/127",
        "2001:db8::1-2001:db8::3",
      ),
      { minLength: 1, maxLength: 3 },
    ),
    autoAssign: fc.boolean(),
    avoidBuggyIPs: fc.boolean(),
    serviceAllocation: fc.option(fc.record({ priority: fc.nat(3), namespaces: fc.subarray(["web", "db"]) }), {
      nil: undefined,
    }),
  })
  .map(({ name, addresses, serviceAllocation, ...flags }) =>
    pool(name, addresses, { ...flags, ...(serviceAllocation && { serviceAllocation }) }),
  );

const anyPools = fc.uniqueArray(anyPool, { selector: ({ metadata }) => metadata.name, maxLength: 3 });

const familiesOf: Record<string, readonly Family[]> = { v4: ["IPv4"], v6: ["IPv6"], both: ["IPv4", "IPv6"] };

const anyService: fc.Arbitrary<Service> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    families: fc.constantFrom("v4", "v6", "both"),
    require: fc.boolean(),
    pool: fc.option(fc.constantFrom("one", "two", "four"), { nil: undefined }),
    addresses: fc.option(fc.subarray(ADDRESSES, { minLength: 1, maxLength: 2 }), { nil: undefined }),
  })
  .map(({ key, families, require, pool: asked, addresses }) =>
    service(key, {
      families: familiesOf[families] ?? [],
      annotations: {
        ...(asked && { "fairlead.dev/address-pool": asked }),
        ...(addresses && { "metallb.io/loadBalancerIPs": addresses.join(",") }),
      },
      spec: {
        ipFamilyPolicy:
          families !== "both" ? "SingleStack" : require ? "RequireDualStack" : "PreferDualStack",
      },
    }),
  );

type Step =
  | { readonly kind: "apply"; readonly service: Service }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "pools"; readonly pools: readonly IPAddressPool[] };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: anyService.map((one): Step => ({ kind: "apply", service: one })) },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS).map((key): Step => ({ kind: "delete", key })) },
  { weight: 2, arbitrary: anyPools.map((pools): Step => ({ kind: "pools", pools })) },
);

const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;
const familyOf = (text: string): Family => (text.includes(":") ? "IPv6" : "IPv4");

/** Does one step and settles every Service, in order of the keys, until those who waited have what has become free. */
function take(world: World, present: Map<string, Service>, step: Step): void {
  if (step.kind === "pools") world.setPools(...step.pools);
  if (step.kind === "apply") present.set(keyOf(step.service), step.service);
  if (step.kind === "delete") {
    present.delete(step.key);
    world.forget(step.key);
  }
  for (let round = 0; round < KEYS.length; round++) {
    let freed = 0;
    for (const key of KEYS) {
      const one = present.get(key);
      if (one !== undefined) freed += world.settle(one).release.length;
    }
    if (freed === 0) return;
  }
  throw new Error("the Services pass addresses round for ever");
}

describe("allocation, whatever happens,", () => {
  it("never gives an address twice, never takes one away, and rests", () => {
    fc.assert(
      fc.property(anyPools, fc.array(anyStep, { maxLength: 12 }), (pools, steps) => {
        const world = new World(...pools);
        const present = new Map<string, Service>();
        for (const step of steps) {
          const before = new Map(KEYS.map((key) => [key, world.has(key)]));
          const content = new Set(
            [...present].filter(([, one]) => !world.decide(one).waiting).map(([key]) => key),
          );
          take(world, present, step);
          const held = KEYS.flatMap((key) => world.has(key));
          expect(new Set(held).size, "no address is held twice").to.equal(held.length);
          for (const [key, one] of present) {
            const now = world.has(key);
            const edited = step.kind === "apply" && keyOf(step.service) === key;
            const had = before.get(key) ?? [];
            if (!edited && content.has(key))
              expect(now, "who asks for nothing else keeps it").to.include.members([...had]);
            const usable = had.filter((text) => familiesOfService(one).includes(familyOf(text)));
            for (const text of usable) {
              const replaced = now.some((other) => familyOf(other) === familyOf(text));
              expect(replaced, `${key} lost ${text} for nothing`).to.equal(true);
            }
            expect(summary(world.decide(one)), "deciding again changes nothing").not.to.match(/take|release/);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it("does not depend on the order of pools and records", () => {
    fc.assert(
      fc.property(
        anyPools.chain((pools) =>
          fc.tuple(fc.constant(pools), fc.shuffledSubarray(pools, { minLength: pools.length })),
        ),
        fc.uniqueArray(fc.tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...KEYS)), {
          selector: ([text]) => text,
        }),
        anyService,
        ([pools, shuffled], records, one) => {
          const first = new World(...pools);
          const second = new World(...shuffled);
          for (const [text, key] of records) first.holds(key, "one", text);
          for (const [text, key] of [...records].reverse()) second.holds(key, "one", text);
          expect(shown(first, one)).to.equal(shown(second, one));
        },
      ),
      { numRuns: 300 },
    );
  });
});

function shown(world: World, one: Service): string {
  const decision = world.decide(one);
  return `${summary(decision)} ${decision.outcome.message}`;
}

function familiesOfService({ spec }: Service): readonly Family[] {
  return spec.ipFamilies ?? [];
}
