import type { Node } from "@fairlead/api/core/node.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import fc from "fast-check";
import { speaker } from "../testing/objects.ts";
import { infrastructureAddresses } from "./infrastructure.ts";
import { InfrastructureIndex } from "./infrastructure-index.ts";

describe("InfrastructureIndex", () => {
  let index: InfrastructureIndex;
  let changes: string[][];
  const nodes = new Map<string, Node>();
  const speakers = new Map<string, Speaker>();

  beforeEach(() => {
    nodes.clear();
    speakers.clear();
    changes = [];
    index = new InfrastructureIndex((changed) =>
      changes.push(changed.map(({ address, what }) => `${address.text}: ${what ?? "nothing"}`)),
    );
  });

  it("tells what came into use, what is used as something else, and what is not used any more", () => {
    setSpeaker("n2", { gateways: ["192.0.2.254"] });
    setSpeaker("n1", { gateways: ["192.0.2.254"] });
    setNode("n3", ["192.0.2.254"]);
    setNode("n3", []);
    setSpeaker("n1", undefined);
    setSpeaker("n2", undefined);
    expect(changes).to.deep.equal([
      ['192.0.2.254: the gateway of node "n2" on eth0'],
      ['192.0.2.254: the gateway of node "n1" on eth0'],
      ['192.0.2.254: the address of node "n3"'],
      ['192.0.2.254: the gateway of node "n1" on eth0'],
      ['192.0.2.254: the gateway of node "n2" on eth0'],
      ["192.0.2.254: nothing"],
    ]);
  });

  it("believes that a Speaker is gone only after the grace, whatever its node's address is used as meanwhile", () => {
    const clock = new FakeClock();
    const told: string[] = [];
    index = new InfrastructureIndex(
      (changed) => told.push(...changed.map(({ address, what }) => `${address.text}: ${what ?? "nothing"}`)),
      { clock, graceMs: 1000 },
    );
    setSpeaker("n1", { addresses: ["192.0.2.1/24"], gateways: ["192.0.2.254"] });
    const before = index.addresses;
    told.length = 0;
    setSpeaker("n1", undefined);
    clock.advance(999);
    setSpeaker("n1", { addresses: ["192.0.2.1/24"], gateways: ["192.0.2.254"] });
    clock.advance(5000);
    expect(told).to.deep.equal([]);
    expect(index.addresses).to.equal(before);
    setSpeaker("n1", undefined);
    clock.advance(500);
    setSpeaker("n1", { addresses: ["192.0.2.1/24"] });
    expect(told, "it says something else").to.deep.equal(["192.0.2.254: nothing"]);
    setSpeaker("n1", undefined);
    clock.advance(1000);
    expect(told.slice(1)).to.have.members([
      "192.0.2.0: nothing",
      "192.0.2.1: nothing",
      "192.0.2.255: nothing",
    ]);
    setSpeaker("n2", { addresses: ["192.0.2.2/24"] });
    setSpeaker("n2", undefined);
    index.stop();
    expect(clock.pending).to.equal(0);
  });

  it("tells what can be looked up already", () => {
    const seen: unknown[] = [];
    index = new InfrastructureIndex((changed) => {
      for (const { address, what } of changed)
        seen.push([index.useOf(address) === what, index.addresses.some((one) => one.what === what)]);
    });
    setNode("n1", ["192.0.2.1"]);
    expect(seen).to.deep.equal([[true, true]]);
  });

  it("tells nothing, and keeps its list, while what is said stays the same", () => {
    setNode("n1", ["192.0.2.1"]);
    setSpeaker("n1", { addresses: ["192.0.2.1/24"] });
    setSpeaker("n2", { addresses: ["192.0.2.2/24"] });
    const before = index.addresses;
    const told = changes.length;
    setNode("n1", ["192.0.2.1"], "False");
    setSpeaker("n1", { addresses: ["192.0.2.1/24"], carrier: false });
    setNode("n1", []);
    setNode("n1", ["192.0.2.1"]);
    expect(changes).to.have.length(told);
    expect(index.addresses).to.equal(before);
  });

  it("says the same as if everything had been read anew, whatever happened before", () => {
    const name = fc.constantFrom("n1", "n2", "n3");
    const octet = fc.integer({ min: 0, max: 9 });
    const address = octet.map((last) => `192.0.2.${last}`);
    const inside = fc.tuple(
      fc.oneof(
        address,
        octet.map((last) => `2001:db8::${last}`),
      ),
      fc.constantFrom(24, 29, 30, 31, 32, 126, 128),
    );
    const parts = fc.record({
      addresses: fc.array(
        inside.map(([text, length]) => `${text}/${length}`),
        { maxLength: 3 },
      ),
      gateways: fc.array(address, { maxLength: 2 }),
    });
    const step = fc.oneof(
      fc.tuple(fc.constant("node" as const), name, fc.array(address, { maxLength: 3 })),
      fc.tuple(fc.constant("speaker" as const), name, fc.option(parts, { nil: undefined })),
      fc.tuple(fc.constant("look" as const), name, fc.constant(undefined)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        nodes.clear();
        speakers.clear();
        const current = new Map<string, string | undefined>();
        index = new InfrastructureIndex((changed) => {
          for (const { address, what } of changed) current.set(address.text, what);
        });
        for (const [kind, name, what] of steps) {
          if (kind === "node") setNode(name, what);
          else if (kind === "speaker") setSpeaker(name, what);
          else expect(index.addresses).to.deep.equal(anew());
        }
        expect(index.addresses).to.deep.equal(anew());
        const told = [...current].filter(([, what]) => what !== undefined);
        expect(new Map(told)).to.deep.equal(
          new Map(anew().map(({ address: one, what }) => [one.text, what])),
        );
      }),
    );
  });

  it("knows what one address is used as", () => {
    setSpeaker("n1", { addresses: ["192.0.2.1/24"] });
    const useOf = (text: string): string | undefined => {
      const parsed = parseAddress(text);
      return parsed.ok ? index.useOf(parsed.value) : "unreadable";
    };
    expect(useOf("192.0.2.255")).to.equal("the broadcast address of 192.0.2.0/24");
    expect(useOf("192.0.2.2")).to.equal(undefined);
  });

  function anew(): ReturnType<typeof infrastructureAddresses> {
    return infrastructureAddresses(nodes.values(), speakers.values());
  }

  function setNode(name: string, addresses: readonly string[], ready = "True"): void {
    const status = {
      conditions: [{ type: "Ready", status: ready }],
      addresses: addresses.map((address) => ({ type: "InternalIP", address })),
    };
    index.applyNode(change(nodes, name, { metadata: { name }, status }));
  }

  function setSpeaker(
    name: string,
    parts:
      | {
          readonly addresses?: readonly string[];
          readonly gateways?: readonly string[];
          readonly carrier?: boolean;
        }
      | undefined,
  ): void {
    const object = parts && speaker(name, [{ name: "eth0", addresses: [], ...parts }]);
    index.applySpeaker(change(speakers, name, object));
  }
});

/** Takes the object into the store, and tells what that changed. */
function change<T>(store: Map<string, T>, key: string, current: T | undefined): Change<T> {
  const previous = store.get(key);
  if (current === undefined) store.delete(key);
  else store.set(key, current);
  return { key, previous, current };
}
