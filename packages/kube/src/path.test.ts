import { services } from "@fairlead/api/core/service.ts";
import { ipAddressPools } from "@fairlead/api/resources.ts";
import { expect } from "chai";
import { collectionPath, objectPath, resourceName } from "./path.ts";

describe("paths", () => {
  it("of collections, in one namespace and in all, with a query", () => {
    expect(collectionPath(services, undefined)).to.equal("/api/v1/services");
    expect(collectionPath(services, "shop", { a: 1, b: undefined, c: true, d: "x&y" })).to.equal(
      "/api/v1/namespaces/shop/services?a=1&c=true&d=x%26y",
    );
    expect(collectionPath(ipAddressPools, undefined)).to.equal("/apis/fairlead.dev/v1beta1/ipaddresspools");
  });

  it("of objects and their subresources, whatever the name", () => {
    expect(
      objectPath(ipAddressPools, { name: "a/b?c" }, { subresource: "status", query: { x: 1 } }),
    ).to.equal("/apis/fairlead.dev/v1beta1/ipaddresspools/a%2Fb%3Fc/status?x=1");
  });

  it("names resources as RBAC does", () => {
    expect(resourceName(services)).to.equal("services");
    expect(resourceName(ipAddressPools)).to.equal("ipaddresspools.fairlead.dev");
  });
});
