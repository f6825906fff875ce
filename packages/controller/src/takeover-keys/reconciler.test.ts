import { type Secret, secrets } from "@fairlead/api/core/secret.ts";
import { readTakeoverKeys } from "@fairlead/api/takeover-keys.ts";
import { ApiError } from "@fairlead/kube/transport.ts";
import { expect } from "chai";
import { Harness } from "../testing/harness.ts";
import { ROTATED_AT_ANNOTATION } from "./reconciler.ts";

const NAME = "fairlead-system/fairlead-takeover";

describe("the Secret of the speakers", () => {
  let harness: Harness;
  beforeEach(() => {
    harness = Harness.withNodes();
  });
  afterEach(() => harness.stop());

  const found = (): Secret => {
    const secret = harness.api.get(secrets, NAME);
    if (secret === undefined) throw new Error("there is no Secret");
    return secret;
  };
  const ids = (): readonly number[] => {
    const keys = readTakeoverKeys(found().data ?? {});
    if (!keys.ok) throw new Error(keys.error);
    return keys.value.accepted.map(({ id }) => id);
  };
  const events = (): readonly string[] =>
    harness.log.lines.map(({ event }) => event).filter((event) => event.includes("takeover key"));
  const spoil = (data: Secret["data"]): unknown =>
    harness.api.edit(secrets, NAME, (one) => ({ ...one, data: data ?? null }));

  it("is made by the replica that leads, once", async () => {
    await harness.start();
    await harness.start();
    await harness.settle(60_000);
    expect(harness.api.count("POST secrets")).to.equal(1);
    expect(harness.api.count("PUT secrets")).to.equal(0);
    const { type, metadata } = found();
    expect(type).to.equal("fairlead.dev/takeover-keys");
    expect(metadata.labels).to.deep.equal({ "app.kubernetes.io/name": "fairlead" });
    expect(metadata.annotations).to.deep.equal({ [ROTATED_AT_ANNOTATION]: "2026-01-01T00:00:00Z" });
    expect(ids()).to.deep.equal([1]);
    expect(events()).to.deep.equal(["takeover keys made"]);
  });

  it("is made again within a minute of its deletion, with another key", async () => {
    await harness.start();
    const before = found().data?.current;
    harness.api.remove(secrets, NAME);
    await harness.settle(60_000);
    expect(ids()).to.deep.equal([1]);
    expect(found().data?.current).not.to.equal(before);
  });

  it("is mended within a minute, keeping what is not ours, and told without what stood there", async () => {
    await harness.start();
    harness.api.edit(secrets, NAME, (one) => ({
      ...one,
      metadata: { ...one.metadata, annotations: { "example.com/mine": "1" } },
      data: { current: btoa("hunter2"), currentId: btoa("1") },
    }));
    await harness.settle(60_000);
    expect(ids()).to.deep.equal([1]);
    expect(found().metadata.annotations).to.have.all.keys("example.com/mine", ROTATED_AT_ANNOTATION);
    const line = harness.log.lines.find(({ event }) => event === "takeover keys mended");
    expect(line).to.deep.include({
      level: "warn",
      fields: { secret: NAME, key: 1, problems: ["current is not 32 bytes"] },
    });
    const material = [btoa("hunter2"), "hunter2", found().data?.current ?? ""];
    for (const one of material) expect(JSON.stringify(harness.log.lines)).not.to.contain(one);
    spoil(undefined);
    await harness.settle(60_000);
    expect(ids()).to.deep.equal([1]);
  });

  it("gets another key in steps, each old enough for all speakers to know it", async () => {
    const rotationMs = 30 * 60_000;
    await harness.start({ keys: { rotationMs, draw: () => new Uint8Array(32).fill(9) } });
    const steps: [minute: number, accepted: string][] = [];
    for (let minute = 0; minute <= 55; minute++) {
      const now = ids().join(" ");
      if (now !== steps.at(-1)?.[1]) steps.push([minute, now]);
      await harness.settle(60_000);
    }
    expect(steps.map(([, accepted]) => accepted)).to.deep.equal(["1", "1 2", "2 1", "2"]);
    const [, added = [0], exchanged = [0], removed = [0]] = steps;
    expect(added[0]).to.be.within(30, 31);
    expect(exchanged[0] - added[0]).to.be.within(10, 11);
    expect(removed[0] - exchanged[0]).to.be.within(10, 11);
    expect(events()).to.deep.equal([
      "takeover keys made",
      "new takeover key added",
      "new takeover key in use",
      "old takeover key removed",
    ]);
  });

  it("is looked at again when somebody else was faster, without a complaint", async () => {
    harness.api.refuse = ({ method, resource }) =>
      method === "POST" && resource === "secrets"
        ? new ApiError({ status: 409, reason: "AlreadyExists" })
        : undefined;
    await harness.start();
    expect(harness.api.get(secrets, NAME)).to.equal(undefined);
    harness.api.refuse = () => undefined;
    await harness.settle(2000);
    expect(ids()).to.deep.equal([1]);
    expect(harness.log.complaints).to.deep.equal([]);
  });

  it("is not written over what somebody else has written meanwhile", async () => {
    await harness.start();
    spoil({});
    let theirs: string | undefined;
    harness.api.refuse = ({ method, resource }) => {
      if (method !== "PUT" || resource !== "secrets" || theirs !== undefined) return undefined;
      theirs = btoa("x".repeat(32));
      spoil({ current: theirs, currentId: btoa("7") });
      return undefined;
    };
    await harness.settle(60_000);
    expect(ids()).to.deep.equal([7]);
    expect(found().data?.current).to.equal(theirs);
  });
});
