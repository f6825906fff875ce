import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { expect } from "chai";
import { clusterOf, pool, service, virtualIP } from "../testing/cluster.ts";
import type { ClusterObjects } from "./cluster-state.ts";
import { planJson } from "./plan-json.ts";
import { planText } from "./plan-text.ts";
import { hasChanges, type PlanQuestion, planned } from "./planned.ts";

const CLUSTER = clusterOf({
  pools: [
    pool("lan", ["198.51.100.200-198.51.100.219"]),
    pool("spare", ["203.0.113.0/28"], { autoAssign: false }),
  ],
  services: [service("a", ["198.51.100.200"]), service("b", ["198.51.100.201"]), service("c", [])],
  virtualIPs: [virtualIP("198.51.100.200", "lan", "a"), virtualIP("198.51.100.201", "lan", "b")],
});

const FULL: ClusterObjects = { ...CLUSTER, services: CLUSTER.services.slice(0, 2) };

function ask(pools: readonly IPAddressPool[], more: Partial<PlanQuestion> = {}): readonly string[] {
  const ownership = { loadBalancerClass: undefined, alsoClassless: false };
  const { changes } = planned({ cluster: FULL, pools, prune: false, ownership, ...more });
  return changes.map(({ service: key, kind, now, then }) => {
    const texts = (list: typeof now): string => list.map(({ text }) => text).join(",");
    return `${key} ${kind} ${texts(now)} -> ${texts(then)}`;
  });
}

describe("the plan for a change of pools", () => {
  it("is empty if the files say what the cluster has", () => {
    expect(ask([...FULL.pools])).to.deep.equal([]);
    expect(ask([...FULL.pools], { prune: true })).to.deep.equal([]);
  });

  it("names those whose address would not be offered any more, and what would become of them", () => {
    const shrunk = ["198.51.100.201-198.51.100.219"];
    expect(ask([pool("lan", shrunk)])).to.deep.equal(["shop/a Invalid 198.51.100.200 -> 198.51.100.200"]);
    expect(ask([pool("lan", shrunk, { onInvalid: "Renumber" })])).to.deep.equal([
      "shop/a Renumbered 198.51.100.200 -> 198.51.100.202",
    ]);
  });

  it("leaves pools alone that the files do not have, unless they are to be pruned", () => {
    const other = pool("other", ["198.51.100.100"]);
    expect(ask([other])).to.deep.equal([]);
    expect(ask([other], { prune: true })).to.deep.equal([
      "shop/a Invalid 198.51.100.200 -> 198.51.100.200",
      "shop/b Invalid 198.51.100.201 -> 198.51.100.201",
    ]);
  });

  it("leaves alone whose status another program writes, or serves by a host name", () => {
    const named = service("c", []);
    const managedFields = [{ manager: "other", fieldsV1: { "f:status": { "f:loadBalancer": {} } } }];
    const contested = service("a", ["203.0.113.200"]);
    const cluster = {
      ...CLUSTER,
      services: [
        { ...contested, metadata: { ...contested.metadata, managedFields } },
        { ...named, status: { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } } },
      ],
    };
    const shrunk = pool("lan", ["198.51.100.201-198.51.100.219"], { onInvalid: "Renumber" as const });
    expect(ask([shrunk, pool("more", ["203.0.113.7"])], { cluster })).to.deep.equal([]);
  });

  it("names those who would get an address at last", () => {
    const cluster = { ...CLUSTER, pools: [pool("lan", ["198.51.100.200-198.51.100.201"])] };
    expect(ask([pool("more", ["203.0.113.7"])], { cluster })).to.deep.equal(["shop/c Gains  -> 203.0.113.7"]);
  });

  it("gives to who has waited longest, whoever is older, as the controller does", () => {
    const waits = (name: string, created: string, since: string) => {
      const { metadata, spec, status } = service(name, []);
      const condition = { reason: "PoolExhausted", message: "", lastTransitionTime: since } as const;
      const conditions = [{ type: "fairlead.dev/Allocated", status: "False" as const, ...condition }];
      return {
        metadata: { ...metadata, creationTimestamp: created },
        spec,
        status: { ...status, conditions },
      };
    };
    const cluster = {
      ...FULL,
      pools: [pool("lan", ["198.51.100.200-198.51.100.201"])],
      services: [
        ...FULL.services,
        waits("c", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        waits("d", "2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z"),
      ],
    };
    expect(ask([pool("more", ["203.0.113.7"])], { cluster })).to.deep.equal(["shop/d Gains  -> 203.0.113.7"]);
  });

  it("goes by addresses that nodes and others use, by labels of namespaces and by classes", () => {
    const services = [
      service("c", []),
      service("d", ["203.0.113.1"], { loadBalancerClass: "example.com/x" }),
    ];
    const nodes = [
      { metadata: { name: "n1" }, status: { addresses: [{ type: "InternalIP", address: "203.0.113.0" }] } },
    ];
    const namespaces = [{ metadata: { name: "shop", labels: { team: "web" } } }];
    const cluster = clusterOf({ services, nodes, namespaces });
    const admitting = (team: string): IPAddressPool =>
      pool("new", ["203.0.113.0/29"], {
        serviceAllocation: { namespaceSelectors: [{ matchLabels: { team } }] },
      });
    expect(ask([admitting("web")], { cluster })).to.deep.equal(["shop/c Gains  -> 203.0.113.2"]);
    expect(ask([admitting("dba")], { cluster }).filter((line) => !line.includes("Waits"))).to.deep.equal([]);
    const ownership = { loadBalancerClass: "example.com/x", alsoClassless: false };
    expect(ask([pool("new", ["203.0.113.1-203.0.113.4"])], { cluster, ownership })).to.deep.equal([]);
    const both = { ...ownership, alsoClassless: true };
    expect(ask([pool("new", ["203.0.113.1-203.0.113.4"])], { cluster, ownership: both })).to.deep.equal([
      "shop/c Gains  -> 203.0.113.2",
    ]);
  });

  it("does not change what it was made from, and is the same the next time", () => {
    const question = [pool("lan", ["198.51.100.219"], { onInvalid: "Renumber" as const })];
    const before = JSON.stringify(FULL);
    expect(ask(question)).to.deep.equal(ask(question));
    expect(JSON.stringify(FULL)).to.equal(before);
  });
});

