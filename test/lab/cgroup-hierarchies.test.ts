import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chooseHierarchies, type Mount, readMounts, weighIn } from "./cgroup-hierarchies.ts";

const FIRST = `cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
proc /proc proc rw 0 0
`;

describe("control groups", () => {
  it("are those of version 1 where the memory controller is there", () => {
    const mounts = readMounts(FIRST);
    expect(mounts.map(({ folder }) => folder)).to.have.length(3);
    expect(chooseHierarchies(mounts).map(({ folder }) => folder)).to.deep.equal([
      "/sys/fs/cgroup/memory",
      "/sys/fs/cgroup/cpu",
    ]);
  });

  it("are the one of version 2 elsewhere, though systemd mounts a hierarchy of its own", () => {
    const mounts = readMounts(`cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
`);
    expect(chooseHierarchies(mounts)).to.deep.equal([
      { version: 2, folder: "/sys/fs/cgroup", controllers: ["rw", "nsdelegate"] },
    ]);
  });

  for (const [version, file, expected] of [
    [1, "cpu.shares", "102"],
    [2, "cpu.weight", "10"],
  ] as const)
    it(`of version ${version} get less of the processors than their siblings`, () => {
      const folder = mkdtempSync(join(tmpdir(), "cgroup-"));
      try {
        const mount: Mount = { version, folder, controllers: [] };
        for (const name of ["busy", "without"]) mkdirSync(join(folder, name));
        writeFileSync(join(folder, "busy", file), "");
        weighIn(mount, "/busy", 0.1);
        weighIn(mount, "/without", 0.1);
        expect(readFileSync(join(folder, "busy", file), "utf8")).to.equal(expected);
        expect(() => readFileSync(join(folder, "without", file))).to.throw("ENOENT");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
});
