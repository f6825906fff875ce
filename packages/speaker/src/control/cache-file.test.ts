import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingLog } from "@fairlead/kube/testing/recording-log.ts";
import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { placed } from "../testing/values.ts";
import { type Known, NOTHING_KNOWN } from "./cache.ts";
import { CacheFile } from "./cache-file.ts";

const KNOWN: Known = { ...NOTHING_KNOWN, placed: [placed("192.0.2.7", { first: true })] };

describe("CacheFile", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-cache-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function make(of = folder) {
    const clock = new FakeClock();
    const log = new RecordingLog();
    return { clock, log, cache: new CacheFile({ folder: of, clock, log }), path: join(of, "known.json") };
  }

  it("hands the next process what this one knew", async () => {
    const { cache } = make();
    cache.changed(() => KNOWN);
    await cache.stop();
    const { log, cache: next } = make();
    expect(next.read()).to.deep.equal(KNOWN);
    expect(log.lines).to.deep.equal([]);
  });

  it("knows nothing if there is no file, and says nothing of that", () => {
    const { log, cache } = make();
    expect(cache.read()).to.equal(NOTHING_KNOWN);
    expect(log.lines).to.deep.equal([]);
  });

  it("knows nothing if the file cannot be understood, and says so, without its text", () => {
    for (const text of [
      '{"version":1,"placed":[],"nodes":[],"keys":"hidden"}',
      '{"bytes":hidden}',
      "hidden",
    ]) {
      const { log, cache, path } = make();
      writeFileSync(path, text);
      expect(cache.read()).to.equal(NOTHING_KNOWN);
      expect(log.complaints).to.deep.equal(["cache not usable"]);
      expect(JSON.stringify(log.lines)).to.not.contain("hid");
    }
  });

  it("writes a moment after the first change, once for all, what is known then", async () => {
    const { clock, cache, path } = make();
    let asked = 0;
    for (let i = 1; i <= 3; i++)
      cache.changed(() => {
        asked += i;
        return KNOWN;
      });
    await clock.advanceAsync(99);
    expect([asked, readdirSync(folder)]).to.deep.equal([0, []]);
    await clock.advanceAsync(1);
    await written(path);
    expect(asked, "the last of them").to.equal(3);
    expect(clock.pending).to.equal(0);
  });

  it("writes to another file first, so that half of one is never read, and leaves none behind", async () => {
    const { cache, path } = make();
    writeFileSync(path, "before");
    cache.changed(() => KNOWN);
    const before = statSync(path).ino;
    await cache.stop();
    expect(statSync(path).ino).to.not.equal(before);
    expect(readdirSync(folder)).to.deep.equal(["known.json"]);
  });

  it("lets nobody else read the keys", async () => {
    const { cache, path } = make();
    cache.changed(() => KNOWN);
    await cache.stop();
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it("lets nobody else read the keys though a half-written file was left that everybody could read", async () => {
    const { cache, path } = make();
    writeFileSync(`${path}.new`, "", { mode: 0o644 });
    chmodSync(`${path}.new`, 0o644);
    cache.changed(() => KNOWN);
    await cache.stop();
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it("writes nothing at the end if nothing changed since it wrote", async () => {
    const { clock, cache, path } = make();
    cache.changed(() => KNOWN);
    await clock.advanceAsync(100);
    await written(path);
    rmSync(path);
    await cache.stop();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("goes on when it cannot write, says so once, and again after it could", async () => {
    const { clock, log, cache, path } = make();
    const change = async (): Promise<void> => {
      cache.changed(() => KNOWN);
      await clock.advanceAsync(100);
      await cache.stop();
    };
    rmSync(folder, { recursive: true });
    await change();
    await change();
    expect(log.complaints).to.deep.equal(["cache not written"]);
    expect(log.lines[0]?.fields).to.include({ file: path });
    folder = mkdtempSync(join(tmpdir(), "fairlead-cache-"));
  });

  it("takes at most a twentieth of the time: after a write that took long, the next waits longer", async () => {
    const { clock, cache, path } = make();
    cache.changed(() => {
      // It takes 1 s.
      clock.advance(1000);
      return KNOWN;
    });
    await cache.stop();
    rmSync(path);
    let asked = 0;
    const ask = (): Known => {
      asked++;
      return KNOWN;
    };
    cache.changed(ask);
    await clock.advanceAsync(19_999);
    expect(asked).to.equal(0);
    await clock.advanceAsync(1);
    await written(path);
    expect(asked).to.equal(1);
  });

  it("does nothing at all without a folder", async () => {
    const { clock, log, cache } = make("");
    expect(cache.read()).to.equal(NOTHING_KNOWN);
    cache.changed(() => {
      throw new Error("nobody asks");
    });
    await clock.advanceAsync(1000);
    await cache.stop();
    expect([clock.pending, log.lines]).to.deep.equal([0, []]);
  });
});

/** Resolves once the file is there. */
async function written(path: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    try {
      readFileSync(path);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  throw new Error(`${path} was not written`);
}