describe("the plan as it is printed", () => {
  const asking = service("c", [], { loadBalancerIP: "198.51.100.219" });
  const shrunk = planned({
    cluster: { ...CLUSTER, services: [...FULL.services, asking] },
    pools: [pool("lan", ["198.51.100.201-198.51.100.202"], { onInvalid: "Renumber" })],
    prune: true,
    ownership: { loadBalancerClass: undefined, alsoClassless: false },
  });
  const nothing = planned({
    cluster: FULL,
    pools: [],
    prune: false,
    ownership: { loadBalancerClass: undefined, alsoClassless: false },
  });

  it("is a table and a line of counts", () => {
    const lines = planText(shrunk).split("\n");
    expect(lines[0]).to.equal("SERVICE  NOW             THEN            WHY");
    expect(lines[1]).to.match(
      /^shop\/a {3}198\.51\.100\.200 {2}198\.51\.100\.202 {2}No pool has 198\.51\.100\.200 any more \(it came from pool "lan"\)\. It has 198\.51\.100\.202 \(pool "lan"\)\./,
    );
    expect(lines[2]).to.match(/^shop\/c {3}- {15}- {15}\S/);
    expect(lines.slice(3)).to.deep.equal([
      "",
      "Of 3 Services, 1 would get another address, 1 would not get what is asked for.",
      "",
    ]);
    expect(planText(nothing)).to.equal("Nothing would change for 2 Services.\n");
  });

  it("is, for programs, JSON of a stable form", () => {
    expect(hasChanges(shrunk)).to.equal(true);
    const { changes, ...rest } = JSON.parse(planJson(shrunk));
    expect(rest).to.deep.equal({ changed: true, services: 3 });
    expect(changes).to.have.length(2);
    expect(changes[0]).to.deep.include({
      service: "shop/a",
      kind: "Renumbered",
      addressesChange: true,
      now: ["198.51.100.200"],
      planned: ["198.51.100.202"],
    });
    expect(JSON.parse(planJson(nothing))).to.deep.equal({ changed: false, services: 2, changes: [] });
  });
});
