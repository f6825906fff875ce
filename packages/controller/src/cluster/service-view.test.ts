import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { Ledger } from "../allocation/ledger.ts";
import { service } from "../testing/objects.ts";
import { ServiceView } from "./service-view.ts";

const SHOP = "web/shop";

describe("the view of Services", () => {
  let read: Map<string, Service>;
  let ledger: Ledger;
  let view: ServiceView;
  beforeEach(() => {
    read = new Map();
    ledger = new Ledger();
    const store = {
      get: (key: string) => read.get(key),
      values: () => read.values(),
      get size() {
        return read.size;
      },
    };
    view = new ServiceView({
      store,
      ledger,
      ownership: { loadBalancerClass: undefined, alsoClassless: false },
    });
  });
  const at = (resourceVersion: string, ...shows: readonly string[]): Service => {
    const one = service(SHOP, { shows });
    return { ...one, metadata: { ...one.metadata, uid: "1", resourceVersion } };
  };
  const watch = (current: Service): void => {
    const previous = read.get(SHOP);
    read.set(SHOP, current);
    view.read({ key: SHOP, previous, current });
  };
  const shown = (): readonly unknown[] =>
    (view.get(SHOP)?.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
  const held = (): readonly string[] => ledger.holdings(SHOP).map(({ address }) => address.text);

  it("shows the status that was written until a newer one is read", () => {
    watch(at("99"));
    view.wrote(at("101", "192.0.2.1"));
    watch(at("100"));
    expect(shown()).to.deep.equal(["192.0.2.1"]);
    expect(held()).to.deep.equal(["192.0.2.1"]);
    watch(at("102", "192.0.2.2"));
    expect(shown()).to.deep.equal(["192.0.2.2"]);
  });

  it("does not take the answer to a write for newer than what another program wrote since", () => {
    watch(at("99"));
    watch(at("102", "192.0.2.2"));
    view.wrote(at("101", "192.0.2.1"));
    expect(shown()).to.deep.equal(["192.0.2.2"]);
    expect(held()).to.deep.equal(["192.0.2.2"]);
  });
});
