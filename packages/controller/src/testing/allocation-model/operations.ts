import type { Family } from "@fairlead/net/address.ts";
import fc from "fast-check";
import {
  ADDRESSES,
  NAMESPACES,
  POOLS,
  type PoolPlan,
  SERVICES,
  type ServicePlan,
  type Span,
  TIERS,
  V4,
  V6,
} from "./universe.ts";

/** What users, time and misfortune do. */
export type Operation =
  | { readonly kind: "service"; readonly plan: ServicePlan }
  | { readonly kind: "tweak"; readonly key: string; readonly change: Partial<ServicePlan> }
  | { readonly kind: "delete"; readonly key: string }
  /** The controller dies while it deals with the Service. */
  | { readonly kind: "crash"; readonly plan: ServicePlan; readonly until: "secured" | "told" }
  | { readonly kind: "pool"; readonly plan: PoolPlan }
  | { readonly kind: "poolTweak"; readonly name: string; readonly change: Partial<PoolPlan> }
  /** It was deleted a moment ago, or it is not waited for any more, or it comes back. */
  | { readonly kind: "poolGone"; readonly name: string; readonly how: "gone" | "removed" | "back" }
  | { readonly kind: "tier"; readonly namespace: string; readonly tier: string }
  | { readonly kind: "network"; readonly addresses: readonly string[] }
  /** A person reserves the address. */
  | { readonly kind: "claim"; readonly address: string; readonly key: string }
  | { readonly kind: "holders"; readonly address: string; readonly keys: readonly string[] }
  | { readonly kind: "recordPool"; readonly address: string; readonly pool: string }
  | { readonly kind: "lose"; readonly addresses: readonly string[]; readonly restart: boolean }
  | { readonly kind: "restart"; readonly order: readonly number[] }
  | { readonly kind: "time"; readonly minutes: number }
  /** Everything that is objected to has been so for the grace. */
  | { readonly kind: "ripen" };

function spanOf(family: Family, length: number): fc.Arbitrary<Span> {
  const place = fc.nat(length - 1);
  return fc.tuple(place, place).map(([a, b]) => ({ family, from: Math.min(a, b), to: Math.max(a, b) }));
}

const anySpan = fc.oneof(
  { weight: 3, arbitrary: spanOf("IPv4", V4.length) },
  { weight: 2, arbitrary: spanOf("IPv6", V6.length) },
);

