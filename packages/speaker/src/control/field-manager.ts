import { createHash } from "node:crypto";

/** The API server takes no longer names. */
const MOST_CHARACTERS = 128;
const PREFIX = "fairlead-speaker-";

/** The name under which the API server records what the speaker of this node wrote; one for each node. */
export function fieldManagerOf(node: string): string {
  const name = `${PREFIX}${node}`;
  if (name.length <= MOST_CHARACTERS) return name;
  const digest = createHash("sha256").update(node).digest("hex").slice(0, 16);
  return `${name.slice(0, MOST_CHARACTERS - digest.length - 1)}-${digest}`;
}
