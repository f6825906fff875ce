import type { VirtualIPSpec } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { readPool } from "../allocation/pool.ts";
import { Pools } from "../allocation/pools.ts";
import { address } from "../testing/allocation.ts";
import { pool } from "../testing/objects.ts";
import { conflictOf } from "./conflict.ts";

describe("a VirtualIP that is reserved for one Service and held by another", () => {
  const held = {
    address: "192.0.2.1",
    services: ["web/other"],
    claim: { namespace: "web", name: "shop" },
  };
  const own = { service: "web/shop", key: "k", ports: ["TCP/81"] };
  const other = { service: "web/other", key: "k", ports: ["TCP/80"] };
  const cases: readonly [string, Partial<VirtualIPSpec>, string | undefined][] = [
    ["is in conflict", {}, "ClaimedForAnother"],
    ["is in conflict if only the other one shares it", { sharing: [other] }, "ClaimedForAnother"],
    ["is in conflict if only the one shares it", { sharing: [own] }, "ClaimedForAnother"],
    [
      "is in conflict if the two cannot share it",
      { sharing: [{ ...own, ports: ["TCP/80"] }, other] },
      "ClaimedForAnother",
    ],
    ["is in none if the two share it", { sharing: [own, other] }, undefined],
    ["is in none once both hold it", { services: ["web/other", "web/shop"] }, undefined],
  ];
  for (const [title, spec, reason] of cases)
    it(title, () => {
      const pools = new Pools([readPool(pool("a", ["192.0.2.0/30"]))]);
      const object = { metadata: { name: "192.0.2.1" }, spec: { ...held, ...spec } };
      expect(conflictOf(object, address("192.0.2.1"), pools)?.reason).to.equal(reason);
    });
});
