import { expect } from "chai";
import { LAB_PACKAGES, missingPackages } from "./packages.ts";
import { GO_PROGRAMS, goArguments, kubernetesVersion, toolsKey } from "./parts.ts";
import { cacheFolder } from "./paths.ts";

describe("the parts of a lab", () => {
  it("are known by what they are made from", () => {
    expect(toolsKey())
      .to.match(/^[0-9a-f]{12}$/)
      .and.to.equal(toolsKey());
  });

  it("tell the Kubernetes release that go.mod pins", () => {
    expect(kubernetesVersion()).to.match(/^v1\.\d+\.\d+$/);
    const kubectl = GO_PROGRAMS.find(({ name }) => name === "kubectl");
    if (kubectl === undefined) throw new Error("no kubectl");
    expect(goArguments(kubectl, "/out", "v1.2.3")).to.include(
      "-s -w -X k8s.io/component-base/version.gitVersion=v1.2.3",
    );
  });

  it("are cached where the environment says", () => {
    expect(cacheFolder({ FAIRLEAD_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" })).to.equal("/a");
    expect(cacheFolder({ XDG_CACHE_HOME: "/b", HOME: "/c" })).to.equal("/b/fairlead");
    expect(cacheFolder({ HOME: "/c" })).to.equal("/c/.cache/fairlead");
  });

  it("name each Debian package once and find those that are missing", () => {
    const names = LAB_PACKAGES.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    const missing = { name: "no-such-package", provides: "no-such-command" };
    expect(missingPackages([missing, { name: "dash", provides: "/bin/sh" }])).to.deep.equal([missing]);
  });
});
