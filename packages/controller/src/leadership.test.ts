import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { Leadership } from "./leadership.ts";

describe("leadership", () => {
  let clock: FakeClock;
  let leading: boolean;
  let lead: AbortController;
  let gained: (signal: AbortSignal) => void;
  let lost: () => void | Promise<void>;
  let told: string[];
  let leadership: Leadership;
  beforeEach(() => {
    leading = false;
    told = [];
    clock = new FakeClock();
    leadership = new Leadership(clock);
    leadership.start(
      ({ onGained, onLost }) => {
        gained = onGained;
        lost = onLost;
        return {
          start: () => {},
          stop: async () => {
            told.push("given away");
          },
          get leading() {
            return leading;
          },
        };
      },
      { onGained: () => told.push("gained"), onLost: () => told.push("lost") },
    );
  });
  const gain = (): void => {
    leading = true;
    lead = new AbortController();
    gained(lead.signal);
  };

  it("runs nothing without it", async () => {
    let runs = 0;
    await leadership.whileLeading(async () => {
      runs += 1;
    });
    expect(runs).to.equal(0);
    gain();
    await leadership.whileLeading(async () => {
      runs += 1;
    });
    expect(runs).to.equal(1);
  });

  it("ends what runs before it is given up, and takes no failure of that for one", async () => {
    gain();
    const run = leadership.whileLeading(
      (signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted"))),
        ),
    );
    leading = false;
    lead.abort();
    expect(leadership.leading).to.equal(false);
    await lost();
    expect(await run).to.equal(undefined);
    expect(told).to.deep.equal(["gained", "lost"]);
  });

  it("when it stops lets what is under way end, begins nothing more, and then gives the lead away", async () => {
    gain();
    let end = (): void => {};
    const run = leadership.whileLeading(() => new Promise<void>((resolve) => (end = resolve)));
    const stopped = leadership.stop();
    await clock.advanceAsync(500);
    expect(leadership.leading).to.equal(false);
    expect(told).to.deep.equal(["gained"]);
    end();
    await Promise.all([run, stopped]);
    expect(told).to.deep.equal(["gained", "given away"]);
    expect(clock.pending).to.equal(0);
  });

  it("does not wait for ever for that", async () => {
    gain();
    void leadership.whileLeading(() => new Promise(() => {}));
    const stopped = leadership.stop();
    await clock.advanceAsync(1000);
    await stopped;
    expect(told).to.deep.equal(["gained", "given away"]);
  });

  it("lets failures through while it lasts", async () => {
    gain();
    const failure = await leadership
      .whileLeading(() => Promise.reject(new Error("no")))
      .then(() => undefined, String);
    expect(failure).to.equal("Error: no");
  });

  it("does not believe in itself when the lease has run out and nobody has said so yet", () => {
    gain();
    leading = false;
    expect(leadership.leading).to.equal(false);
  });
});
