import { SERVICE_NAME_LABEL } from "@fairlead/api/core/endpoint-slice.ts";
import type { Node } from "@fairlead/api/core/node.ts";
import { expect } from "chai";
import { pruneEndpointSlice, pruneNode, pruneVirtualIP } from "./prune.ts";

describe("pruneNode", () => {
  it("keeps of a node's status its own addresses and the conditions that decide, and nothing else", () => {
    const node = {
      metadata: { name: "n1" },
      status: {
        addresses: [
          { type: "InternalIP", address: "192.0.2.11" },
          { type: "Hostname", address: "n1" },
          { type: "ExternalIP", address: "203.0.113.11" },
        ],
        conditions: [
          { type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z" },
          { type: "DiskPressure", status: "False" },
        ],
        images: [{ names: ["registry.example/image"] }],
      },
    };
    const read: Node = node;
    expect(pruneNode(read).status).to.deep.equal({
      addresses: [
        { type: "InternalIP", address: "192.0.2.11" },
        { type: "ExternalIP", address: "203.0.113.11" },
      ],
      conditions: [{ type: "Ready", status: "True" }],
    });
  });
});

describe("pruneEndpointSlice", () => {
  it("keeps of endpoints their node and conditions, and which Pod it is of those that are not ready", () => {
    const metadata = {
      namespace: "web",
      name: "shop-x",
      labels: { [SERVICE_NAME_LABEL]: "shop", "endpointslice.kubernetes.io/managed-by": "controller" },
    };
    const ready = { ready: true, serving: true, terminating: false };
    const leaving = { ready: false, serving: true, terminating: true };
    const pod = (name: string) => ({ kind: "Pod", namespace: "web", name, uid: "1" });
    const read = {
      metadata,
      addressType: "IPv4" as const,
      ports: [{ port: 8080 }],
      endpoints: [
        { addresses: ["10.0.0.1"], nodeName: "n1", zone: "z", conditions: ready, targetRef: pod("a") },
        { addresses: ["10.0.0.2"], nodeName: "n2", conditions: leaving, targetRef: pod("b") },
        { addresses: ["10.0.0.3"] },
      ],
    };
    expect(pruneEndpointSlice(read)).to.deep.equal({
      metadata: { namespace: "web", name: "shop-x", labels: { [SERVICE_NAME_LABEL]: "shop" } },
      addressType: "IPv4",
      endpoints: [
        { addresses: [], nodeName: "n1", conditions: ready },
        { addresses: [], nodeName: "n2", conditions: leaving, targetRef: { kind: "Pod", name: "b" } },
        { addresses: [] },
      ],
    });
  });
});

describe("pruneNode, of what says that a node goes,", () => {
  const pruned = (spec: Node["spec"], ready: object): Node =>
    pruneNode({ metadata: { name: "n1" }, ...(spec && { spec }), status: { conditions: [ready as never] } });

  it("keeps the taints that decide, by their keys", () => {
    const taints = [
      { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" },
      { key: "example.org/gpu", effect: "NoSchedule" },
      { key: "ToBeDeletedByClusterAutoscaler", value: "1", effect: "NoSchedule" },
    ];
    expect(pruned({ taints }, {}).spec).to.deep.equal({
      taints: [{ key: "node.kubernetes.io/out-of-service" }, { key: "ToBeDeletedByClusterAutoscaler" }],
    });
    expect(pruned({ unschedulable: true, taints: [{ key: "example.org/gpu" }] }, {}).spec).to.deep.equal({
      unschedulable: true,
    });
    expect(pruned({ taints: [{ key: "example.org/gpu" }] }, {})).to.not.have.property("spec");
  });

  it("keeps what the kubelet says of it, and not what it says of anything else", () => {
    const shutting = { type: "Ready", status: "False", message: "node is shutting down" };
    const waiting = { type: "Ready", status: "False", message: "container runtime is down" };
    expect(pruned(undefined, shutting).status?.conditions).to.deep.equal([shutting]);
    expect(pruned(undefined, waiting).status?.conditions).to.deep.equal([{ type: "Ready", status: "False" }]);
  });
});

describe("pruneVirtualIP", () => {
  it("keeps all metadata but managedFields, so that writing it back takes nothing from the person who made it", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "for the shop" };
    const metadata = { name: "192.0.2.7", labels: { team: "web" }, annotations };
    const spec = { address: "192.0.2.7", services: [] };
    const read = { metadata: { ...metadata, managedFields: [{ manager: "kubectl" }] }, spec };
    expect(pruneVirtualIP(read)).to.deep.equal({ metadata, spec });
  });
});
