import {
  type Claim,
  firmClaimAbove,
  type NodeId,
  placedClaim,
  provisionalClaimBeside,
} from "../claims/claim.ts";
import { type Core, isWitness } from "../core/core.ts";
import { baseOf, type Entry, indexIn, listOf } from "../core/ledger.ts";
import { TIMING } from "../timing.ts";
import { decide } from "../watch/decide.ts";
import { answererOf, evidenceOf } from "../watch/evidence.ts";
import type { Findings } from "../watch/round.ts";

/** So many rounds an owner that lives is left to claim what it was given: 3 s, and longer the later in the list. */
const OWNER_ATTEMPTS = 2;

/**
 * What to claim of an address that is placed here, after a round about it; undefined: ask again. A node that does not see the anchor would take
 * it into the dark, unless nobody has it and there is no other that could; a stranger's answer forbids a first announcement.
 */
export function claimIfPlaced(
  core: Core,
  entry: Entry,
  findings: Findings,
  attempt: number,
): Claim | undefined {
  const { placement } = entry;
  if (placement === undefined) return undefined;
  const mac = findings.answers.get(entry.address.text);
  const answerer = answererOf(core, entry, findings);
  if (core.surroundings.anchor !== undefined && findings.sight < 2) {
    core.environment.report({ type: "AnchorLost" });
    const isAlone = placement.list.length === 1 && placement.nowhereElse === true;
    if (!isAlone || answerer !== undefined || attempt < OWNER_ATTEMPTS) return undefined;
  }
  if (mac !== undefined && answerer === undefined && placement.first) return undefined;
  if (mac !== undefined && answerer !== undefined && isKernel(entry, answerer, findings))
    core.environment.report({ type: "AnsweredByNode", address: entry.address, mac, peer: answerer });
  return placedClaim(placement.epoch, core.self.id);
}

/** What to claim of an address that this node announced before its process ended; undefined: ask again. */
export function claimIfResumed(core: Core, entry: Entry, findings: Findings): Claim | undefined {
  const answerer = answererOf(core, entry, findings);
  if (answerer === undefined || answerer === core.self.id) return entry.top;
  core.post.query(answerer, [entry.address]);
  return undefined;
}

/**
 * What to claim of an address that nobody is known to announce; undefined: ask again.
 *
 * @param caretake is called instead where the holder's kernel answers and nobody else
 * @param attempt rounds about it before this one
 */
export function claimIfVacant(
  { core, caretake }: { readonly core: Core; readonly caretake: (entry: Entry, holder: NodeId) => void },
  entry: Entry,
  findings: Findings,
  attempt: number,
): Claim | undefined {
  const base = baseOf(entry);
  const list = listOf(entry);
  const verdict = decide(
    evidenceOf(core, {
      holder: base.node,
      entries: [entry],
      findings,
      silentMs: Number.POSITIVE_INFINITY,
      nodeBeats: false,
      mayCaretake: core.surroundings.caretake,
    }),
  );
  const answerer = answererOf(core, entry, findings);
  if (answerer !== undefined) {
    core.post.query(answerer, [entry.address]);
    // It was asked the last time too.
    const isMute = core.clock.nowMs() - core.directory.lastHeardMs(answerer) > TIMING.wireSilent;
    if (attempt > 0 && isMute) core.environment.report({ type: "HeartbeatBlocked", peer: answerer });
  }
  const isStrange = findings.answers.has(entry.address.text) && answerer === undefined;
  if (isStrange && entry.top === undefined && entry.placement?.first === true) return undefined;
  if (verdict.next === "Care") caretake(entry, base.node);
  if (verdict.next !== "Taking") return undefined;
  if (attempt < OWNER_ATTEMPTS && isOwnerBehind(entry, findings)) return undefined;
  const firm = verdict.conceded || isWitness(core, findings.sight, findings.membersSeen, list);
  const index = indexIn(list, core.self.id);
  return (firm ? firmClaimAbove : provisionalClaimBeside)(base, index, core.self.id);
}

/**
 * Whether it is the node that answers and not its speaker, which speaks, and would have told its claim. Not given way to: in some modes
 * kube-proxy has every address on every node.
 */
function isKernel({ placement, top }: Entry, answerer: NodeId, { tells }: Findings): boolean {
  return placement?.first === true && top === undefined && tells.has(answerer);
}

/** The controller's choice has not claimed yet and speaks: it may only be behind with what it was given. */
function isOwnerBehind(entry: Entry, { tells }: Findings): boolean {
  const { placement, top } = entry;
  const owner = placement?.list[0];
  return owner !== undefined && (top?.epoch ?? 0) < (placement?.epoch ?? 0) && tells.has(owner);
}
