import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { withLock } from "./lock.ts";

describe("a lock", () => {
  const folder = mkdtempSync(join(tmpdir(), "lock-"));
  const file = join(folder, "lock");
  after(() => rmSync(folder, { recursive: true }));

  it("lets one work at a time, and tells those who wait for whom", async () => {
    let working = 0;
    let most = 0;
    const waitedFor: number[] = [];
    const work = async (): Promise<void> => {
      working += 1;
      most = Math.max(most, working);
      await setImmediate();
      working -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, (pid) => waitedFor.push(pid), work)));
    expect(most).to.equal(1);
    expect(waitedFor).to.deep.equal([process.pid, process.pid]);
    expect(existsSync(file)).to.equal(false);
  });

  it("is free again after work that failed", async () => {
    const failed = await withLock(
      file,
      () => {},
      () => Promise.reject(new Error("no")),
    ).then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
    expect(existsSync(file)).to.equal(false);
  });

  it("does not outlive its holder", async () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, startTicks: 1 }));
    expect(
      await withLock(
        file,
        () => {},
        async () => "done",
      ),
    ).to.equal("done");
  });
});
