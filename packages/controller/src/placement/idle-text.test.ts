import type { Endpoint, EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import { expect } from "chai";
import { servingEndpoints } from "./endpoints.ts";
import type { Hosted } from "./hosts-text.ts";
import { nobodyServes } from "./idle-text.ts";

const UNREADY = { ready: false, serving: false, terminating: false };
const DEAD = { ready: false, serving: false, terminating: true };

const pod = (name: string, conditions = UNREADY): Endpoint => ({
  addresses: [],
  conditions,
  targetRef: { kind: "Pod", name },
});

function service(endpoints: readonly Endpoint[], key = "web/shop"): Hosted {
  const slice: EndpointSlice = { metadata: { name: "one" }, addressType: "IPv4", endpoints };
  return { key, localTrafficOnly: false, endpoints: servingEndpoints([slice], "IPv4") };
}

const NONE = "no IPv4 endpoint of web/shop is ready";

describe("why no endpoint serves", () => {
  const cases: readonly [string, readonly Endpoint[], string][] = [
    ["there is none", [], `${NONE}, it has none; check its selector and whether its Pods run`],
    [
      "its Pods are not ready",
      [pod("shop-def"), pod("shop-abc")],
      `${NONE}: 2 of 2 Pods are not ready (shop-abc, shop-def); see kubectl -n web describe pod shop-abc`,
    ],
    [
      "one is not, others terminate",
      [pod("shop-b", DEAD), pod("shop-a"), pod("shop-c", DEAD)],
      `${NONE}: 1 of 3 Pods is not ready (shop-a); see kubectl -n web describe pod shop-a`,
    ],
    [
      "all terminate and serve no more",
      [pod("shop-b", DEAD), pod("shop-a", DEAD)],
      `${NONE}: 2 of 2 terminate; see why no other Pod has come`,
    ],
    [
      "more are not than are named",
      Array.from({ length: 1000 }, (_, i) => pod(`shop-${999 - i}`)),
      `${NONE}: 1000 of 1000 Pods are not ready (shop-0, shop-1, shop-10 and 997 more); see kubectl -n web describe pod shop-0`,
    ],
    [
      "they are no Pods",
      [{ addresses: [], conditions: UNREADY }],
      `${NONE}: 1 of 1 endpoints is not ready; see who writes its EndpointSlices`,
    ],
  ];
  for (const [title, endpoints, expected] of cases)
    it(`is told when ${title}`, () => {
      expect(nobodyServes([service(endpoints)], "IPv4")).to.equal(expected);
    });

  it("is told of three of the Services that share an address", () => {
    const services = ["e", "d", "c", "b", "a"].map((name) => service([pod(`${name}-0`)], `web/${name}`));
    const told = nobodyServes(services, "IPv4");
    for (const name of ["a", "b", "c"]) expect(told).to.contain(`no IPv4 endpoint of web/${name} is ready`);
    expect(told)
      .to.match(/; nor is it of 2 more Services$/)
      .and.not.to.contain("web/d");
  });

  it("is bounded, whatever a slice that a person wrote refers to", () => {
    expect(nobodyServes([service([pod("x".repeat(100_000))])], "IPv4")).to.have.length.below(1000);
  });
});
