import type { Node } from "@fairlead/api/core/node.ts";
import { expect } from "chai";
import { leavingBecause } from "./leaving.ts";

function node(
  other: { metadata?: Partial<Node["metadata"]>; spec?: Node["spec"]; ready?: string } = {},
): Node {
  const { metadata, spec, ready = "True" } = other;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "worker-1", ...metadata },
    ...(spec && { spec }),
    status: {
      conditions: [
        { type: "MemoryPressure", status: "False" },
        { type: "Ready", status: ready },
      ],
    },
  };
}

describe("why a node whose speaker ends leaves", () => {
  const table: readonly (readonly [string, Node, RegExp | undefined])[] = [
    ["ready: it is a restart or an upgrade", node(), undefined],
    ["taints of other kinds", node({ spec: { taints: [{ key: "example.org/gpu" }] } }), undefined],
    ["not cordoned any more", node({ spec: { unschedulable: false } }), undefined],
    ["cordoned", node({ spec: { unschedulable: true } }), /cordoned/],
    ["being deleted", node({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }), /deleted/],
    [
      "kept out of load balancers, whatever the label's value",
      node({ metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } } }),
      /exclude-from-external-load-balancers/,
    ],
    [
      "out of service",
      node({ spec: { taints: [{ key: "example.org/gpu" }, { key: "node.kubernetes.io/out-of-service" }] } }),
      /out-of-service/,
    ],
    [
      "about to be deleted by the cluster autoscaler",
      node({ spec: { taints: [{ key: "ToBeDeletedByClusterAutoscaler" }] } }),
      /autoscaler/,
    ],
    ["shutting down, that is not ready", node({ ready: "False" }), /not ready/],
    ["ready or not is not known", node({ ready: "Unknown" }), /not ready/],
    ["without conditions", { apiVersion: "v1", kind: "Node", metadata: { name: "worker-1" } }, /not ready/],
  ];
  for (const [what, one, expected] of table)
    it(`${what}: ${expected === undefined ? "it does not" : "it does"}`, () => {
      const because = leavingBecause(one);
      if (expected === undefined) expect(because).to.equal(undefined);
      else expect(because).to.match(expected);
    });
});
