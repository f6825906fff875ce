import type { EndpointSlice } from "@fairlead/api/core/endpoint-slice.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { KUBE_PROXY_LEARNS_WITHIN_MS } from "../placement/endpoints.ts";
import { endpointSlice } from "../testing/objects.ts";
import { EndpointIndex } from "./endpoint-index.ts";

const SHOP = "web/shop";
const TERMINATING = { ready: false, serving: true, terminating: true };
const UNREADY = { ready: false, serving: false, terminating: false };

describe("the index of endpoints", () => {
  let clock: FakeClock;
  let index: EndpointIndex;
  let told: string[];
  const slices = new Map<string, EndpointSlice>();

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    slices.clear();
    index = new EndpointIndex({ clock, onChange: (service) => told.push(service) });
  });

  /** A slice of the Service with this number is now so. */
  function put(number: number, slice: EndpointSlice | undefined): void {
    const key = `web/${number}`;
    const previous = slices.get(key);
    if (slice === undefined) slices.delete(key);
    else slices.set(key, slice);
    index.apply({ key, previous, current: slice });
  }

  const fresh = (): readonly string[] => [...index.of(SHOP, "IPv4").fresh];

  it("says for a moment of a node whose endpoint has become ready that kube-proxy may not know, if others terminate", () => {
    put(1, endpointSlice(SHOP, ["a"]));
    clock.advance(10_000);
    put(2, endpointSlice(SHOP, ["b"]));
    expect(fresh(), "nobody asks while nothing terminates").to.deep.equal([]);
    expect(index.settlesInMs(SHOP)).to.equal(0);
    clock.advance(500);
    put(1, endpointSlice(SHOP, ["a"], { conditions: TERMINATING }));
    expect(fresh()).to.deep.equal(["b"]);
    expect(index.settlesInMs(SHOP)).to.equal(KUBE_PROXY_LEARNS_WITHIN_MS - 500);
    clock.advance(KUBE_PROXY_LEARNS_WITHIN_MS - 500);
    expect(fresh()).to.deep.equal([]);
    expect(index.settlesInMs(SHOP)).to.equal(0);
  });

  it("takes a node for new again when its endpoint was not ready meanwhile", () => {
    put(1, endpointSlice(SHOP, ["a"], { conditions: TERMINATING }));
    put(2, endpointSlice(SHOP, ["b"]));
    clock.advance(10_000);
    put(2, endpointSlice(SHOP, ["b"], { conditions: UNREADY }));
    put(2, endpointSlice(SHOP, ["b"]));
    expect(fresh()).to.deep.equal(["b"]);
    put(2, undefined);
    expect(fresh()).to.deep.equal([]);
  });

  it("does not take a node for new that has one endpoint more", () => {
    put(1, endpointSlice(SHOP, ["a"], { conditions: TERMINATING }));
    put(2, endpointSlice(SHOP, ["b"]));
    clock.advance(10_000);
    put(3, endpointSlice(SHOP, ["b"]));
    expect(fresh()).to.deep.equal([]);
  });

  it("tells of no change of Pods that are not ready while others are", () => {
    put(1, endpointSlice(SHOP, ["a"]));
    put(2, endpointSlice(SHOP, ["b"], { conditions: UNREADY, pods: ["shop-1"] }));
    put(2, endpointSlice(SHOP, ["b", "c"], { conditions: UNREADY, pods: ["shop-1", "shop-2"] }));
    expect(told).to.deep.equal([SHOP]);
    put(1, undefined);
    expect(told).to.deep.equal([SHOP, SHOP]);
    put(2, endpointSlice(SHOP, ["b"], { conditions: UNREADY, pods: ["shop-1"] }));
    expect(told).to.deep.equal([SHOP, SHOP, SHOP]);
  });

  it("tells when an endpoint that was ready begins to terminate, and when it is gone", () => {
    put(1, endpointSlice(SHOP, ["a"]));
    put(1, endpointSlice(SHOP, ["a"], { conditions: TERMINATING }));
    put(1, endpointSlice(SHOP, []));
    expect(told).to.deep.equal([SHOP, SHOP, SHOP]);
  });
});
