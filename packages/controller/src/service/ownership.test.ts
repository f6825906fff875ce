import { expect } from "chai";
import { service } from "../testing/objects.ts";
import { isOurs } from "./ownership.ts";

describe("a Service is ours", () => {
  const OURS = "fairlead.dev/lan";
  const none = { loadBalancerClass: undefined, alsoClassless: false };
  const only = { loadBalancerClass: OURS, alsoClassless: false };
  const also = { loadBalancerClass: OURS, alsoClassless: true };
  const cases: readonly [string, Parameters<typeof service>[1], readonly boolean[]][] = [
    ["without a class", {}, [true, false, true]],
    ["of our class", { spec: { loadBalancerClass: OURS } }, [false, true, true]],
    ["of another class", { spec: { loadBalancerClass: "example.com/x" } }, [false, false, false]],
    ["of another type", { spec: { type: "NodePort" } }, [false, false, false]],
  ];
  for (const [title, parts, expected] of cases) {
    it(`${title}: with no class, with a class, with a class and classless too: ${expected.join(", ")}`, () => {
      expect([none, only, also].map((options) => isOurs(service("web/x", parts), options))).to.deep.equal(
        expected,
      );
    });
  }

  it("not while it is being deleted", () => {
    const one = service("web/x");
    const leaving = { ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    expect(isOurs(leaving, none)).to.equal(false);
  });
});
