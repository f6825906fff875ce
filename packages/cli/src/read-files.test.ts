import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readFiles, systemFiles } from "./read-files.ts";

describe("files of the machine", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-"));
    writeFileSync(join(folder, "a"), "abc");
    writeFileSync(join(folder, "empty"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("are read as bytes, at most as many as wanted", async () => {
    expect(Buffer.from(await systemFiles.read(join(folder, "a"), 10)).toString()).to.equal("abc");
    expect(Buffer.from(await systemFiles.read(join(folder, "a"), 2)).toString()).to.equal("ab");
    expect(await systemFiles.read(join(folder, "empty"), 2)).to.have.length(0);
    expect(await systemFiles.read("/dev/zero", 300_000)).to.have.length(300_000);
  });

  it("that cannot be read are told with the reason", async () => {
    const missing = join(folder, "b");
    expect(await readFiles([folder, missing], systemFiles)).to.deep.equal({
      files: [],
      failures: [
        `${folder} cannot be read: it is a directory; name the files in it, each with -f`,
        `${missing} cannot be read: there is no such file`,
      ],
    });
  });
});
