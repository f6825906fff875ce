import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { VirtualIPView } from "./virtual-ip-view.ts";

describe("the view of VirtualIPs", () => {
  const at = (resourceVersion: string): VirtualIP => ({
    metadata: { name: "x", resourceVersion },
    spec: { address: "192.0.2.1", pool: "lan", services: [] },
  });
  const read = new Map<string, VirtualIP>();
  const view = new VirtualIPView({
    get: (key) => read.get(key),
    values: () => read.values(),
    get size() {
      return read.size;
    },
  });
  const version = (): string | undefined => view.get("x")?.metadata.resourceVersion;
  const watch = (object: VirtualIP | undefined): void => {
    if (object === undefined) read.delete("x");
    else read.set("x", object);
    view.read("x", object);
  };

  it("shows the newer of what was read and what was written", () => {
    watch(at("99"));
    view.wrote(at("101"));
    expect(version()).to.equal("101");
    watch(at("100"));
    expect(version()).to.equal("101");
    watch(at("101"));
    expect(version()).to.equal("101");
    watch(at("102"));
    expect(version()).to.equal("102");
    watch(undefined);
    expect(version()).to.equal(undefined);
  });
});
