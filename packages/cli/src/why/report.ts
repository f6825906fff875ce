import { line } from "../printable.ts";
import type { Explanation, Said } from "./explain.ts";

/** What people read: the verdict with the first cause, then everything else that is said. */
export function reportText({ about, answered, causes, answers, notes }: Explanation): string {
  const verdict = answered ? "is answered" : "is not answered";
  const parts: readonly (readonly [string, readonly Said[]])[] = [
    [`${about} ${verdict}${answered ? "" : " as it should be"}:`, [...causes, ...answers]],
    ["beside that:", notes],
  ];
  return parts
    .filter(([title, said]) => said.length > 0 || title.startsWith(about))
    .map(([title, said]) => line(title) + said.map(saidText).join(""))
    .join("");
}

function saidText({ object, reason, message }: Said): string {
  return line(`  ${object}: ${reason === undefined ? "" : `${reason}: `}${message}`);
}

/** The same for programs. Fields are only ever added. */
export function reportJson(explanation: Explanation): string {
  return `${JSON.stringify(explanation, undefined, 2)}\n`;
}
