import type { NodeId } from "../claims/claim.ts";
import type { Core } from "../core/core.ts";
import type { Entry } from "../core/ledger.ts";
import type { Item, Tell } from "../messages/message.ts";
import { TIMING } from "../timing.ts";
import type { AnsweredBy, Evidence } from "./decide.ts";
import type { Findings } from "./round.ts";

export interface Case {
  readonly holder: NodeId;
  readonly entries: readonly Entry[];
  readonly findings: Findings;
  /** Since the holder's last heartbeat here, when the round began. */
  readonly silentMs: number;
  readonly nodeBeats: boolean;
  readonly mayCaretake: boolean;
}

/** What the findings of a round say about a holder. Strangers that answered are reported, and count as nobody. */
export function evidenceOf(
  core: Core,
  { holder, entries, findings, silentMs, nodeBeats, mayCaretake }: Case,
): Evidence {
  const { tells } = findings;
  const own = tells.get(holder);
  const provesMs = Math.min(TIMING.hears, silentMs - TIMING.heardLater);
  return {
    answeredBy: answeredBy(core, holder, entries, findings),
    kernel: findings.kernel && mayCaretake,
    holder:
      own?.self === true
        ? { sight: own.sight, ready: own.ready, announces: announces(own.items, entries) }
        : undefined,
    nodeBeats,
    hearers: [...tells]
      .filter(([node, { sinceMs }]) => node !== holder && sinceMs < provesMs)
      .map(([node, { sight }]) => ({ node, sight })),
    mySight: findings.sight,
  };
}

/** Which speaker answered for an address; undefined if nobody or a stranger did, who is reported. */
export function answererOf(core: Core, entry: Entry, findings: Findings): NodeId | undefined {
  const mac = findings.answers.get(entry.address.text);
  if (mac === undefined) return undefined;
  const node = core.directory.idOf(mac);
  if (node === undefined) core.environment.report({ type: "Conflict", address: entry.address, mac });
  return node;
}

function announces(items: readonly Item[], entries: readonly Entry[]): boolean {
  return items.some(({ address }) => entries.some((entry) => entry.address.text === address.text));
}

function answeredBy(core: Core, holder: NodeId, entries: readonly Entry[], findings: Findings): AnsweredBy {
  const nodes = entries.map((entry) => answererOf(core, entry, findings));
  if (nodes.includes(holder)) return "Holder";
  return nodes.length > 0 && nodes.every((node) => node !== undefined) ? "OtherSpeaker" : "Nobody";
}

/** Whether a holder says itself that it does not announce the address, though it could. */
export function letGo({ address }: Entry, tell: Tell | undefined): boolean {
  return tell?.self === true && tell.ready && tell.items.every((item) => item.address.text !== address.text);
}
