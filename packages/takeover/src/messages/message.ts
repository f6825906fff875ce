import type { IpAddress } from "@fairlead/net/address.ts";
import type { Claim, NodeId } from "../claims/claim.ts";

/** As a duration: never. */
export const NEVER_MS = 0xffffffff;

/** The way a message takes: to the node's own address, or bound to the announcing interface with hop limit 255. */
export type Path = "Node" | "Segment";

/** What a node sees of the segment: 2 = the anchor answers; 1 = no anchor, but another member's kernel does; 0 = nobody. */
export type Sight = 0 | 1 | 2;

/**
 * What the teller of a KNOWN item knows of the claim's holder: it heard it itself and it is silent now; it hears it now; it
 * only heard of it; it answers in its place under this claim.
 */
export type Knowledge = "Silent" | "Heard" | "Hearsay" | "Caretaken";

/** One address under one claim. */
export interface Item {
  readonly address: IpAddress;
  readonly claim: Claim;
}

/** An item of KNOWN. */
export interface KnownItem extends Item {
  readonly knowledge: Knowledge;
}

/** Sent to stand-ins: I announce; this is what you stand in for. */
export interface Heartbeat {
  readonly type: "Heartbeat";
  /** Until the next one. */
  readonly intervalMs: number;
  /** How many addresses the receiver stands in for, and the digest of them. */
  readonly addresses: number;
  readonly digest: bigint;
  /** Changes with every change of what is announced. */
  readonly revision: number;
  /** The process exits and will be back, or is back and does not announce everything yet: answer in its place with its MAC. */
  readonly restarting: boolean;
  /** Those that hear the short interval. */
  readonly active: readonly NodeId[];
}

/** Answer to a heartbeat, and to whoever does not know my incarnation. */
export interface Ack {
  readonly type: "Ack";
  /** Learned and with carrier: could take over. */
  readonly ready: boolean;
}

/** Question of a confirm round: do you hear the subject, and do you know more than these claims? */
export interface Ask {
  readonly type: "Ask";
  readonly subject: NodeId;
  readonly round: number;
  readonly items: readonly Item[];
}

export interface Tell {
  readonly type: "Tell";
  readonly subject: NodeId;
  readonly round: number;
  /** Since the subject's last heartbeat arrived here on the segment path; at most {@link NEVER_MS}, which is never. */
  readonly sinceMs: number;
  readonly ready: boolean;
  /** I stand in for the asked addresses too. */
  readonly hasDuty: boolean;
  readonly sight: Sight;
  /** The subject itself answers. Then `items` are those of the asked addresses that it announces. */
  readonly self: boolean;
  readonly items: readonly Item[];
}

/** Where a CLAIM stands in the answer to a QUERY for everything. */
export interface Page {
  readonly number: number;
  readonly of: number;
  /** The low 16 bits of the revision that the pages show. */
  readonly revision: number;
}

/** I announce these. All of one message have the same list. */
export interface ClaimMessage {
  readonly type: "Claim";
  readonly list: readonly NodeId[];
  readonly page: Page | undefined;
  readonly items: readonly Item[];
}

/** I stopped announcing in favor of these claims, yours. */
export interface Yield {
  readonly type: "Yield";
  readonly items: readonly Item[];
}

/** What do you know of these addresses? Of none: what do I stand in for that you announce? */
export interface Query {
  readonly type: "Query";
  readonly addresses: readonly IpAddress[];
}

/** I do not announce these, but know these claims of others. */
export interface Known {
  readonly type: "Known";
  readonly list: readonly NodeId[];
  readonly items: readonly KnownItem[];
}

/** Take these from me, now. */
export interface Offer {
  readonly type: "Offer";
  readonly list: readonly NodeId[];
  readonly items: readonly Item[];
}

/** What do you see of the segment? */
export interface SightQuestion {
  readonly type: "Sight";
  readonly round: number;
}

export interface Sighted {
  readonly type: "Sighted";
  readonly round: number;
  readonly sight: Sight;
  /** Others than the asker are heard on the node path. */
  readonly others: boolean;
}

/** I have taken note of these claims of yours. */
export interface ClaimAck {
  readonly type: "ClaimAck";
  readonly items: readonly Item[];
}

export type Body =
  | Heartbeat
  | Ack
  | Ask
  | Tell
  | ClaimMessage
  | Yield
  | Query
  | Known
  | Offer
  | SightQuestion
  | Sighted
  | ClaimAck;

export interface Header {
  readonly path: Path;
  readonly sender: NodeId;
  /** Drawn at random when the sender's process started; never ordered. */
  readonly incarnation: bigint;
  /** The receiver's, as far as the sender knows it; 0 = unknown. */
  readonly receiverIncarnation: bigint;
  /** Grows with each message of the sender. */
  readonly sequence: number;
  /** On the node path, which all segments share, the sender's interface that is meant; 0 on a segment, whose socket says it. */
  readonly interfaceId: number;
}

export interface Message {
  readonly header: Header;
  readonly body: Body;
}
