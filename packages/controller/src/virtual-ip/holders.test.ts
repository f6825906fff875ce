import type { VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import type { Terms } from "../allocation/sharing.ts";
import { joined, left, type ReleasePolicy } from "./holders.ts";

const NOW = "2026-01-01T00:00:00Z";
const claim = { namespace: "web", name: "shop" };
const bound: VirtualIPSpec = { address: "192.0.2.1", pool: "a", services: ["web/shop"] };
const free: VirtualIPSpec = { address: "192.0.2.1", services: [] };
const terms: Terms = {
  service: "web/other",
  namespace: "web",
  key: "k",
  legacy: false,
  backend: "app=x",
  ports: ["TCP/80"],
};
const sharer = { service: "web/other", key: "k", backend: "app=x", ports: ["TCP/80"] };
const first = { service: "web/shop", key: "k", ports: ["TCP/81"] };

describe("a VirtualIP that a Service joins", () => {
  const joins = (
    spec: VirtualIPSpec,
    service = "web/other",
    own: Terms | undefined = undefined,
    pool = "b",
  ) => joined(spec, { service, terms: own, pool, heldSince: undefined });

  interface Case {
    readonly it: string;
    readonly spec: VirtualIPSpec;
    readonly terms?: Terms;
    readonly becomes: VirtualIPSpec;
  }
  const cases: readonly Case[] = [
    { it: "fresh", spec: free, becomes: { address: "192.0.2.1", pool: "b", services: ["web/other"] } },
    {
      it: "with its terms",
      spec: free,
      terms,
      becomes: { address: "192.0.2.1", pool: "b", services: ["web/other"], sharing: [sharer] },
    },
    {
      it: "behind those who hold it, under the pool from which they have it",
      spec: { ...bound, sharing: [first] },
      terms,
      becomes: { ...bound, services: ["web/shop", "web/other"], sharing: [first, sharer] },
    },
    {
      it: "made by hand without a pool, which it gets",
      spec: { address: "192.0.2.1", services: ["web/shop"] },
      terms,
      becomes: { address: "192.0.2.1", pool: "b", services: ["web/shop", "web/other"], sharing: [sharer] },
    },
    {
      it: "that it holds, with other terms than before, in its place",
      spec: { ...bound, services: ["web/other", "web/shop"], sharing: [{ ...sharer, key: "old" }, first] },
      terms,
      becomes: { ...bound, services: ["web/other", "web/shop"], sharing: [first, sharer] },
    },
    {
      it: "that it holds, with no terms any more",
      spec: { ...bound, services: ["web/other"], sharing: [sharer] },
      becomes: { ...bound, pool: "b", services: ["web/other"] },
    },
    {
      it: "reserved by a person: the claim stays",
      spec: { ...free, claim },
      becomes: { address: "192.0.2.1", pool: "b", services: ["web/other"], claim },
    },
    {
      it: "that waited for its former Service: the claim and the time end",
      spec: { ...free, claim, releasedAt: NOW },
      becomes: { address: "192.0.2.1", pool: "b", services: ["web/other"] },
    },
    {
      it: "reserved by a person for one who shares it: what that one said of it stays",
      spec: { ...free, claim, sharing: [first] },
      terms,
      becomes: {
        address: "192.0.2.1",
        pool: "b",
        services: ["web/other"],
        claim,
        sharing: [first, sharer],
      },
    },
    {
      it: "that waited for one who shared it: what that one said of it ends",
      spec: { ...free, claim, releasedAt: NOW, sharing: [first] },
      terms,
      becomes: { address: "192.0.2.1", pool: "b", services: ["web/other"], sharing: [sharer] },
    },
    {
      it: "with what a person wrote and where it lives",
      spec: {
        ...free,
        claim,
        reclaimPolicy: "Retain",
        placement: { epoch: 3, nodes: ["n1"], protocols: ["Layer2"] },
      },
      becomes: {
        address: "192.0.2.1",
        pool: "b",
        services: ["web/other"],
        claim,
        reclaimPolicy: "Retain",
        placement: { epoch: 3, nodes: ["n1"], protocols: ["Layer2"] },
      },
    },
  ];
  for (const { it: title, spec, terms: own, becomes } of cases) {
    it(title, () => {
      expect(joins(spec, "web/other", own)).to.deep.equal(becomes);
      expect(joins(joins(spec, "web/other", own), "web/other", own), "twice").to.deep.equal(becomes);
    });
  }
});

describe("since when Services hold a VirtualIP, if nobody answered for it for one of them before,", () => {
  const BEFORE = "2025-12-01T00:00:00Z";
  const released = { ...free, claim, releasedAt: NOW };
  const old = { ...bound, heldSince: BEFORE };
  const cases: readonly [string, VirtualIPSpec, string, string | undefined, string | undefined][] = [
    ["is when the first one comes", free, "web/other", NOW, NOW],
    ["is when the first one comes after others let it go", released, "web/other", NOW, NOW],
    ["stays when another one comes", old, "web/other", NOW, BEFORE],
    ["stays when one that has it states its terms anew", old, "web/shop", NOW, BEFORE],
    ["stays when one that has it, and shows it by now, does", old, "web/shop", undefined, BEFORE],
    ["is not made up for those of whom it is not known", bound, "web/other", NOW, undefined],
    ["is not said of a first one that may have been served with it", free, "web/other", undefined, undefined],
    ["is not said any more if another one may have been", old, "web/other", undefined, undefined],
  ];
  for (const [title, spec, service, heldSince, expected] of cases)
    it(title, () =>
      expect(joined(spec, { service, terms: undefined, pool: "a", heldSince }).heldSince).to.equal(expected),
    );

  it("stays while others hold it, and ends with the last one", () => {
    const policy: ReleasePolicy = { name: "a", reclaimPolicy: "Delete", releaseDelayMs: 1000 };
    const leaves = (spec: VirtualIPSpec) => left(spec, "web/shop", { policy, now: NOW });
    expect(leaves({ ...old, services: ["web/shop", "web/other"] })?.heldSince).to.equal(BEFORE);
    expect(leaves(old)).to.include({ releasedAt: NOW }).and.to.not.have.property("heldSince");
    expect(leaves({ ...old, claim })).to.not.have.property("heldSince");
  });
});

describe("a VirtualIP that its last Service leaves", () => {
  const policy = (reclaimPolicy: "Delete" | "Retain", releaseDelayMs: number): ReleasePolicy => ({
    name: "a",
    reclaimPolicy,
    releaseDelayMs,
  });
  const waits = { ...bound, services: [], claim, releasedAt: NOW };
  const kept = { ...bound, services: [], claim };

  const cases: readonly [string, VirtualIPSpec, ReleasePolicy | undefined, VirtualIPSpec | undefined][] = [
    ["waits for it for the delay of its pool", bound, policy("Delete", 1), waits],
    ["waits under the pool that has it now", { ...bound, pool: "old" }, policy("Delete", 1), waits],
    ["is deleted where there is no delay", bound, policy("Delete", 0), undefined],
    ["is deleted when no pool has it", bound, undefined, undefined],
    ["is kept where the pool retains, whatever its delay", bound, policy("Retain", 0), kept],
    [
      "is kept if a person says so",
      { ...bound, reclaimPolicy: "Retain" },
      policy("Delete", 0),
      { ...kept, reclaimPolicy: "Retain" },
    ],
    [
      "is kept if a person says so, though no pool has it",
      { ...bound, reclaimPolicy: "Retain" },
      undefined,
      { ...kept, reclaimPolicy: "Retain" },
    ],
    [
      "is not kept if a person says so",
      { ...bound, reclaimPolicy: "Delete" },
      policy("Retain", 1),
      { ...waits, reclaimPolicy: "Delete" },
    ],
    [
      "stays reserved for whom a person reserved it",
      { ...bound, claim: { namespace: "db", name: "x" } },
      policy("Delete", 0),
      { ...kept, claim: { namespace: "db", name: "x" } },
    ],
    [
      "keeps the terms of the one that it waits for",
      { ...bound, sharing: [first] },
      policy("Delete", 1),
      { ...waits, sharing: [first] },
    ],
    [
      "keeps the terms of the one that it is kept for",
      { ...bound, sharing: [first] },
      policy("Retain", 1),
      { ...kept, sharing: [first] },
    ],
    [
      "keeps the terms of the one for whom a person reserved it, and not of the one who leaves",
      { ...bound, sharing: [first, sharer], claim: { namespace: "web", name: "other" } },
      policy("Delete", 1),
      { ...kept, sharing: [sharer], claim: { namespace: "web", name: "other" } },
    ],
    [
      "lives nowhere any more, which is a decision of its own",
      { ...bound, placement: { epoch: 3, nodes: ["n1", "n2"], protocols: ["Layer2"] } },
      policy("Delete", 1),
      { ...waits, placement: { epoch: 4, nodes: [], protocols: ["Layer2"] } },
    ],
  ];
  for (const [title, spec, pool, becomes] of cases) {
    it(title, () => {
      expect(left(spec, "web/shop", { policy: pool, now: NOW })).to.deep.equal(becomes);
    });
  }

  it("is put in quarantine if somebody else on the LAN has it, kept for nobody", () => {
    const foreign = {
      mac: "02:00:00:00:00:66",
      node: "n1",
      interface: "eth0",
      since: "2025-12-31T00:00:00Z",
    };
    const quarantined = {
      address: "192.0.2.1",
      pool: "a",
      services: [],
      quarantine: { ...foreign, since: NOW },
    };
    const leaves = (spec: VirtualIPSpec): VirtualIPSpec | undefined =>
      left(spec, "web/shop", { policy: policy("Delete", 1), foreign, now: NOW });
    expect(leaves(bound)).to.deep.equal(quarantined);
    // The reservation ends with the Service, as without a quarantine; the claim would make it last for ever.
    const reclaimPolicy = "Delete";
    expect(leaves({ ...bound, claim, reclaimPolicy })).to.deep.equal({ ...quarantined, reclaimPolicy });
    expect(leaves({ ...bound, claim }), "reserved by a person").to.deep.equal(kept);
  });

  it("stays as it is, but for the one who leaves, while others hold it", () => {
    const spec: VirtualIPSpec = {
      ...bound,
      services: ["web/shop", "web/other"],
      sharing: [first, sharer],
      placement: { epoch: 3, nodes: ["n1"], protocols: ["Layer2"] },
    };
    expect(left(spec, "web/shop", { policy: policy("Delete", 0), now: NOW })).to.deep.equal({
      ...spec,
      services: ["web/other"],
      sharing: [sharer],
    });
  });

  it("goes on saying how the one shares for whom a person reserved it, while others hold it", () => {
    const shared: VirtualIPSpec = {
      ...bound,
      services: ["web/shop", "web/other"],
      claim,
      sharing: [first, sharer],
    };
    expect(left(shared, "web/shop", { policy: policy("Delete", 1), now: NOW })).to.deep.equal({
      ...shared,
      services: ["web/other"],
    });
  });

  it("is no other one if the Service comes back", () => {
    const waiting = left(bound, "web/shop", { policy: policy("Delete", 1), now: NOW });
    if (waiting === undefined) throw new Error("it was deleted");
    const joining = { service: "web/shop", terms: undefined, pool: "a", heldSince: undefined };
    expect(joined(waiting, joining)).to.deep.equal(bound);
  });

  it("is placed nowhere, as what nobody holds is decided to be", () => {
    const placement = { epoch: 4, nodes: ["n1"], interfaces: ["eth0"], protocols: ["Layer2"] } as const;
    const policy: ReleasePolicy = { name: "a", reclaimPolicy: "Delete", releaseDelayMs: 1000 };
    const spec = left({ ...bound, placement }, "web/shop", { policy, now: NOW });
    expect(spec?.placement).to.deep.equal({ epoch: 5, nodes: [], protocols: ["Layer2"] });
  });
});
