import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT } from "./imports.ts";

/** Where reasons that users see are declared as unions of strings, and the type's name. */
const DECLARED = [
  ["packages/controller/src/allocation/reasons.ts", "AllocationReason"],
  ["packages/controller/src/placement/place.ts", "UnplacedReason"],
  ["packages/controller/src/placement/node-view.ts", "NodeFault"],
  ["packages/controller/src/placement/eligibility.ts", "Ineligible"],
  ["packages/controller/src/placement/interfaces.ts", "InterfaceFault"],
  ["packages/controller/src/placement/wish.ts", "WishFault"],
  ["packages/controller/src/virtual-ip/move-reason.ts", "MoveReason"],
  ["packages/speaker/src/announcements/announcement.ts", "RefusalReason"],
  ["packages/speaker/src/failover/troubles.ts", "TroubleKind"],
  ["packages/takeover/src/environment.ts", "Reason"],
] as const;

describe("docs/troubleshooting.md", () => {
  const text = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
  const explained = text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, reason]) => reason));

  for (const [file, type] of DECLARED) {
    it(`explains every ${type}`, () => {
      const declared = reasonsIn(readFileSync(join(ROOT, file), "utf8"), type);
      expect(declared).to.have.length.greaterThan(2);
      expect(declared.filter((reason) => !explained.includes(reason))).to.deep.equal([]);
    });
  }

  it("explains no reason that is not told", () => {
    const declared = DECLARED.flatMap(([file, type]) =>
      reasonsIn(readFileSync(join(ROOT, file), "utf8"), type),
    );
    const events = ["StatusCorrected", "RecordRepaired", "Adopted", "Released"];
    const conflicts = ["ClaimedForAnother", "NotInAnyPool", "LeftOut"];
    const more = ["InvalidAddress", ...events, ...conflicts];
    expect(explained.filter((reason) => ![...declared, ...more].includes(reason ?? ""))).to.deep.equal([]);
  });
});

function reasonsIn(source: string, type: string): readonly string[] {
  const union = new RegExp(`export type ${type} =([\\s\\S]*?);\n\n`).exec(source)?.[1] ?? "";
  return [...union.matchAll(/"(\w+)"/g)].map(([, reason = ""]) => reason);
}
