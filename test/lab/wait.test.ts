import { expect } from "chai";
import { Hopeless, WaitError, waitFor } from "./wait.ts";

async function failure(waiting: Promise<unknown>): Promise<WaitError> {
  const thrown = await waiting.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof WaitError) return thrown;
  throw new Error("did not fail as expected", { cause: thrown });
}

describe("waiting", () => {
  it("ends with the first value that the probe gives", async () => {
    let looks = 0;
    const value = await waitFor("three looks", () => (++looks === 3 ? looks : undefined), { everyMs: 1 });
    expect(value).to.equal(3);
  });

  it("looks at least once, however short the time", async () => {
    expect(await waitFor("now", () => "here", { deadlineMs: 0 })).to.equal("here");
  });

  it("names what was awaited, what was seen last, and the diagnosis", async () => {
    const options = { deadlineMs: 5, everyMs: 1, diagnose: async (what: string) => `diagnosis of ${what}` };
    const error = await failure(waitFor("a pod", (see) => see({ phase: "Pending" }), options));
    expect(error.message).to.match(
      /^waited \d+ ms for: a pod; last seen: \{"phase":"Pending"\}\ndiagnosis of a pod$/,
    );
  });

  it("takes a probe that throws for one that does not see it yet", async () => {
    let looks = 0;
    const probe = (): string => {
      looks += 1;
      if (looks < 3) throw new Error("connection refused");
      return "up";
    };
    expect(await waitFor("the server", probe, { everyMs: 1 })).to.equal("up");
    const error = await failure(
      waitFor("it", () => Promise.reject(new Error("no route")), { deadlineMs: 3, everyMs: 1 }),
    );
    expect(error.message).to.contain("last seen: no route");
  });

  it("gives up at once when there is no hope", async () => {
    const probe = (): undefined => {
      throw new Hopeless("etcd ended");
    };
    const error = await failure(waitFor("the API server", probe, { deadlineMs: 60_000 }));
    expect(error.message).to.contain("last seen: etcd ended");
  });
});
