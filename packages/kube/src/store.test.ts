import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { expect } from "chai";
import { keyOf, Store } from "./store.ts";

const object = (name: string, resourceVersion: string, uid = "u"): KubeObject => ({
  metadata: { name, uid, resourceVersion },
});

describe("Store", () => {
  it("names objects by namespace and name", () => {
    expect(keyOf({ metadata: { name: "a" } })).to.equal("a");
    expect(keyOf({ metadata: { name: "a", namespace: "" } })).to.equal("a");
    expect(keyOf({ metadata: { name: "a", namespace: "n" } })).to.equal("n/a");
  });

  it("tells each change with both sides, and none where there is none", () => {
    const store = new Store<KubeObject>();
    const [first, second, other] = [object("a", "1"), object("a", "2"), object("a", "2", "v")];
    expect(store.put(first)).to.deep.equal({ key: "a", previous: undefined, current: first });
    expect(store.put({ ...first })).to.equal(undefined);
    expect(store.put(second)).to.deep.equal({ key: "a", previous: first, current: second });
    expect(store.put(other)).to.deep.equal({ key: "a", previous: second, current: other });
    expect(store.keysWithout(new Set(["b"]))).to.deep.equal(["a"]);
    expect(store.remove("a")).to.deep.equal({ key: "a", previous: other, current: undefined });
    expect(store.remove("a")).to.equal(undefined);
    expect(store.size).to.equal(0);
  });
});
