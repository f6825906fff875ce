import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { VirtualIPView } from "./virtual-ip-view.ts";

describe("the view of VirtualIPs", () => {
  const at = (resourceVersion: string, uid = "1"): VirtualIP => ({
    metadata: { name: "x", uid, resourceVersion },
    spec: { address: "192.0.2.1", pool: "lan", services: [] },
  });
  let read: Map<string, VirtualIP>;
  let view: VirtualIPView;
  beforeEach(() => {
    read = new Map();
    view = new VirtualIPView({
      get: (key) => read.get(key),
      values: () => read.values(),
      get size() {
        return read.size;
      },
    });
  });
  const version = (): string | undefined => view.get("x")?.metadata.resourceVersion;
  const watch = (current: VirtualIP | undefined): void => {
    const previous = read.get("x");
    if (current === undefined) read.delete("x");
    else read.set("x", current);
    view.read({ key: "x", previous, current });
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

  it("does not take the answer to a write for newer than what was read or written since", () => {
    watch(at("99"));
    watch(at("102"));
    view.wrote(at("101"));
    expect(version()).to.equal("102");
    view.wrote(at("104"));
    view.wrote(at("103"));
    expect(version()).to.equal("104");
  });

  it("does not show again what was deleted, here or by others, when the answer to a write of it comes late", () => {
    watch(at("101"));
    watch(undefined);
    view.wrote(at("101"));
    expect(version()).to.equal(undefined);
    view.wrote(at("103", "2"));
    view.deleted("x", "2");
    view.wrote(at("104", "2"));
    expect(version()).to.equal(undefined);
  });

  it("shows again what a backup has brought back", () => {
    watch(at("101"));
    watch(undefined);
    watch(at("90"));
    expect(version()).to.equal("90");
    view.wrote(at("91"));
    expect(version()).to.equal("91");
  });

  it("goes on showing what was written anew when the watch brings that its predecessor is gone", () => {
    watch(at("99"));
    view.deleted("x", "1");
    view.wrote(at("101", "2"));
    view.deleted("x", "1");
    watch(undefined);
    expect(version()).to.equal("101");
    watch(at("101", "2"));
    watch(undefined);
    expect(version()).to.equal(undefined);
  });
});
