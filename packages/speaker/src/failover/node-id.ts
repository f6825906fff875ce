import { createHash } from "node:crypto";
import type { NodeId } from "@fairlead/takeover/claims/claim.ts";

const known = new Map<string, NodeId>();

/** A node's identity on the wire: the first 8 bytes of SHA-256 of its name. */
export function nodeIdOf(name: string): NodeId {
  const before = known.get(name);
  if (before !== undefined) return before;
  const id = createHash("sha256").update(name).digest().readBigUInt64BE(0);
  known.set(name, id);
  return id;
}

/** How a node's messages name one of its interfaces: the first 4 bytes of SHA-256 of its name. */
export function interfaceIdOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0);
}
