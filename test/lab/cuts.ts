import { run } from "./command.ts";
import type { LabContext } from "./context.ts";
import type { Member } from "./plan.ts";
import { inNetwork } from "./processes.ts";
import type { Cut } from "./state.ts";

/** The switch's whole rule set, in nft's language, that drops what the cuts say. */
export function cutRules(cuts: readonly Cut[], members: readonly Member[]): string {
  const find = (name: string): Member | undefined => members.find((member) => member.name === name);
  const rules = cuts.flatMap((cut) => {
    const [from, to] = [find(cut.from), find(cut.to)];
    if (from === undefined || to === undefined) return [];
    const share = cut.percent >= 100 ? "" : `numgen random mod 100 < ${cut.percent} `;
    const match = cut.match === undefined ? "" : `${cut.match} `;
    return portPairs(from, to).map(([a, b]) => `    iifname "${a}" oifname "${b}" ${match}${share}drop`);
  });
  const chain = ["  chain cuts {", "    type filter hook forward priority 0;", ...rules, "  }"];
  return ["table bridge lab", "delete table bridge lab", "table bridge lab {", ...chain, "}", ""].join("\n");
}

function portPairs(from: Member, to: Member): (readonly [string, string])[] {
  return from.cables.flatMap((a) =>
    to.cables.filter((b) => b.segment === a.segment).map((b) => [a.port, b.port] as const),
  );
}

/** Makes the switch drop what `cuts` say, and nothing else. */
export async function setCuts(context: LabContext, cuts: readonly Cut[]): Promise<void> {
  const members = context.members;
  for (const cut of cuts) {
    context.member(cut.from);
    context.member(cut.to);
    if (!(cut.percent > 0 && cut.percent <= 100))
      throw new RangeError(`${cut.percent} is no percentage of frames to drop`);
  }
  const argv = inNetwork(context.member("switch"), ["nft", "-f", "-"]);
  await run(argv, { input: cutRules(cuts, members) });
  context.change({ cuts });
}

/** The cuts that part the members of one side from those of the other, both ways. */
export function cutsBetween(one: readonly string[], other: readonly string[]): readonly Cut[] {
  return one.flatMap((a) =>
    other.flatMap((b) => [
      { from: a, to: b, percent: 100 },
      { from: b, to: a, percent: 100 },
    ]),
  );
}