/** Mostly the first. */
function mostly<T>(usual: T, weight: number, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

const poolFields = {
  spans: fc.array(anySpan, { minLength: 1, maxLength: 4, size: "max" }),
  exclude: mostly<readonly Span[]>([], 3, fc.array(anySpan, { minLength: 1, maxLength: 1 })),
  autoAssign: mostly(true, 6, fc.constant(false)),
  avoidBuggyIPs: mostly(false, 4, fc.constant(true)),
  disabled: mostly(false, 6, fc.constant(true)),
  retain: mostly(false, 4, fc.constant(true)),
  delayed: fc.boolean(),
  quota: mostly<number | undefined>(undefined, 3, fc.integer({ min: 1, max: 2 })),
  inTurn: mostly(false, 3, fc.constant(true)),
  sharing: mostly<PoolPlan["sharing"]>(undefined, 2, fc.constantFrom("SameNamespace", "AcrossNamespaces")),
  renumber: fc.boolean(),
  priority: mostly<number | undefined>(undefined, 2, fc.nat(2)),
  namespaces: mostly<readonly string[]>([], 5, fc.constantFrom(["web"], ["db"])),
  tiers: mostly<readonly string[]>([], 6, fc.constantFrom(["front"], ["back"])),
  apps: mostly<readonly string[]>([], 6, fc.constant(["x"])),
};

const anyPool: fc.Arbitrary<PoolPlan> = fc.record({
  name: fc.constantFrom(...POOLS),
  gone: fc.constant(false),
  ...poolFields,
});

const families = fc.constantFrom<readonly Family[]>(
  ["IPv4"],
  ["IPv4"],
  ["IPv6"],
  ["IPv4", "IPv6"],
  ["IPv6", "IPv4"],
);

/** Mostly of families that it has. */
const anyAsks = (has: readonly Family[]): fc.Arbitrary<readonly string[]> => {
  const own = ADDRESSES.filter((text) => has.includes(text.includes(":") ? "IPv6" : "IPv4"));
  const pair = fc.tuple(fc.constantFrom(...V4), fc.constantFrom(...V6)).map((both) => [...both]);
  const one = fc.constantFrom(...own).map((text) => [text]);
  return mostly<readonly string[]>(
    [],
    3,
    mostly<readonly string[]>([ADDRESSES[0] ?? ""], 1, has.length === 2 ? fc.oneof(one, pair) : one),
  );
};

const policy = fc.constantFrom<ServicePlan["policy"]>(
  "PreferDualStack",
  "PreferDualStack",
  "SingleStack",
  "RequireDualStack",
);

const serviceFields = {
  families,
  policy,
  asksPool: mostly<string | undefined>(undefined, 4, fc.constantFrom("p", "q", "p", "q", "p", "nowhere")),
  asks: families.chain(anyAsks),
  shares: fc.constantFrom(undefined, "k", "k", "k", "m"),
  legacy: fc.boolean(),
  ports: fc.constantFrom([80], [81], [82], [83], [84], [80, 81]),
  local: mostly(false, 4, fc.constant(true)),
  app: fc.constantFrom("x", "x", "y"),
};

const anyKey = fc.constantFrom(...SERVICES);
const anyService: fc.Arbitrary<ServicePlan> = families.chain((has) =>
  fc.record({
    key: anyKey,
    ...serviceFields,
    families: fc.constant(has),
    policy: has.length === 2 ? policy : mostly<ServicePlan["policy"]>("SingleStack", 6, policy),
    asks: anyAsks(has),
  }),
);

/** One field of these has another value. */
function oneOf<T extends object>(
  fields: {
    readonly [K in keyof T]: fc.Arbitrary<T[K]>;
  },
): fc.Arbitrary<Partial<T>> {
  const changes = Object.keys(fields).map((name) => fc.record({ [name]: fields[name as keyof T] }));
  return fc.oneof(...changes) as fc.Arbitrary<Partial<T>>;
}

const anyAddress = fc.constantFrom(...ADDRESSES);

/** Any operation, the usual ones most often. */
export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("service" as const), plan: anyService }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("tweak" as const),
      key: anyKey,
      change: oneOf<Omit<ServicePlan, "key">>(serviceFields),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: anyKey }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      plan: anyService,
      until: fc.constantFrom("secured" as const, "told" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pool" as const), plan: anyPool }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("poolTweak" as const),
      name: fc.constantFrom(...POOLS),
      change: oneOf<Omit<PoolPlan, "name" | "gone">>(poolFields),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("poolGone" as const),
      name: fc.constantFrom(...POOLS),
      how: fc.constantFrom("gone" as const, "removed" as const, "back" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("tier" as const),
      namespace: fc.constantFrom(...NAMESPACES),
      tier: fc.constantFrom(...TIERS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("network" as const),
      addresses: fc.subarray([...ADDRESSES], { maxLength: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("claim" as const), address: anyAddress, key: anyKey }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("holders" as const),
      address: anyAddress,
      keys: fc.uniqueArray(fc.constantFrom(...SERVICES, "web/ghost"), { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("recordPool" as const),
      address: anyAddress,
      pool: fc.constantFrom(...POOLS, "nowhere"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lose" as const),
      addresses: fc.oneof(fc.constant([...ADDRESSES]), fc.subarray([...ADDRESSES])),
      restart: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("time" as const), minutes: fc.constantFrom(1, 5, 11) }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: "ripen" as const }) },
);

/** Pools to begin with. */
export const anyPools = fc.uniqueArray(anyPool, {
  selector: ({ name }) => name,
  minLength: 1,
  maxLength: POOLS.length,
  size: "max",
});

/** What happens one after the other. */
export const anyOperations = fc.array(anyOperation, { minLength: 1, maxLength: 25, size: "max" });
