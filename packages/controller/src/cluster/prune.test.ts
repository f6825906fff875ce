import type { Node } from "@fairlead/api/core/node.ts";
import { expect } from "chai";
import { pruneNode, pruneVirtualIP } from "./prune.ts";

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

describe("pruneVirtualIP", () => {
  it("keeps all metadata but managedFields, so that writing it back takes nothing from the person who made it", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", note: "for the shop" };
    const metadata = { name: "192.0.2.7", labels: { team: "web" }, annotations };
    const spec = { address: "192.0.2.7", services: [] };
    const read = { metadata: { ...metadata, managedFields: [{ manager: "kubectl" }] }, spec };
    expect(pruneVirtualIP(read)).to.deep.equal({ metadata, spec });
  });
});
