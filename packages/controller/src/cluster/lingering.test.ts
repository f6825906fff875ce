import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Change } from "@fairlead/kube/store.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { LingeringStore } from "./lingering.ts";

describe("an object that is deleted", () => {
  const object = (name: string): KubeObject => ({ metadata: { name } });
  let clock: FakeClock;
  let store: LingeringStore<KubeObject>;
  let changes: number;
  let last: Change<KubeObject> | undefined;
  beforeEach(() => {
    clock = new FakeClock();
    changes = 0;
    store = new LingeringStore({
      clock,
      graceMs: 1000,
      onChange: (change) => {
        changes++;
        last = change;
      },
    });
    store.apply({ key: "a", previous: undefined, current: object("a") });
  });
  const gone = (): boolean | undefined => store.get("a")?.gone;
  const remove = (): void => store.apply({ key: "a", previous: object("a"), current: undefined });

  it("lingers for the grace and is gone then", () => {
    remove();
    expect(gone()).to.equal(true);
    clock.advance(999);
    expect([...store.values()]).to.have.length(1);
    clock.advance(1);
    expect(gone()).to.equal(undefined);
    expect(changes).to.equal(3);
  });

  it("is as it was when it comes back in time", () => {
    remove();
    clock.advance(500);
    store.apply({ key: "a", previous: undefined, current: object("a") });
    clock.advance(5000);
    expect(gone()).to.equal(false);
    expect(clock.pending).to.equal(0);
    expect(last).to.deep.equal({ key: "a", previous: undefined, current: object("a") });
  });

  it("does not keep the process alive after stop", () => {
    remove();
    store.stop();
    expect(clock.pending).to.equal(0);
  });
});
