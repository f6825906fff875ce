import { expect } from "chai";
import type { Trouble, TroubleKind } from "../failover/troubles.ts";
import { splitText } from "./split-text.ts";
import { troubleConditions } from "./trouble-conditions.ts";

const AROUND = { node: "worker-1", ports: { segment: 7950, nodePath: 7953 } };

function trouble(kind: TroubleKind, peer: string | undefined, rest: Partial<Trouble> = {}): Trouble {
  return { kind, interface: "eth0", peer, since: "2026-03-01T12:00:00Z", ...rest };
}

describe("the conditions of a Speaker", () => {
  it("are none while nothing is wrong", () => {
    expect(troubleConditions([], AROUND)).to.deep.equal([]);
  });

  const kinds: readonly (readonly [TroubleKind, string | undefined, readonly string[]])[] = [
    [
      "HeartbeatBlocked",
      "worker-2",
      ["UDP port 7950 between worker-1 and node worker-2 is blocked on eth0", "firewalls"],
    ],
    [
      "HeartbeatPath",
      "worker-2",
      ["UDP port 7950 from there to worker-1", "node worker-2", "eth0", "firewalls"],
    ],
    [
      "DuplicateNode",
      "worker-2",
      ["Two machines use the name of node worker-2 on eth0", "another node name"],
    ],
    ["NodePathLost", undefined, ["UDP port 7953", "others do on eth0", "let UDP port 7953 pass"]],
    ["AnchorLost", undefined, ["The gateway does not answer on eth0", "default route"]],
  ];
  for (const [kind, peer, parts] of kinds)
    it(`say what ${kind} is about, and the cure`, () => {
      const [condition, ...others] = troubleConditions([trouble(kind, peer)], AROUND);
      expect(others).to.deep.equal([]);
      expect(condition).to.include({
        type: kind,
        status: "True",
        lastTransitionTime: "2026-03-01T12:00:00Z",
      });
      for (const part of parts) expect(condition?.message).to.contain(part);
    });

  it("are one for all nodes and interfaces that it is about, since the first, whatever their order", () => {
    const troubles = [
      trouble("HeartbeatPath", "worker-3", { interface: "eth1", since: "2026-03-01T12:05:00Z" }),
      trouble("HeartbeatPath", "worker-2"),
    ];
    const conditions = troubleConditions(troubles, AROUND);
    expect(conditions).to.have.length(1);
    expect(conditions[0]?.lastTransitionTime).to.equal("2026-03-01T12:00:00Z");
    expect(conditions[0]?.message).to.contain("nodes worker-2, worker-3").and.to.contain("eth0, eth1");
    expect(troubleConditions(troubles.toReversed(), AROUND)).to.deep.equal(conditions);
  });

  it("name eight nodes, and count the others", () => {
    const troubles = Array.from({ length: 64 }, (_, i) => trouble("HeartbeatPath", `worker-${i}`));
    const [condition] = troubleConditions(troubles, AROUND);
    expect(condition?.message).to.contain("and 56 more");
    expect(condition?.message.length).to.be.below(1000);
  });
});

describe("what people are told of a split that is over", () => {
  it("is who, where, what and for how long at most, and what to look for", () => {
    const split = {
      interface: "eth0",
      peer: "worker-2",
      address: "192.0.2.7",
      addresses: 1,
      lastedMs: 12_340,
    };
    expect(splitText("worker-1", split)).to.contain(
      "Nodes worker-1 and worker-2 both announced 192.0.2.7 on eth0 for at most 12.3 s",
    );
    expect(splitText("worker-1", { ...split, addresses: 30 })).to.contain(
      "30 addresses (192.0.2.7 among them)",
    );
  });
});
