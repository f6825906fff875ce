import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { expect } from "chai";
import { World } from "../testing/allocation.ts";
import { pool, service } from "../testing/objects.ts";
import { stillNeeded } from "./handover.ts";

describe("an address that another one takes the place of", () => {
  const world = new World(pool("lan", ["192.0.2.1-192.0.2.9"])).holds("web/shop", "lan", "192.0.2.1");
  const decision = world.decide(
    service("web/shop", { annotations: { "fairlead.dev/loadBalancerIPs": "192.0.2.2" } }),
  );
  const answered = (...texts: readonly string[]) => {
    const names = texts.map((text) => virtualIPName({ family: "IPv4", value: 0n, text }));
    return (name: string): VirtualIP | undefined =>
      names.includes(name)
        ? {
            metadata: { name },
            spec: { address: name, services: [] },
            status: {
              conditions: [
                {
                  type: "Announced",
                  status: "True",
                  reason: "Answering",
                  message: "",
                  lastTransitionTime: "",
                },
              ],
            },
          }
        : undefined;
  };
  const needed = (...texts: readonly string[]) =>
    stillNeeded(decision, answered(...texts)).map(({ text }) => text);

  it("is needed while it is answered and the other is not", () => {
    expect(needed("192.0.2.1")).to.deep.equal(["192.0.2.1"]);
  });

  it("is not needed once the other is answered, or if nobody answers for it itself", () => {
    expect(needed("192.0.2.1", "192.0.2.2")).to.deep.equal([]);
    expect(needed()).to.deep.equal([]);
  });
});
