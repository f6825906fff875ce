import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { parseInterfaceAddress } from "@fairlead/net/prefix.ts";
import { expect } from "chai";
import type { NodeView } from "../placement/node-view.ts";
import { address } from "../testing/allocation.ts";
import { quarantineStep } from "./quarantine.ts";

const SINCE = "2026-03-01T11:00:00Z";
const LATER = "2026-03-01T11:02:00Z";
const QUARANTINE = { mac: "02:00:00:00:00:66", node: "a", interface: "eth0", since: SINCE };

function vip(quietOf?: string, parts: Partial<VirtualIP["spec"]> = {}, quietSince = LATER): VirtualIP {
  return {
    metadata: { name: "192.0.2.7" },
    spec: { address: "192.0.2.7", services: [], quarantine: QUARANTINE, ...parts },
    status: { ...(quietOf !== undefined && { quietSince, quietOf }) },
  };
}

function node(
  name: string,
  parts: Partial<NodeView> & { readonly on?: string; readonly subnet?: string } = {},
): NodeView {
  const { on = "lan0", subnet = "192.0.2.11/24", ...rest } = parts;
  const read = parseInterfaceAddress(subnet);
  if (!read.ok) throw new Error(read.error);
  const interfaces = [{ name: on, subnets: [read.value.prefix] }];
  return {
    name,
    labels: {},
    fault: undefined,
    cordoned: false,
    drained: false,
    keeps: true,
    settled: true,
    steady: true,
    proxyUnhealthy: false,
    speaker: "Running",
    interfaces,
    dark: [],
    ...rest,
  };
}

describe("an address in quarantine", () => {
  const step = (one: VirtualIP, nodes: readonly NodeView[], isOffered = true) =>
    quarantineStep(one, address("192.0.2.7"), nodes, isOffered);
  const asks = (nodes: readonly NodeView[]): string => {
    const next = step(vip(), nodes);
    return next.kind === "Ask" ? `${next.quarantine.node} ${next.quarantine.interface}` : next.kind;
  };
  const gone = node("a", { fault: "NodeNotReady" });

  it("stays while it is not known that nobody answers, and ends then, or when no pool has it", () => {
    const nodes = [node("a", { on: "eth0" }), node("b")];
    expect(step(vip(), nodes)).to.deep.equal({ kind: "Stay" });
    expect(step(vip(SINCE), nodes)).to.deep.equal({ kind: "End" });
    expect(step(vip(), nodes, false)).to.deep.equal({ kind: "End" });
  });

  it("ends by what is said of it and not of an earlier one, whatever the clock of the node that asks says", () => {
    const nodes = [node("a", { on: "eth0" })];
    for (const quietSince of ["2016-01-01T00:00:00Z", "2036-01-01T00:00:00Z"]) {
      expect(step(vip(SINCE, {}, quietSince), nodes), quietSince).to.deep.equal({ kind: "End" });
      const older = vip("2026-03-01T10:00:00Z", {}, quietSince);
      expect(step(older, nodes), `${quietSince}, of an earlier one`).to.deep.equal({ kind: "Stay" });
    }
    const unsaid = { ...vip(), status: { quietSince: LATER } };
    expect(step(unsaid, nodes), "of which one is not said").to.deep.equal({ kind: "Stay" });
  });

  it("that a Service holds, or that is kept for one, is none", () => {
    const claim = { namespace: "web", name: "shop" };
    expect(step(vip(SINCE, { services: ["web/shop"] }), [node("a")])).to.deep.equal({ kind: "Stay" });
    expect(step(vip(SINCE, { claim }), [node("a")], false)).to.deep.equal({ kind: "Stay" });
  });

  it("is asked for by the node that heard it as long as it can, else by another one that is on the segment", () => {
    expect(asks([gone, node("b")])).to.equal("b lan0");
    expect(asks([node("b", { subnet: "198.51.100.11/24" }), node("c")])).to.equal("c lan0");
    expect(
      asks([node("b", { subnet: "198.51.100.11/24", on: "eth0" })]),
      "by the name of the interface",
    ).to.equal("b eth0");
    expect(asks([gone, node("b", { cordoned: true }), node("c")])).to.equal("c lan0");
    expect(asks([gone]), "nobody can").to.equal("Stay");
    const able = node("a", { on: "eth0", cordoned: true });
    expect(asks([able, node("b")]), "while it can").to.equal("Stay");
  });

  it("is asked for on another interface when the one on which it was heard is gone or has another name", () => {
    expect(asks([node("a", { on: "enp1s0" })])).to.equal("a enp1s0");
    expect(asks([node("a", { on: "enp1s0", cordoned: true }), node("b")])).to.equal("b lan0");
  });

  it("is asked for by the same node whatever the order of the nodes", () => {
    const others = ["b", "c", "d", "e"].map((name) => node(name));
    expect(asks(others)).to.equal(asks([...others].reverse()));
  });
});
